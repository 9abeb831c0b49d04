//! Decides what several runs of the same case or probe show together.

/// Numbers of runs that show whether the runs of a case differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Samples {
    /// Number of runs of a case that passes, or that reaches its deadline.
    pub(crate) fewest: usize,
    /// Number of runs of a case that is not accepted.
    pub(crate) most: usize,
}

/// Returns whether some of the runs succeed and others fail. `failures` has the failure of each run,
/// or `None` for a run that succeeds.
pub(crate) fn is_mixed<T>(failures: &[Option<T>]) -> bool {
    failures.iter().any(Option::is_none) && failures.iter().any(Option::is_some)
}

/// Returns the index of a run whose result stands for all runs, or `None` if the runs differ.
///
/// A failure stands for all runs if no run succeeds and at most one in ten runs fails in another
/// way. In dietlibc 0.34, the probe `main-thread-exit` fails in all runs, but in one of 40 runs by
/// another check than usual. Without this rule, its result would change from day to day.
pub(crate) fn typical<T: PartialEq>(failures: &[Option<T>]) -> Option<usize> {
    if is_mixed(failures) {
        return None;
    }
    let count = |failure: &Option<T>| failures.iter().filter(|other| *other == failure).count();
    (0..failures.len()).find(|index| count(&failures[*index]) * 10 >= failures.len() * 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_stands_for_all_runs_if_the_others_are_rare() {
        let failures = |texts: &[(usize, Option<&'static str>)]| -> Vec<_> {
            texts.iter().flat_map(|(count, text)| vec![*text; *count]).collect()
        };
        for (texts, expected) in [
            (&[(2, None)][..], Some(0)),
            (&[(2, Some("a")), (18, Some("b"))], Some(2)),
            (&[(3, Some("a")), (17, Some("b"))], None),
            (&[(1, Some("a")), (1, Some("b"))], None),
            (&[(19, Some("a")), (1, None)], None),
            (&[(99, None), (1, Some("a"))], None),
        ] {
            assert_eq!(typical(&failures(texts)), expected, "{texts:?}");
        }
    }
}
