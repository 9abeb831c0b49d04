//! Compares a child's output with the rules of an expectation.

use crate::expectation::{Judged, Rule};
use crate::spawn::Output;
use crate::text::excerpt;

/// Question whether an output meets a requirement that only the program itself can judge, because
/// the requirement is a closure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// Requirement in words.
    pub(crate) words: &'a str,
    /// Output of the child.
    pub(crate) output: &'a [u8],
}

/// Function that answers a [`Question`]. The function returns `Ok(Ok(()))` if the output meets the
/// requirement, `Ok(Err(explanation))` if it does not, and `Err(cause)` if there is no answer.
pub(crate) type Ask<'a> = dyn FnMut(&Question<'_>) -> Result<Result<(), String>, String> + 'a;

/// Compares an output with a rule. Returns `None` if the output meets the rule, and otherwise an
/// explanation of several lines, which may be empty.
///
/// # Errors
///
/// Returns a one-line message if the rule cannot be judged.
pub(super) fn explain(
    rule: &Rule,
    output: &Output,
    ask: &mut Ask<'_>,
) -> Result<Option<String>, String> {
    let is_in = |text: &str| {
        output.contains(text)
            || (text.contains('\n') && output.contains(&text.replace('\n', "\r\n")))
    };
    match rule {
        Rule::Contains(text) => return Ok((!is_in(text)).then(String::new)),
        Rule::Lacks(text) if is_in(text) => return Ok(Some(place(output, text))),
        Rule::StartsWith(text) => {
            let starts = |text: &str| output.head.starts_with(text.as_bytes());
            let starts = starts(text) || starts(&text.replace('\n', "\r\n"));
            let found = || difference(text, &String::from_utf8_lossy(&output.head));
            return Ok((!starts).then(found));
        }
        Rule::Lacks(_)
        | Rule::Equals(_)
        | Rule::Announced(_)
        | Rule::Matches(_)
        | Rule::Judged(_) => {}
    }
    let Some(bytes) = output.whole() else {
        let dropped = output.dropped;
        return Ok(Some(format!("the runner dropped {dropped} bytes in the middle of the output")));
    };
    let printed = String::from_utf8_lossy(&bytes);
    match rule {
        Rule::Equals(text) => {
            let is_equal =
                bytes == text.as_bytes() || bytes == text.replace('\n', "\r\n").as_bytes();
            Ok((!is_equal).then(|| difference(text, &printed)))
        }
        Rule::Announced(prefix) => Ok(unannounced(prefix, &printed)),
        Rule::Matches(pattern) => Ok((!is_match(pattern, &printed)?).then(String::new)),
        Rule::Judged(Judged { judge: Some(judge), .. }) => Ok(judge(&printed).err()),
        Rule::Judged(Judged { words, judge: None }) => {
            Ok(ask(&Question { words, output: &bytes })?.err())
        }
        Rule::Lacks(_) | Rule::Contains(_) | Rule::StartsWith(_) => Ok(None),
    }
}

#[cfg(feature = "regex")]
fn is_match(pattern: &str, printed: &str) -> Result<bool, String> {
    let regex = regex::Regex::new(pattern).map_err(|error| {
        // The error message of the crate regex has several lines, of which the last line is the
        // cause.
        let error = error.to_string();
        let cause = error.lines().last().unwrap_or_default();
        format!("failed to read the regex `{}`: {cause}", excerpt(pattern))
    })?;
    Ok(regex.is_match(printed))
}

#[cfg(not(feature = "regex"))]
fn is_match(pattern: &str, _printed: &str) -> Result<bool, String> {
    Err(format!(
        "failed to judge the regex `{}`: this runner was built without the feature `regex` of testprog-harness",
        excerpt(pattern)
    ))
}

/// Returns why an output does not contain the text that its first line announces after `prefix`, or
/// `None` if the output contains this text.
fn unannounced(prefix: &str, printed: &str) -> Option<String> {
    let (first, rest) = printed.split_once('\n').unwrap_or((printed, ""));
    let first = first.trim_end_matches('\r');
    match first.strip_prefix(prefix) {
        None => Some(format!("line 1 is: {first}")),
        Some(text) if rest.contains(text) => None,
        Some(text) => Some(format!("the lines after the first line do not contain: {text}")),
    }
}

/// Returns the first line of an output that contains a text, with the line's number.
fn place(output: &Output, text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let head = String::from_utf8_lossy(&output.head);
    let found = (1..).zip(head.lines()).find(|(_, line)| line.contains(first));
    found.map_or_else(String::new, |(number, line)| format!("line {number} is: {line}"))
}

