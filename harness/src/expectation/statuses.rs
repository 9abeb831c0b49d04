//! Defines a set of exit statuses.

use std::fmt;
use std::ops::RangeInclusive;

/// Set of exit statuses.
///
/// ```
/// use testprog_harness::Statuses;
///
/// let statuses = Statuses::from(vec![1..=3, 77..=77]);
/// assert!(statuses.contains(77) && !statuses.contains(4));
/// assert_eq!(statuses.to_string(), "1 to 3 or 77");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(pub(crate) Vec<RangeInclusive<i32>>);

impl Statuses {
    /// Returns true if and only if the set contains `status`.
    pub fn contains(&self, status: i32) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl From<i32> for Statuses {
    fn from(status: i32) -> Self {
        Self(vec![status..=status])
    }
}

impl From<RangeInclusive<i32>> for Statuses {
    fn from(range: RangeInclusive<i32>) -> Self {
        Self(vec![range])
    }
}

impl From<Vec<RangeInclusive<i32>>> for Statuses {
    fn from(ranges: Vec<RangeInclusive<i32>>) -> Self {
        Self(ranges)
    }
}

impl<const N: usize> From<[i32; N]> for Statuses {
    fn from(statuses: [i32; N]) -> Self {
        Self(statuses.map(|status| status..=status).into())
    }
}

impl From<Vec<i32>> for Statuses {
    fn from(statuses: Vec<i32>) -> Self {
        Self(statuses.into_iter().map(|status| status..=status).collect())
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            f.write_str(match index {
                0 => "",
                _ if index + 1 == self.0.len() => " or ",
                _ => ", ",
            })?;
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{first}")?,
                (first, last) => write!(f, "{first} to {last}")?,
            }
        }
        Ok(())
    }
}
