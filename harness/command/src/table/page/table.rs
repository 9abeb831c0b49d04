//! The tables of the page: targets, scenarios, capabilities.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::details;
use super::shared::{change_class, change_of, class, columns, linked, name, text, word};
use crate::document::CaseField;
use crate::table::changes::{Change, ChangeKind};
use crate::table::grid::{self, Grid, Line, Tone};
use crate::table::matrix::{Row, State};

/// Returns the table of targets, with a line for each row of the matrix.
pub(super) fn targets(grid: &Grid<'_>) -> Markup {
    html! {
        section aria-labelledby="targets" {
            h2 id="targets" { "Targets" }
            div.scroll { table.wide {
                thead { tr {
                    th scope="col" { "#" } th scope="col" { "Target" }
                    th scope="col" { "Details" } th scope="col" { "Result" }
                } }
                tbody { @for (number, row) in (1..).zip(grid.rows) {
                    tr {
                        td.number { (number) }
                        th scope="row" { (name(&row.name)) }
                        td { (text(&row.facts().join(", "))) }
                        td { (result(row)) }
                    }
                } }
            } }
        }
    }
}

fn result(row: &Row) -> Markup {
    let worst = row.cases().iter().map(grid::tone).max().unwrap_or(Tone::Open);
    html! {
        @match row.state {
            State::Ran => {
                span.badge.(class(worst)) { (text(&grid::in_words(&grid::count(row.cases().iter())))) }
                @if let Some(reason) = &row.reason { " " span.badge.unclear { (text(reason)) } }
            }
            State::NotRun => { span.badge.open { (linked(&row.state_in_words())) } }
            State::Failed => { span.badge.bad { (linked(&row.state_in_words())) } }
        }
    }
}

/// Returns the filters and the table of scenarios.
pub(super) fn scenarios(grid: &Grid<'_>, changes: Option<&[Change]>) -> Markup {
    let columns = columns(grid);
    html! {
        section aria-labelledby="scenarios" {
            h2 id="scenarios" { "Scenarios" }
            @if !grid.lines.is_empty() {
                (filters(grid, changes))
                div.scroll.grid role="region" aria-labelledby="scenarios" tabindex="0" {
                    table id="grid" {
                        caption { "Select a cell for details. A frame marks an outcome that differs from the outcome on most targets." }
                        thead { tr {
                            th scope="col" { "Scenario" }
                            @for (index, row) in &columns {
                                th scope="col" data-target=(text(&row.name)) {
                                    span { (index + 1) " " (text(&row.name)) }
                                }
                            }
                        } }
                        tbody { @for (place, line) in grid.lines.iter().enumerate() {
                            tr data-needs=(text(&needs(line))) data-differs[line.differs()] {
                                th scope="row" { (name(line.name)) }
                                @for (index, row) in &columns {
                                    @match line.cells[*index] {
                                        Some(case) => (cell(line, place, *index, row, case, changes)),
                                        None => td.none aria-label="no such case" { "–" },
                                    }
                                }
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// Returns the capabilities that a scenario needs in any matrix row, separated by spaces.
fn needs(line: &Line<'_>) -> String {
    let needs: BTreeSet<_> = line.cells.iter().flatten().flat_map(|case| &case.needs).collect();
    needs.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn cell(
    line: &Line<'_>,
    place: usize,
    index: usize,
    row: &Row,
    case: &CaseField,
    changes: Option<&[Change]>,
) -> Markup {
    let deviates = line.deviates(index);
    let change = change_of(changes, &row.name, Some(&case.name)).map(|change| change.kind);
    let outcome = Some(grid::outcome(case)).filter(|_| deviates || case.last.alternative.is_some());
    html! {
        td.(class(grid::tone(case))).deviates[deviates]
            data-verdict=(text(case.verdict.id())) data-deviates[deviates]
            data-change=[change.map(|kind| kind.to_string())] {
            button type="button" popovertarget=(details::id(place, index)) {
                (word(case))
                @if let Some(outcome) = outcome { small { (text(&outcome)) } }
                @if let Some(kind) = change {
                    small.worse[kind == ChangeKind::Worse] {
                        span.badge.(change_class(kind)) { (kind) }
                    }
                }
            }
        }
    }
}

fn filters(grid: &Grid<'_>, changes: Option<&[Change]>) -> Markup {
    let capabilities = grid.needed();
    html! {
        // The fieldset is hidden until the script shows it, since the filters need the script.
        div role="search" { fieldset id="filters" hidden aria-label="Filters" {
            label { "Name contains" input type="search" name="name" autocomplete="off"; }
            @if !capabilities.is_empty() {
                label { "Needs" select name="needs" {
                    option value="" { "anything" }
                    @for need in capabilities { option { (text(need)) } }
                } }
            }
            label { "Target" select name="target" {
                option value="" { "all" }
                @for (index, row) in columns(grid) {
                    option value=(text(&row.name)) { (index + 1) " " (text(&row.name)) }
                }
            } }
            label { "Verdict" select name="verdict" {
                option value="" { "any" }
                @for (verdict, _) in grid.counts() {
                    option value=(text(verdict.id())) { (text(&verdict.to_string().to_lowercase())) }
                }
            } }
            label.check { input type="checkbox" name="differs"; "different on some targets" }
            @if changes.is_some() {
                label.check { input type="checkbox" name="changed"; "changed" }
            }
            output id="count" aria-live="polite" {}
        } }
    }
}

/// Returns the table of capabilities by matrix row.
pub(super) fn capabilities(grid: &Grid<'_>) -> Markup {
    let columns = columns(grid);
    let capabilities = grid.capabilities();
    html! {
        @if !capabilities.is_empty() {
            section aria-labelledby="capabilities" {
                h2 id="capabilities" { "Capabilities" }
                div.scroll.grid role="region" aria-labelledby="capabilities" tabindex="0" { table {
                    caption { "Capabilities that scenarios need, from probes or, without probes, from the platform table." }
                    thead { tr {
                        th scope="col" { "Capability" }
                        @for (index, row) in &columns {
                            th scope="col" { span { (index + 1) " " (text(&row.name)) } }
                        }
                    } }
                    tbody { @for (capability, cells) in capabilities {
                        tr {
                            th scope="row" { (name(&capability)) }
                            @for (index, _) in &columns {
                                @match &cells[*index] {
                                    None => td.none aria-label="not known" { "–" },
                                    Some(found) => td.found.(if found.is_there { "good" } else { "open" }) {
                                        @if found.reason.is_empty() { (text(&found.state)) } @else {
                                            details {
                                                summary { (text(&found.state)) }
                                                (linked(&found.reason))
                                            }
                                        }
                                    },
                                }
                            }
                        }
                    } }
                } }
            }
        }
    }
}