/// Returns the lines in which two texts differ: the lines of `wanted` after `-`, and the lines of
/// `printed` after `+`. Lines that both texts have in common at the beginning or at the end are
/// left out.
fn difference(wanted: &str, printed: &str) -> String {
    let (wanted, printed) = (lines(wanted), lines(printed));
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let before = wanted.iter().zip(&printed).take_while(same).count();
    let (wanted, printed) = (&wanted[before..], &printed[before..]);
    let after = wanted.iter().rev().zip(printed.iter().rev()).take_while(same).count();
    let (wanted, printed) = (&wanted[..wanted.len() - after], &printed[..printed.len() - after]);
    let mut text = format!("in line {}, where - is required and + was printed:\n", before + 1);
    for (sign, lines) in [('-', wanted), ('+', printed)] {
        for line in lines {
            text.extend([&*format!("{sign} "), line.trim_end_matches(['\r', '\n'])]);
            text.push_str(if line.ends_with('\n') { "\n" } else { " [no line feed]\n" });
        }
    }
    text.pop();
    text
}

/// Returns the lines of a text with their line feeds.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectation::Content;

    fn explained(content: &Content, output: &str) -> Option<String> {
        let output = Output { head: output.into(), ..Output::default() };
        let mut none = |_: &Question<'_>| Err("no program".to_owned());
        let explained = content.0.iter().map(|rule| explain(rule, &output, &mut none).unwrap());
        explained.flatten().next()
    }

    #[test]
    fn an_output_is_compared_with_its_whole_text() {
        for printed in ["a\nb\n", "a\r\nb\r\n"] {
            assert_eq!(explained(&Content::equals("a\nb\n"), printed), None);
        }
        assert_eq!(
            explained(&Content::equals("a\nb\nc\n"), "a\nx\ny\nc\n").unwrap(),
            "in line 2, where - is required and + was printed:\n- b\n+ x\n+ y"
        );
        assert_eq!(
            explained(&Content::equals("a\n"), "a").unwrap(),
            "in line 1, where - is required and + was printed:\n- a\n+ a [no line feed]"
        );
        assert!(explained(&Content::equals(""), "a").is_some());
        assert_eq!(explained(&Content::equals(""), ""), None);
    }

    #[test]
    fn texts_are_required_and_forbidden_one_by_one() {
        assert_eq!(explained(&Content::contains_all(["a", "b"]), "xbya"), None);
        assert!(explained(&Content::contains_all(["a", "c"]), "xbya").is_some());
        assert!(explained(&Content::contains("a\nb"), "a\r\nb").is_none());
        assert_eq!(explained(&Content::contains_none(["c", "d"]), "xbya"), None);
        let found = explained(&Content::contains_none(["c", "y"]), "one\nxbya\n").unwrap();
        assert_eq!(found, "line 2 is: xbya");
        assert_eq!(explained(&Content::starts_with("x"), "xbya"), None);
        assert!(explained(&Content::starts_with("b"), "xbya").is_some());
    }

    #[test]
    fn a_closure_explains_what_is_wrong() {
        let one_line = || {
            Content::judged_by("one line", |text: &str| match text.lines().count() {
                1 => Ok(()),
                other => Err(format!("{other} lines")),
            })
        };
        assert_eq!(explained(&one_line(), "a\n"), None);
        assert_eq!(explained(&one_line(), "a\nb\n").unwrap(), "2 lines");
    }

    #[test]
    fn an_output_with_a_gap_meets_only_what_its_ends_show() {
        let output = Output { head: "ab".into(), tail: "cd".into(), dropped: 3 };
        let mut none = |_: &Question<'_>| Err("no program".to_owned());
        let mut explain = |content: Content| explain(&content.0[0], &output, &mut none).unwrap();
        assert_eq!(explain(Content::contains("ab")), None);
        assert_eq!(explain(Content::starts_with("ab")), None);
        let gap = "the runner dropped 3 bytes in the middle of the output";
        for content in [Content::equals("abcd"), Content::contains_none(["x"])] {
            assert_eq!(explain(content).unwrap(), gap);
        }
        assert_eq!(explain(Content::contains_none(["cd"])), Some(String::new()));
    }

    #[cfg(feature = "regex")]
    #[test]
    fn a_regex_matches_a_part_of_the_output() {
        assert_eq!(explained(&Content::matches("(?m)^b+$"), "a\nbb\n"), None);
        assert!(explained(&Content::matches("^b"), "a\nbb\n").is_some());
        let mut none = |_: &Question<'_>| Ok(Ok(()));
        let rule = Rule::Matches("a(".to_owned());
        let error = explain(&rule, &Output::default(), &mut none).unwrap_err();
        assert_eq!(error, "failed to read the regex `a(`: error: unclosed group");
    }

    #[cfg(feature = "predicates")]
    #[test]
    fn a_predicate_explains_itself() {
        use predicates::prelude::*;

        let both = || predicate::str::contains("a").and(predicate::str::contains("b").not());
        assert_eq!(explained(&Content::satisfies(both()), "a"), None);
        let explained = explained(&Content::satisfies(both()), "ab").unwrap();
        assert!(explained.contains("var.contains(b)"), "{explained}");
    }
}
