//! Which cases are run: filters, then shards.

use std::fmt;
use std::str::FromStr;

use testprog_harness::{Case, Suite};

use super::Error;
use super::args::ChoiceArgs;

/// Returns the chosen cases, in the order of the listing.
pub(super) fn choose<'a>(suite: &'a Suite, args: &ChoiceArgs) -> Result<Vec<&'a Case>, Error> {
    let total = suite.cases.len();
    if args.exact {
        // A misspelt name must not shrink a run in silence.
        let is_there = |name: &&String| !suite.cases.iter().any(|case| case.name == **name);
        if let Some(name) = args.filters.iter().find(is_there) {
            return Err(Error::nothing_ran(format!(
                "failed to find `{name}`: none of {total} cases has that name"
            )));
        }
    }
    let filtered: Vec<_> = suite.cases.iter().filter(|case| is_chosen(case, args)).collect();
    if filtered.is_empty() {
        return Err(Error::nothing_ran(format!(
            "failed to find `{}`: none of {total} cases has that in its name",
            args.filters.join("`, `"),
        )));
    }
    let Some(shard) = args.shard else { return Ok(filtered) };
    let count = filtered.len();
    let sharded: Vec<_> = filtered.into_iter().filter(|case| shard.holds(&case.name)).collect();
    if sharded.is_empty() {
        return Err(Error::nothing_ran(format!(
            "failed to find `--shard {shard}`: none of {count} cases is in it"
        )));
    }
    Ok(sharded)
}

fn is_chosen(case: &Case, args: &ChoiceArgs) -> bool {
    let ChoiceArgs { filters, exact, .. } = args;
    let matches = |filter: &String| match exact {
        true => case.name == *filter,
        false => case.name.contains(filter.as_str()),
    };
    filters.is_empty() || filters.iter().any(matches)
}

/// One of several parts of a run, such as the second of five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    /// Counted from 1.
    pub(super) index: u32,
    pub(super) total: u32,
}

impl Shard {
    /// Returns whether the case of this name is in it.
    ///
    /// That depends on the name alone, so a case that is added moves no other one.
    fn holds(self, name: &str) -> bool {
        fnv1a(name.as_bytes()) % u64::from(self.total) == u64::from(self.index - 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once('/')
            .and_then(|(index, total)| Some((index.parse().ok()?, total.parse().ok()?)))
            .filter(|(index, total)| (1..=*total).contains(index))
            .map(|(index, total)| Self { index, total })
            .ok_or_else(|| "expected something like 2/5: the second of five shards".to_owned())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.total)
    }
}

/// The hash FNV-1a of 64 bits. It is written out here so that it stays the same for ever: the shards of two machines, or of
/// two versions of this command, must not overlap.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // From the authors' test_fnv.c.
        for (text, hash) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("b", 0xaf63_df4c_8601_f1a5),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(fnv1a(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn every_name_is_in_one_shard_and_all_shards_have_some() {
        let names: Vec<_> = (0..1000).map(|number| format!("case_{number}")).collect();
        for total in 1..=7 {
            let counts: Vec<_> = (1..=total)
                .map(|index| Shard { index, total })
                .map(|shard| names.iter().filter(|name| shard.holds(name)).count())
                .collect();
            assert_eq!(counts.iter().sum::<usize>(), names.len());
            let fair = names.len() / counts.len();
            assert!(counts.iter().all(|count| (fair / 2..fair * 2).contains(count)), "{counts:?}");
        }
    }

    #[test]
    fn a_shard_is_k_of_n_and_k_counts_from_1() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, total: 5 }));
        assert_eq!(Shard { index: 2, total: 5 }.to_string(), "2/5");
        for text in ["", "2", "0/5", "6/5", "0/0", "1/0", "-1/5", "a/b", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
