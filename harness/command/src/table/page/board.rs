//! A table of the page with one glyph in each cell, and the details that open for the cells.
//!
//! The page must stay small for hundreds of columns and a thousand lines. To keep the page small,
//! each cell of a board is one HTML table cell with one character. Cells of a line with the same
//! content share one entry of the details, which is readable without scripts. The page's script
//! reads the rest of a board from [`Data`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::columns::{Column, ranges};
use super::details::{Body, Budget};
use super::shared::{class, name, text};
use crate::table::grid::Tone;
use crate::table::matrix::Whole;

/// A table whose columns are the [`Column`]s of the page.
#[derive(Debug)]
pub(super) struct Board<'a> {
    /// HTML id of the table, which also begins the ids of the details.
    pub(super) id: &'static str,
    /// Heading of the first column.
    pub(super) first: &'static str,
    /// Sections of the table. Lines are numbered through all sections.
    pub(super) sections: Vec<Section<'a>>,
}

/// Lines of a board under one heading.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) heading: String,
    pub(super) lines: Vec<Line<'a>>,
    /// Whether the script may fold the section, because no line of the section needs attention.
    pub(super) is_plain: bool,
}

/// One line of a board.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) name: String,
    /// Counts of the cells that are not a plain pass, such as `1✕ 2–`.
    pub(super) tally: String,
    /// Capabilities that the line needs.
    pub(super) needs: Vec<String>,
    /// Topic of the line's scenario; empty if no target reports a topic.
    pub(super) topic: String,
    /// Mark in each column; `None` where the report has no such cell.
    pub(super) marks: Vec<Option<Mark>>,
    /// Groups of columns whose cells have the same details, the worst group first.
    pub(super) groups: Vec<Group<'a>>,
    /// Cost and rerun command of the cell in each column, for cells that have them.
    pub(super) runs: Vec<Option<Run>>,
}

/// Content of a cell.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) glyph: &'static str,
    pub(super) tone: Tone,
    /// Identifier of the verdict, for the page's filter by verdict.
    pub(super) verdict: String,
    /// Verdict and outcome in words, for screen readers and for the line below the table.
    pub(super) words: String,
    pub(super) deviates: bool,
    /// Kind of the change since the baseline, if the cell changed.
    pub(super) change: Option<&'static str>,
}

/// Columns of a line whose cells have the same details.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Positions of the columns, in ascending order.
    pub(super) columns: Vec<usize>,
    pub(super) tone: Tone,
    pub(super) heading: String,
    pub(super) body: Body<'a>,
}

/// Differences between the cells of a group: the cost and the rerun command.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Run {
    /// Wall time in milliseconds, processor time in milliseconds, and memory in KiB.
    pub(super) cost: [Option<f64>; 3],
    pub(super) rerun: String,
}

/// Everything that the page's script needs to know, in JSON.
#[derive(Debug, Default, Serialize)]
pub(super) struct Data {
    columns: Vec<ColumnData>,
    verdicts: Vec<String>,
    words: Vec<String>,
    boards: BTreeMap<&'static str, Vec<LineData>>,
}

#[derive(Debug, Serialize)]
struct ColumnData {
    number: usize,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    like: Option<usize>,
    /// The rerun command of most cases, split at the case's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    rerun: Option<(String, String)>,
}

/// Data of one line of a table, for the page's script. Lists have one entry for each column, except
/// where all entries are equal.
#[derive(Debug, Serialize)]
struct LineData {
    name: String,
    /// Names of the capabilities that the line needs, for the page's filter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<String>,
    /// Topic of the line's scenario, for the page's filter.
    #[serde(skip_serializing_if = "String::is_empty")]
    topic: String,
    /// For each cell, the index of the verdict's identifier in [`Data::verdicts`], or -1 if there
    /// is no cell.
    verdicts: Vec<i32>,
    /// For each cell, the index of its words in [`Data::words`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<i32>,
    /// For each cell, the index of the group to which the cell belongs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<i32>,
    /// Columns whose cells deviate from the largest group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deviating: Vec<usize>,
    /// Columns whose cells were not accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bad: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<usize>,
    /// Cost of each cell as in [`Run::cost`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    costs: Vec<Option<[Option<f64>; 3]>>,
    /// Rerun commands that differ from the command of the column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    reruns: BTreeMap<usize, String>,
}

