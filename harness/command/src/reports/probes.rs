//! The results of probes in words, for the human report of `cargo testprog port`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use testprog_harness::text;

use crate::port::{reference, subject};
use crate::run::probes::{Layout, Port, Probe, State};
use crate::run::results::Finished;

/// Minimum number of capabilities with the same cause for which the report shows the cause only
/// once, with the names of the capabilities.
const FEWEST_ALIKE: usize = 3;
/// Maximum length of a line, in characters.
const WIDTH: usize = 100;

/// Writes a line for each capability that is not present, then the list of present capabilities.
/// Below each cause, writes the command that repeats the step that failed.
pub(crate) fn write_probes(port: &Port, out: &mut dyn Write) -> io::Result<()> {
    let Port { probes, left_out, values, layout, .. } = port;
    if probes.is_empty() {
        return Ok(());
    }
    let width = probes.iter().map(|probe| probe.name.len()).max().unwrap_or_default();
    let (present, others): (Vec<_>, Vec<_>) =
        probes.iter().partition(|probe| probe.state == State::Present);
    let mut alike: Vec<((State, &str), Vec<&Probe>)> = Vec::new();
    for &probe in &others {
        let cause = (probe.state, subject::error(&probe.reason));
        match alike.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, probes)) => probes.push(probe),
            None => alike.push((cause, vec![probe])),
        }
    }
    for ((state, cause), probes) in alike {
        if probes.len() < FEWEST_ALIKE {
            for probe in probes {
                let Probe { name, reason, .. } = probe;
                writeln!(out, "{:>14}  {name:<width$}  {reason}", state.word())?;
                write_rerun(probe, out)?;
            }
        } else {
            writeln!(out, "{:>14}  {} capabilities: {cause}", state.word(), probes.len())?;
            write_list(&" ".repeat(18), 17, probes.iter().map(|probe| probe.name.clone()), out)?;
            write_rerun(probes[0], out)?;
        }
    }
    let words = present.iter().map(|Probe { name, value, .. }| match value {
        None => name.clone(),
        Some(value) => format!("{name} ({value})"),
    });
    if !present.is_empty() {
        write_list(&format!("{:>14}  ", State::Present.word()), 15, words, out)?;
    }
    let left_out = match *left_out {
        0 => String::new(),
        left_out => format!(" ({left_out} left out by the filter)"),
    };
    let count = format!("{} of {} capabilities{left_out}", present.len(), probes.len());
    writeln!(out, "\n{count}{}", table(probes, !left_out.is_empty()))?;
    let scores = areas(probes).into_iter();
    let scores = scores.map(|(area, [present, all])| format!("{area} {present} of {all}"));
    write_list("by area: ", 8, scores, out)?;
    write_values(values, out)?;
    if let Some(Layout { count, command }) = layout {
        writeln!(
            out,
            "to compare {count} sizes and offsets of types with the crate libc: {command}"
        )?;
    }
    let mut after: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for probe in probes {
        if let Some(end) = &probe.after {
            after.entry(end).or_default().push(&probe.name);
        }
    }
    for (end, names) in after {
        writeln!(out, "the checks held, but afterwards the probe {end}: {}", names.join(", "))?;
    }
    for probe in probes {
        let Some(table) = &probe.table else { continue };
        if table.agrees != Some(false) {
            continue;
        }
        let says = match &table.missing {
            Some(reason) => format!("is missing ({reason})"),
            None => "is there".to_owned(),
        };
        writeln!(out, "the platform table disagrees: it says that {} {says}", probe.name)?;
    }
    for probe in probes {
        if let Some(evidence) = &probe.evidence {
            write!(out, "\n{}\n{evidence}", probe.name)?;
        }
    }
    Ok(())
}

/// Writes the measured values of the C library, and the names of the values that it does not have.
fn write_values(values: &[(String, Option<u64>)], out: &mut dyn Write) -> io::Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let words = values.iter().filter_map(|(name, value)| Some(format!("{name} {}", (*value)?)));
    write_list("values: ", 8, words, out)?;
    let missing = || values.iter().filter(|(_, value)| value.is_none());
    if missing().next().is_some() {
        write_list("without a value: ", 8, missing().map(|(name, _)| name.clone()), out)?;
    }
    Ok(())
}

/// Writes the command that repeats the step of a probe that failed.
fn write_rerun(probe: &Probe, out: &mut dyn Write) -> io::Result<()> {
    match &probe.rerun {
        Some(rerun) => writeln!(out, "{:>14}  {}", "rerun:", text::one_line(rerun)),
        None => Ok(()),
    }
}

/// Writes `first` and the words, with commas between the words. Each line after the first line
/// begins with `indent` spaces.
fn write_list(
    first: &str,
    indent: usize,
    words: impl Iterator<Item = String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = first.to_owned();
    for (index, word) in words.enumerate() {
        if index > 0 {
            line.push(',');
            if line.chars().count() + word.chars().count() >= WIDTH {
                writeln!(out, "{line}")?;
                line = " ".repeat(indent);
            }
            line.push(' ');
        }
        line += &word;
    }
    writeln!(out, "{line}")
}

/// Returns, for each area, the number of present capabilities and the number of all capabilities.
fn areas(probes: &[Probe]) -> BTreeMap<&str, [usize; 2]> {
    let mut areas: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for probe in probes {
        let [present, all] = areas.entry(&probe.area).or_default();
        *present += usize::from(probe.state == State::Present);
        *all += 1;
    }
    areas
}

/// Writes which of the failures of a port also occur in glibc and in musl.
///
/// A failure that no other C library shares is a bug of the port or a function that the port lacks.
/// A failure that every C library shares may be a fault of the test.
pub(crate) fn write_reference(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (groups, failures, good) in [
        (reference::of_probes(run), "capabilities not found", "present"),
        (reference::of_cases(run), "cases that failed", "pass"),
    ] {
        for (libcs, names) in groups {
            let first = match &*libcs {
                [] => format!("{failures}, in glibc and musl too: "),
                libcs => format!("{failures}, but {good} in {}: ", libcs.join(" and ")),
            };
            write_list(&first, 8, names.into_iter().map(str::to_owned), out)?;
        }
    }
    Ok(())
}

/// Writes the last line of a report: the numbers of present capabilities and of passed cases. Leaves
/// out the number of capabilities or of cases if none was selected.
pub(crate) fn write_score(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    let present = run.port.probes.iter().filter(|probe| probe.state == State::Present).count();
    let (probes, passed, cases) = (run.port.probes.len(), run.count("pass"), run.tallies.len());
    let of = |good: usize, all: usize, noun| (all > 0).then(|| format!("{good} of {all} {noun}"));
    let score = [of(present, probes, "capabilities"), of(passed, cases, "cases")];
    let score: Vec<_> = score.into_iter().flatten().collect();
    writeln!(out, "\nscore: {}", score.join(", "))
}

/// Returns a phrase with the number of probed capabilities for which the platform table agrees with
/// the probe. If the probes are filtered, the platform table may know none of the capabilities.
fn table(probes: &[Probe], is_filtered: bool) -> String {
    let known: Vec<_> = probes.iter().filter_map(|probe| probe.table.as_ref()?.agrees).collect();
    let right = known.iter().filter(|agrees| **agrees).count();
    match known.len() {
        0 if is_filtered || probes.iter().all(|probe| probe.state == State::NotRun) => {
            String::new()
        }
        0 => {
            "; not compared with the platform table: the target is unknown (name it with --target)"
                .to_owned()
        }
        known => format!("; the platform table is right about {right} of {known}"),
    }
}
