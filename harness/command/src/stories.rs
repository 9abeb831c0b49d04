//! The doc comments of the scenarios in this repository, embedded when this command is built, since
//! an installed command has no checkout.

use testprog_harness::Case;

/// Topic, name and doc comment of each scenario.
const STORIES: &[(&str, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/stories.rs"));

/// Explains each case that has no explanation with the doc comment of this repository's scenario of
/// the same topic and name, if there is such a scenario.
pub(crate) fn add(cases: &mut [Case]) {
    for case in cases.iter_mut().filter(|case| case.explanation.is_none()) {
        let is_of_case = |topic: &&str| case.topic() == Some(topic);
        case.explanation = topic(&case.name).filter(is_of_case).and_then(|_| of(&case.name));
    }
}

/// Returns the doc comment of the scenario with this name, as plain text.
pub(crate) fn of(name: &str) -> Option<String> {
    STORIES.iter().find(|(_, known, _)| *known == name).map(|(_, _, comment)| plain(comment))
}

/// Returns the topic of the scenario with this name.
pub(crate) fn topic(name: &str) -> Option<&'static str> {
    STORIES.iter().find(|(_, known, _)| *known == name).map(|(topic, ..)| *topic)
}

/// Returns the names of the scenarios whose doc comments are embedded.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STORIES.iter().map(|(_, name, _)| *name)
}

/// Returns a doc comment without the marks of Markdown and of rustdoc that a terminal would show.
///
/// A link to another item becomes its text, and a link to a web page becomes its text and its
/// address.
fn plain(comment: &str) -> String {
    let mut text = String::new();
    let mut rest = comment;
    while let Some(start) = rest.find(['[', '<']) {
        let (before, link) = rest.split_at(start);
        text += before;
        let (shown, after) = shown(link).unwrap_or_else(|| (link[..1].to_owned(), &link[1..]));
        text += &shown;
        rest = after;
    }
    text + rest
}

/// Returns what a terminal shows for the link at the beginning of `text`, and the text after the
/// link. Returns `None` if `text` does not begin with a link.
fn shown(text: &str) -> Option<(String, &str)> {
    if let Some(address) = text.strip_prefix('<') {
        let (address, after) = address.split_once('>')?;
        return address.starts_with("http").then(|| (address.to_owned(), after));
    }
    let (words, after) = text.strip_prefix('[')?.split_once(']')?;
    let Some((target, after)) = after.strip_prefix('(').and_then(|target| target.split_once(')'))
    else {
        // A link to an item, such as [`Scenario`], has no address.
        return words.starts_with('`').then(|| (words.to_owned(), after));
    };
    let address = if target.starts_with("http") { format!(" ({target})") } else { String::new() };
    Some((format!("{words}{address}"), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_text() {
        let comment = "see <https://go.dev/issue/1>, [`a`](super::a), [`B::c`], [the page](https://b.c/d) \
                       or x[1] < y";
        let text = "see https://go.dev/issue/1, `a`, `B::c`, the page (https://b.c/d) or x[1] < y";
        assert_eq!(plain(comment), text);
    }

    #[test]
    fn every_scenario_has_a_story() {
        assert!(STORIES.len() > 30);
        for (topic, name, comment) in STORIES {
            assert!(comment.contains(". ") || comment.contains(".\n"), "{topic}/{name}");
        }
    }
}