impl Mark {
    pub(super) fn is_bad(&self) -> bool {
        matches!(self.tone, Tone::Bad | Tone::Unclear)
    }
}

impl<'a> Board<'a> {
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line<'a>> {
        self.sections.iter().flat_map(|section| &section.lines)
    }

    /// Writes the board as an HTML table.
    pub(super) fn write_table(
        &self,
        columns: &[Column<'_>],
        caption: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let id = self.id;
        let caption = html! { p.caption id={ (id) "-caption" } { (caption) } };
        write!(
            out,
            "{}<div class=\"board\" role=\"region\" aria-labelledby=\"{id}-caption\" tabindex=\"0\">\
             <table id=\"{id}\" aria-describedby=\"{id}-caption\">{}",
            caption.into_string(),
            self.head(columns).into_string()
        )?;
        let mut number = 0;
        for Section { heading, lines, is_plain } in &self.sections {
            let heading = html! {
                tr { th scope="rowgroup" colspan=(columns.len() + 1) { span { (heading) } } }
            };
            let plain = if *is_plain { " data-plain" } else { "" };
            write!(out, "<tbody{plain}>{}", heading.into_string())?;
            for line in lines {
                let line = html! {
                    tr {
                        th scope="row" title=(line.name) {
                            a href={ "#" (self.details(number)) } { (line.name) }
                            @if !line.tally.is_empty() { " " small { (line.tally) } }
                        }
                        (cells(line))
                    }
                };
                out.write_all(line.into_string().as_bytes())?;
                number += 1;
            }
            out.write_all(b"</tbody>")?;
        }
        out.write_all(b"</table></div>")
    }

    /// Returns the rows above the table's body.
    fn head(&self, columns: &[Column<'_>]) -> Markup {
        html! {
            thead {
                tr.families {
                    td {}
                    @for family in columns.chunk_by(|one, other| one.family == other.family) {
                        th scope="colgroup" colspan=(family.len()) title=(family[0].family) {
                            span { (family[0].family) }
                        }
                    }
                }
                tr.numbers {
                    th scope="col" { (self.first) }
                    @for column in columns {
                        td.bad[column.is_bad] aria-hidden="true" { (column.number()) }
                    }
                }
                tr.labels {
                    td {}
                    @for column in columns {
                        th scope="col" title=(text(&column.row.name)) { span { (column.label) } }
                    }
                }
            }
        }
    }

    /// Returns CSS rules for the families of columns: the width of each family's heading, and the
    /// border between two families.
    pub(super) fn families(&self, columns: &[Column<'_>]) -> String {
        let (mut position, mut widths) = (2, String::new());
        let mut selectors = Vec::new();
        let families = columns.chunk_by(|one, other| one.family == other.family);
        for (family, child) in families.zip(2..) {
            let (id, span) = (self.id, family.len());
            // Writing to a `String` does not fail.
            let _ = writeln!(widths, "#{id} .families > :nth-child({child}) {{ --span: {span} }}");
            selectors.push(format!(
                "#{} td:nth-child({position}), #{0} .labels th:nth-child({position})",
                self.id
            ));
            position += family.len();
        }
        format!("{widths}{} {{ border-left: 2px solid var(--faint) }}\n", selectors.join(",\n"))
    }

    /// Returns the HTML id of a line's details.
    fn details(&self, line: usize) -> String {
        format!("{}-{line}", self.id)
    }

    /// Returns the HTML id of the details of a group of cells in a line of the board.
    pub(super) fn group(&self, line: usize, group: usize) -> String {
        format!("{}-{line}-{group}", self.id)
    }

    /// Writes the details of all cells. The details of a line with a cell that was not accepted are
    /// open.
    pub(super) fn write_details(
        &self,
        columns: &[Column<'_>],
        whole: &Whole<'a>,
        budget: &mut Budget,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for (number, line) in self.lines().enumerate() {
            let bodies = line.groups.iter().map(|group| group.body.entries(whole, budget));
            let bodies = bodies.collect::<io::Result<Vec<_>>>()?;
            let details = html! {
                details open[line.marks.iter().flatten().any(Mark::is_bad)] {
                    summary id=(self.details(number)) { (name(&line.name)) " " small { (line.tally) } }
                    @for (index, (group, body)) in line.groups.iter().zip(bodies).enumerate() {
                        section id=(self.group(number, index)) {
                            h3 {
                                span.badge.(class(group.tone)) { (text(&group.heading)) }
                                " on " (on(group, columns))
                            }
                            dl { (body) }
                        }
                    }
                }
            };
            out.write_all(details.into_string().as_bytes())?;
        }
        Ok(())
    }
}

/// Returns the names of the columns of a group of cells, or the columns' numbers if the group is
/// large.
fn on(group: &Group<'_>, columns: &[Column<'_>]) -> String {
    const FEW: usize = 3;
    let columns: Vec<_> = group.columns.iter().map(|column| &columns[*column]).collect();
    if columns.len() <= FEW {
        let names =
            columns.iter().map(|column| format!("{} {}", column.number(), text(&column.row.name)));
        names.collect::<Vec<_>>().join(", ")
    } else {
        let numbers = columns.iter().map(|column| column.number()).collect();
        format!("{} targets: {}", columns.len(), ranges(numbers))
    }
}

/// Returns the HTML table cells of a line of the board. The cells are written without optional HTML
/// tags and quotes, since a page can have 200,000 cells.
fn cells(line: &Line<'_>) -> Markup {
    let mut html = String::new();
    for mark in &line.marks {
        // Writing to a string cannot fail, so the result is ignored.
        let _ = match mark {
            None => write!(html, "<td>"),
            Some(mark) => {
                let deviates = if mark.deviates { " deviates" } else { "" };
                let change = match mark.change {
                    Some("worse") => " changed worse",
                    Some(_) => " changed",
                    None => "",
                };
                let class = class(mark.tone);
                match (mark.tone, deviates, change) {
                    (Tone::Good, "", "") => write!(html, "<td>{}", mark.glyph),
                    (_, "", "") => write!(html, "<td class={class}>{}", mark.glyph),
                    _ => write!(html, "<td class=\"{class}{deviates}{change}\">{}", mark.glyph),
                }
            }
        };
    }
    PreEscaped(html)
}

impl Data {
    pub(super) fn new(columns: &[Column<'_>], boards: &[&Board<'_>]) -> Self {
        let mut data = Self::default();
        let mut verdicts = BTreeMap::new();
        let mut words = BTreeMap::new();
        let templates: Vec<_> = (0..columns.len()).map(|column| template(boards, column)).collect();
        for board in boards {
            let lines =
                board.lines().map(|line| line_data(line, &templates, &mut verdicts, &mut words));
            data.boards.insert(board.id, lines.collect());
        }
        data.verdicts = in_order(verdicts);
        data.words = in_order(words);
        data.columns = columns
            .iter()
            .zip(templates)
            .map(|(column, rerun)| ColumnData {
                number: column.number(),
                name: text(&column.row.name),
                like: column.like,
                rerun,
            })
            .collect();
        data
    }

    /// Writes the data as an element that browsers do not execute.
    pub(super) fn write_element(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"<script type=\"application/json\" id=\"data\">")?;
        serde_json::to_writer(WithoutTags(out), self)?;
        out.write_all(b"</script>")
    }
}

/// Writer of JSON that escapes each `<`, because a `<` could begin a tag that ends the element.
struct WithoutTags<'a>(&'a mut dyn Write);

