//! The table of capabilities by target.

use std::collections::BTreeMap;

use maud::html;

use super::board::{Board, Group, Line, Mark, Section};
use super::columns::Column;
use super::details::{Body, entry};
use super::shared::{linked, text};
use crate::port::reference;
use crate::table::capabilities::{Found, score};
use crate::table::grid::{Grid, Tone};

/// Returns the board of capabilities, and the number of capabilities whose state no report knows.
pub(super) fn board(grid: &Grid<'_>, columns: &[Column<'_>]) -> (Board<'static>, usize) {
    let mut sections = Vec::new();
    let mut unknown = 0;
    for (area, capabilities) in grid.areas() {
        let mut lines = Vec::new();
        for (name, cells) in &capabilities {
            let cells: Vec<_> = columns.iter().map(|column| cells[column.index].as_ref()).collect();
            if cells.iter().all(Option::is_none) {
                unknown += 1;
            } else {
                lines.push(line(name, &cells));
            }
        }
        if lines.is_empty() {
            continue;
        }
        let heading = match &*area {
            "" => format!("Capabilities ({})", lines.len()),
            area => format!("Capabilities: {} ({})", text(area), lines.len()),
        };
        if !area.is_empty() {
            let scores = columns.iter().map(|column| score(&capabilities, column.index));
            lines.insert(0, total(&area, &scores.collect::<Vec<_>>()));
        }
        sections.push(Section { heading, lines, is_plain: true });
    }
    (Board { id: "capabilities", first: "Capability", sections }, unknown)
}

/// Returns the line with the score of an area in each column, such as `12 of 14`.
fn total(area: &str, scores: &[[usize; 2]]) -> Line<'static> {
    let mut groups: BTreeMap<[usize; 2], Vec<usize>> = BTreeMap::new();
    for (column, score) in scores.iter().enumerate().filter(|(_, [_, known])| *known > 0) {
        groups.entry(*score).or_default().push(column);
    }
    let words = |[there, known]: [usize; 2]| format!("{there} of {known}");
    let tone = |[there, known]: [usize; 2]| if there == known { Tone::Good } else { Tone::Neutral };
    let mark = |score: &[usize; 2]| {
        (score[1] > 0).then(|| Mark {
            glyph: if score[0] == score[1] { "✓" } else { "–" },
            tone: tone(*score),
            verdict: "score".to_owned(),
            words: words(*score),
            deviates: false,
            change: None,
        })
    };
    let group = |(score, columns): ([usize; 2], Vec<usize>)| Group {
        columns,
        tone: tone(score),
        heading: words(score),
        body: Body::Ready(html! {}),
    };
    let only = groups.keys().next().filter(|_| groups.len() == 1);
    Line {
        name: format!("all of {}", text(area)),
        tally: only.map(|score| words(*score)).unwrap_or_default(),
        marks: scores.iter().map(mark).collect(),
        groups: groups.into_iter().map(group).collect(),
        ..Line::default()
    }
}

fn line(name: &str, cells: &[Option<&Found>]) -> Line<'static> {
    let mut groups: BTreeMap<(std::cmp::Reverse<Tone>, &str, &str), Vec<usize>> = BTreeMap::new();
    for (column, found) in cells.iter().enumerate() {
        let Some(found) = found else { continue };
        let key = (std::cmp::Reverse(tone(found)), &*found.state, &*found.reason);
        groups.entry(key).or_default().push(column);
    }
    let largest = groups.values().map(Vec::len).max().unwrap_or_default();
    let is_rare = |found: &Found| {
        let same = |other: &&&Found| other.state == found.state;
        2 * cells.iter().flatten().filter(same).count() < largest
    };
    let mark = |found: Option<&Found>| found.map(|found| mark(found, is_rare(found)));
    let group = |((_, state, reason), columns): ((_, &str, &str), Vec<usize>)| {
        let tone = columns.first().and_then(|column| cells[*column]).map_or(Tone::Neutral, tone);
        let body = html! {
            @if !reason.is_empty() { (entry("Reason", &linked(reason))) }
            @if tone != Tone::Good {
                @for (libc, result) in reference::recorded("probe", name) {
                    (entry(&format!("In {libc}"), &html! { (result.replace('_', " ")) }))
                }
            }
        };
        Group { columns, tone, heading: state.to_owned(), body: Body::Ready(body) }
    };
    let count = |wanted: Tone| cells.iter().flatten().filter(|found| tone(found) == wanted).count();
    let tally = [(Tone::Bad, "✕"), (Tone::Unclear, "?"), (Tone::Neutral, "–")]
        .map(|(tone, glyph)| (count(tone), glyph));
    let tally = tally.iter().filter(|(count, _)| *count > 0);
    Line {
        name: text(name),
        tally: tally.map(|(count, glyph)| format!("{count}{glyph}")).collect::<Vec<_>>().join(" "),
        marks: cells.iter().copied().map(mark).collect(),
        groups: groups.into_iter().map(group).collect(),
        ..Line::default()
    }
}

/// Returns the rating of a capability's state. A C library whose function has the wrong effect is
/// worse than a C library without the function, since programs notice that a function is missing.
fn tone(found: &Found) -> Tone {
    match &*found.state {
        _ if found.is_there => Tone::Good,
        "runs wrong" => Tone::Bad,
        "unresolved" | "not asked" => Tone::Unclear,
        _ => Tone::Neutral,
    }
}

fn mark(found: &Found, deviates: bool) -> Mark {
    let tone = tone(found);
    Mark {
        glyph: match tone {
            Tone::Good => "✓",
            Tone::Bad => "✕",
            Tone::Unclear => "?",
            Tone::Neutral | Tone::Open => "–",
        },
        tone,
        verdict: text(&found.state),
        words: text(&found.state),
        deviates,
        change: None,
    }
}
