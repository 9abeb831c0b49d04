//! Selects the cases to run: first by the filters, then by the shard.

use testprog_harness::{Case, Suite, text};

use crate::error::Error;
use crate::values::Shard;

/// Selection of a suite's cases. The default `Choice` selects all cases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// List of words: a case is selected if its name contains any of these words, or if its topic is
    /// a word without the word's last `::`. An empty list of words selects every case.
    pub(crate) filters: Vec<String>,
    /// Whether a filter must be equal to the whole name.
    pub(crate) exact: bool,
    /// List of words: a case is left out if its name contains any of these words or, if `exact` is
    /// true, is equal to one of them.
    pub(crate) skip: Vec<String>,
    /// Names of the cases that failed when they last ran, if only these cases are selected.
    pub(crate) failed: Option<Vec<String>>,
    /// Whether the long cases are left out.
    pub(crate) short: bool,
    pub(crate) shard: Option<Shard>,
}

impl Choice {
    /// Returns in words what excluded cases: the filter, the shard, or both.
    pub(crate) fn left_out_by(&self) -> &'static str {
        let is_unfiltered =
            self.filters.is_empty() && self.skip.is_empty() && self.failed.is_none() && !self.short;
        match (is_unfiltered, self.shard) {
            (_, None) => "the filter",
            (true, Some(_)) => "the shard",
            (false, Some(_)) => "the filter and the shard",
        }
    }

    /// Returns whether the filters and `--skip` select the name of a case or of a probe. `topic` is
    /// the topic of the case, or the area of the probe.
    pub(crate) fn selects(&self, name: &str, topic: Option<&str>) -> bool {
        let matches = |filter: &String| {
            if self.exact {
                return name == *filter;
            }
            let of_topic = filter.strip_suffix("::");
            name.contains(filter.as_str()) || of_topic.is_some() && of_topic == topic
        };
        (self.filters.is_empty() || self.filters.iter().any(matches))
            && !self.skip.iter().any(matches)
    }
}

/// Returns the selected cases in the order of the listing, or an error if no case is selected.
pub(crate) fn choose<'a>(suite: &'a Suite, choice: &Choice) -> Result<Vec<&'a Case>, Error> {
    let total = suite.cases.len();
    if choice.exact {
        // With `--exact`, an unknown name is an error, so that a misspelled name does not silently
        // make the run smaller.
        let is_there = |name: &&String| !suite.cases.iter().any(|case| case.name == **name);
        if let Some(name) = choice.filters.iter().find(is_there) {
            return Err(Error::nothing_ran(format!(
                "failed to find `{name}`: none of {total} cases has this name"
            )));
        }
    }
    for (flag, words) in [("", &choice.filters), ("--skip ", &choice.skip)] {
        words.iter().try_for_each(|word| check_word(word, flag, suite))?;
    }
    let filtered: Vec<_> = suite.cases.iter().filter(|case| is_chosen(case, choice)).collect();
    if filtered.is_empty() {
        return Err(Error::nothing_ran(none(choice, total)));
    }
    let Some(shard) = choice.shard else { return Ok(filtered) };
    let count = filtered.len();
    let sharded: Vec<_> = filtered.into_iter().filter(|case| shard.holds(&case.name)).collect();
    if sharded.is_empty() {
        return Err(Error::nothing_ran(format!(
            "failed to use `--shard {shard}`: this shard contains none of the {count} chosen cases"
        )));
    }
    Ok(sharded)
}

/// Checks that a word is not a list of names, which `flag` does not accept.
///
/// A word is a list if no case has a name or a topic that contains the word, but each part of the
/// word, between commas or white space, is a part of a name.
fn check_word(word: &str, flag: &str, suite: &Suite) -> Result<(), Error> {
    let is_in_a_name = |part: &str| suite.cases.iter().any(|case| case.name.contains(part));
    let is_separator = |c: char| c == ',' || c.is_whitespace();
    let parts: Vec<_> = word.split(is_separator).filter(|part| !part.is_empty()).collect();
    if parts.len() < 2
        || word.ends_with("::")
        || is_in_a_name(word)
        || !parts.iter().all(|part| is_in_a_name(part))
    {
        return Ok(());
    }
    let words: Vec<_> =
        parts.iter().map(|part| format!("{flag}{}", shell_words::quote(part))).collect();
    Err(Error::usage(format!(
        "failed to use `{flag}{}`: no case has a name that contains this text; for several names, \
         write `{}`",
        text::one_line(word),
        text::one_line(&words.join(" "))
    )))
}

/// Returns a message about why no case is selected.
fn none(choice: &Choice, total: usize) -> String {
    match &choice.failed {
        Some(failed) if failed.is_empty() => {
            "failed to use `--last-failed`: no case failed when it last ran".to_owned()
        }
        Some(failed) => format!(
            "failed to use `--last-failed`: the filters select none of {} failed cases",
            failed.len()
        ),
        None if choice.short => {
            format!("failed to find a case: the filters and `--short` select none of {total} cases")
        }
        None if !choice.skip.is_empty() => {
            format!("failed to find a case: the filters and `--skip` select none of {total} cases")
        }
        None => format!(
            "failed to find `{}`: none of {total} cases has a name that contains it",
            choice.filters.join("`, `"),
        ),
    }
}

fn is_chosen(case: &Case, choice: &Choice) -> bool {
    let Choice { failed, short, .. } = choice;
    !(*short && case.long)
        && choice.selects(&case.name, case.topic())
        && failed.as_ref().is_none_or(|failed| failed.contains(&case.name))
}