impl Write for WithoutTags<'_> {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        let mut parts = json.split(|byte| *byte == b'<');
        self.0.write_all(parts.next().unwrap_or_default())?;
        for part in parts {
            // In JSON, `<` occurs only in strings.
            self.0.write_all(b"\\u003c")?;
            self.0.write_all(part)?;
        }
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns the strings of a table in the order of their indexes.
fn in_order(table: BTreeMap<String, i32>) -> Vec<String> {
    let mut table: Vec<_> = table.into_iter().collect();
    table.sort_by_key(|(_, index)| *index);
    table.into_iter().map(|(string, _)| string).collect()
}

/// Returns the index of a string in a table, and adds the string to the table if it is new.
fn index_in(table: &mut BTreeMap<String, i32>, string: &str) -> i32 {
    let next = i32::try_from(table.len()).unwrap_or(i32::MAX);
    *table.entry(string.to_owned()).or_insert(next)
}

/// Splits a rerun command at the name of the case.
fn split(rerun: &str, name: &str) -> Option<(String, String)> {
    // The name is usually the last word of the command.
    let (before, after) = rerun.rsplit_once(name)?;
    Some((before.to_owned(), after.to_owned()))
}

/// Returns the rerun command that most cells of a column have, split at the case's name.
fn template(boards: &[&Board<'_>], column: usize) -> Option<(String, String)> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in boards.iter().flat_map(|board| board.lines()) {
        let Some(Some(run)) = line.runs.get(column) else { continue };
        if let Some(parts) = split(&run.rerun, &line.name) {
            *counts.entry(parts).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(parts, _)| parts)
}

fn line_data(
    line: &Line<'_>,
    templates: &[Option<(String, String)>],
    verdicts: &mut BTreeMap<String, i32>,
    words: &mut BTreeMap<String, i32>,
) -> LineData {
    let chosen = |test: &dyn Fn(&Mark) -> bool| {
        let marks = line.marks.iter().enumerate();
        marks
            .filter(|(_, mark)| mark.as_ref().is_some_and(test))
            .map(|(column, _)| column)
            .collect()
    };
    let mut groups = vec![-1; line.marks.len()];
    for (index, group) in (0..).zip(&line.groups) {
        group.columns.iter().for_each(|column| groups[*column] = index);
    }
    let of = |table: &mut BTreeMap<String, i32>, string: &dyn Fn(&Mark) -> &str| {
        let index =
            |mark: &Option<Mark>| mark.as_ref().map_or(-1, |mark| index_in(table, string(mark)));
        shortened(line.marks.iter().map(index).collect())
    };
    let mut reruns = BTreeMap::new();
    for (column, run) in line.runs.iter().enumerate() {
        let Some(run) = run else { continue };
        if run.rerun.is_empty() || split(&run.rerun, &line.name) == templates[column] {
            continue;
        }
        reruns.insert(column, run.rerun.clone());
    }
    let costs: Vec<_> = line.runs.iter().map(|run| run.as_ref().map(|run| run.cost)).collect();
    LineData {
        name: line.name.clone(),
        needs: line.needs.clone(),
        topic: line.topic.clone(),
        verdicts: of(verdicts, &|mark| &mark.verdict),
        words: of(words, &|mark| &mark.words),
        groups: shortened(groups),
        deviating: chosen(&|mark| mark.deviates),
        bad: chosen(&Mark::is_bad),
        changed: chosen(&|mark| mark.change.is_some()),
        costs: if costs.iter().any(Option::is_some) { costs } else { Vec::new() },
        reruns,
    }
}

/// Returns a list whose entries are all equal as a list of one entry.
fn shortened(mut list: Vec<i32>) -> Vec<i32> {
    if list.iter().all(|entry| *entry == list[0]) {
        list.truncate(1);
    }
    list
}
