//! Parses `--xfail`, which names cases that are expected to fail on a target.

use std::collections::BTreeMap;

use testprog_harness::verdict::Xfail;
use testprog_harness::{Case, Class, Suite, text};

use crate::error::Error;

/// End that stands for every failure. A case without ends in `--xfail` has this end.
const ANY_FAILURE: &str = "fail";
/// End that lets a case pass, too.
const PASS: &str = "pass";
/// Separator of a case's ends.
const SEPARATOR: char = '/';

/// Returns the cases that `lists` name, each with its expected ends. If a case is named several
/// times, the last time counts, so that the command line can replace a default flag.
///
/// # Errors
///
/// Fails if no suite has a case of the name, or if the case has no known fault of the name.
pub(crate) fn parse(lists: &[String], suites: &[&Suite]) -> Result<BTreeMap<String, Xfail>, Error> {
    entries(lists).map(|entry| expected(entry, suites)).collect()
}

/// Returns the entries of comma-separated lists.
fn entries(lists: &[String]) -> impl Iterator<Item = &str> {
    let entries = lists.iter().flat_map(|list| list.split(','));
    entries.map(str::trim).filter(|entry| !entry.is_empty())
}

/// Returns the case that an entry names, and the case's expected ends.
fn expected(entry: &str, suites: &[&Suite]) -> Result<(String, Xfail), Error> {
    let find = |name: &str| {
        let mut all = suites.iter().flat_map(|suite| &suite.cases);
        all.find(|case| case.name == name)
    };
    // The name of a case may contain `=`.
    let (name, ends) = match (find(entry), entry.rsplit_once('=')) {
        (None, Some(parts)) => parts,
        _ => (entry, ANY_FAILURE),
    };
    let fail = |cause: String| {
        let entry = text::one_line(entry);
        Err(Error::usage(format!("failed to use `--xfail {entry}`: {cause}")))
    };
    let Some(case) = find(name) else {
        return fail(format!("no case has the name `{}`", text::one_line(name)));
    };
    let mut xfail = Xfail::default();
    for end in ends.split(SEPARATOR) {
        match end {
            ANY_FAILURE => xfail.any_failure = true,
            PASS => xfail.may_pass = true,
            fault if faults(case).any(|known| known == fault) => {
                xfail.faults.push(fault.to_owned());
            }
            other => {
                let known: Vec<_> = faults(case).chain([ANY_FAILURE, PASS]).collect();
                let other = text::one_line(other);
                let known = text::one_line(&known.join("`, `"));
                return fail(format!("`{other}` is no end of this case; the ends are `{known}`"));
            }
        }
    }
    if xfail.faults.is_empty() && !xfail.any_failure {
        return fail(format!("without another end, `{PASS}` expects no failure"));
    }
    Ok((name.to_owned(), xfail))
}

/// Returns the names of a case's known faults.
fn faults(case: &Case) -> impl Iterator<Item = &str> {
    let alternatives = case.expect.alternatives().unwrap_or_default().iter();
    let known = alternatives.filter(|it| matches!(it.class, Class::Known { .. }));
    known.map(|alternative| &*alternative.name)
}

/// Returns the expected ends in the form of `--xfail`.
pub(crate) fn in_words(xfail: &Xfail) -> String {
    let faults = xfail.faults.iter().map(String::as_str);
    let any = xfail.any_failure.then_some(ANY_FAILURE);
    let ends: Vec<_> = faults.chain(any).chain(xfail.may_pass.then_some(PASS)).collect();
    ends.join(&SEPARATOR.to_string())
}
