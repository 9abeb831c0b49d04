//! Decides what several runs of the same case or probe show together.

/// Numbers of runs that show whether the runs of a case differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Samples {
    /// Number of runs of a case that passes, or that reaches its deadline.
    pub(crate) fewest: usize,
    /// Number of runs of a case that is not accepted.
    pub(crate) most: usize,
}

/// Returns the index of a run whose result stands for all runs, or `None` if the runs differ.
/// `failures` has the failure of each run, or `None` for a run that succeeds.
///
/// A success stands for all runs if every run succeeds. A failure stands for all runs if at most one
/// in ten runs ends in another way. In dietlibc 0.34, the case `fork_while_printing` crashes in most
/// runs, but ends as expected in 7 of 400 runs. Without this rule, the result would change from day
/// to day.
pub(crate) fn typical<T: PartialEq>(failures: &[Option<T>]) -> Option<usize> {
    let count = |failure: &Option<T>| failures.iter().filter(|other| *other == failure).count();
    (0..failures.len()).find(|&index| {
        let others = failures.len() - count(&failures[index]);
        others == 0 || failures[index].is_some() && others * 10 <= failures.len()
    })
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
            (&[(2, None), (18, Some("a"))], Some(2)),
            (&[(1, Some("b")), (1, None), (18, Some("a"))], Some(2)),
            (&[(3, None), (17, Some("a"))], None),
            (&[(1, Some("a")), (1, None)], None),
            (&[(1, Some("a")), (19, None)], None),
            (&[(99, None), (1, Some("a"))], None),
        ] {
            assert_eq!(typical(&failures(texts)), expected, "{texts:?}");
        }
    }
}
