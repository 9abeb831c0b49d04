//! Joins the matrix rows of several reports. Shards of one matrix row become one row, and other
//! rows stay separate.

use std::collections::BTreeMap;

use testprog_harness::text;

use super::matrix::{Matrix, Row, Shards, State};
use super::read::Source;
use crate::document::{self, Report, TargetFacts};
use crate::error::Error;

/// Joins several reports into one matrix.
///
/// # Errors
///
/// Fails if two reports have the same case of the same matrix row, or have rows of the same name
/// that are not parts of one run.
pub(crate) fn join(mut sources: Vec<Source>) -> Result<Matrix, Error> {
    tell_builds_apart(&mut sources);
    let started = sources.iter().map(|source| source.matrix.started.clone()).min();
    let find = |field: fn(&Matrix) -> &Option<String>| {
        sources.iter().find_map(|source| field(&source.matrix).clone())
    };
    let (title, link) = (find(|matrix| &matrix.title), find(|matrix| &matrix.link));
    let mut joined: Vec<Joined> = Vec::new();
    for source in sources {
        for row in source.matrix.rows {
            match joined.iter_mut().find(|known| known.row.name == row.name) {
                Some(known) => known.add(row, &source.file).map_err(|cause| {
                    let cause = text::one_line(&cause);
                    Error::usage(format!("failed to merge `{}`: {cause}", source.file))
                })?,
                None => joined.push(Joined::new(row, &source.file)),
            }
        }
    }
    let rows = joined.into_iter().map(Joined::finish).collect();
    Ok(Matrix { title, link, ..Matrix::new(started.unwrap_or_default(), rows) })
}

/// Adds the build to the matrix row names of unnamed runs that have the same target but differ in
/// the build.
fn tell_builds_apart(sources: &mut [Source]) {
    let builds: Vec<_> = sources
        .iter()
        .map(|source| {
            let row = source.matrix.rows.first().filter(|_| source.is_unnamed)?;
            let target = &row.report.as_ref()?.target;
            let build = [&target.build, &target.panic, &target.crt].map(Clone::clone);
            Some((row.name.clone(), build))
        })
        .collect();
    for (source, own) in sources.iter_mut().zip(&builds) {
        let Some((name, build)) = own else { continue };
        let differs = |place: usize| {
            let mut others = builds.iter().flatten();
            others.any(|(other, facts)| other == name && facts[place] != build[place])
        };
        let facts: Vec<_> = (0..build.len())
            .filter(|place| differs(*place))
            .map(|place| build[place].as_deref().unwrap_or("?"))
            .collect();
        if !facts.is_empty() {
            source.matrix.rows[0].name = format!("{name} ({})", facts.join(", "));
        }
    }
}

/// A joined matrix row, and the file that each of its cases is from.
struct Joined {
    row: Row,
    /// Name of the first file that has this matrix row.
    file: String,
    /// File name of each case, by the case's name.
    cases: BTreeMap<String, String>,
}

impl Joined {
    fn new(row: Row, file: &str) -> Self {
        let cases = row.cases().iter().map(|case| (case.name.clone(), file.to_owned())).collect();
        Self { row, file: file.to_owned(), cases }
    }

    fn add(&mut self, other: Row, file: &str) -> Result<(), String> {
        match (self.row.state, other.state) {
            // The matrix row was not run in the first report, so the second report replaces the
            // row.
            (State::NotRun, _) => {
                *self = Self::new(other, file);
                Ok(())
            }
            (_, State::NotRun) => Ok(()),
            (State::Failed, _) | (_, State::Failed) => Err(format!(
                "row `{}` is also in `{}`, and one of these two rows failed",
                other.name, self.file
            )),
            (State::Ran, State::Ran) => self.add_cases(other, file),
        }
    }

    fn add_cases(&mut self, other: Row, file: &str) -> Result<(), String> {
        let Row { name, report, shards, .. } = &mut self.row;
        for case in other.cases() {
            if let Some(first) = self.cases.insert(case.name.clone(), file.to_owned()) {
                return Err(format!("case `{}` of row `{name}` is also in `{first}`", case.name));
            }
        }
        if let (Some(known), Some(new)) = (shards, other.shards) {
            add_shards(known, &new).map_err(|cause| format!("row `{name}`: {cause}"))?;
        }
        if let (Some(known), Some(new)) = (report, other.report) {
            add_report(known, new)
                .map_err(|cause| format!("row `{name}` is also in `{}`: {cause}", self.file))?;
        }
        Ok(())
    }

    fn finish(self) -> Row {
        let mut row = self.row;
        if row.state == State::Ran {
            row.reason = row.missing_shards();
        }
        row
    }
}

fn add_shards(known: &mut Shards, new: &Shards) -> Result<(), String> {
    if known.total != new.total {
        return Err(format!(
            "one report is one of {} shards, another report is one of {} shards",
            new.total, known.total
        ));
    }
    if let Some(index) = new.present.iter().find(|index| known.present.contains(index)) {
        return Err(format!("two reports have shard {index}/{}", new.total));
    }
    known.present.extend(&new.present);
    known.present.sort_unstable();
    Ok(())
}

fn add_report(known: &mut Report, new: Report) -> Result<(), String> {
    add_facts(&mut known.target, new.target)?;
    known.started = known.started.clone().min(new.started);
    known.wall_ms += new.wall_ms;
    known.seed = known.seed.filter(|seed| new.seed == Some(*seed));
    known.shard = None;
    known.zygote |= new.zygote;
    known.cases.extend(new.cases);
    // Reports of shards can come in any order and do not contain a case's position in the listing,
    // so the cases are sorted by name.
    known.cases.sort_by(|one, other| one.name.cmp(&other.name));
    let registered = |report: &BTreeMap<String, usize>| report.get("registered").copied();
    let registered = registered(&known.counts).max(registered(&new.counts)).unwrap_or_default();
    known.counts = document::counts(registered.max(known.cases.len()), |verdict| {
        known.cases.iter().filter(|case| case.verdict == *verdict).count()
    });
    for (name, value) in new.added {
        known.added.entry(name).or_insert(value);
    }
    Ok(())
}

/// Joins the target facts of two runs of one matrix row.
///
/// The computers of a CI system may differ, so both values of a fact about a computer are kept.
/// Runs with different targets or builds are refused.
fn add_facts(known: &mut TargetFacts, new: TargetFacts) -> Result<(), String> {
    for (known, new, what) in [
        (&known.triple, &new.triple, "target"),
        (&known.build, &new.build, "build"),
        (&known.panic, &new.panic, "panic"),
        (&known.crt, &new.crt, "crt"),
    ] {
        if known != new {
            let word = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "unknown".to_owned());
            return Err(format!(
                "the {what} is {} in that file, but {} in this file",
                word(known),
                word(new)
            ));
        }
    }
    for (known, new) in [
        (&mut known.os, new.os),
        (&mut known.arch, new.arch),
        (&mut known.libc, new.libc),
        (&mut known.libc_version, new.libc_version),
        (&mut known.kernel, new.kernel),
        (&mut known.emulator, new.emulator),
    ] {
        match (&mut *known, new) {
            (Some(known), Some(new)) if !known.split(", ").any(|part| part == new) => {
                *known = format!("{known}, {new}");
            }
            (None, new) => *known = new,
            (Some(_), _) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::read::tests::{run, source};
    use super::*;

    fn shard(index: u32, total: u32, cases: &[(&str, &str)]) -> Value {
        let mut run = run("t", cases);
        run["shard"] = json!({ "index": index, "total": total });
        run["counts"]["registered"] = 5.into();
        run
    }

    fn merged(documents: &[(&str, Value)]) -> Result<Matrix, String> {
        let sources = documents.iter().map(|(file, document)| source(file, document)).collect();
        join(sources).map_err(|error| error.message)
    }

    #[test]
    fn shards_of_one_row_become_one_and_missing_ones_are_told() {
        let (a, b) = (shard(3, 3, &[("c", "fail")]), shard(1, 3, &[("b", "pass"), ("a", "pass")]));
        let matrix = merged(&[("a", a), ("b", b)]).unwrap();
        let [row] = &*matrix.rows else { panic!("{matrix:?}") };
        let names: Vec<_> = row.cases().iter().map(|case| &*case.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(row.reason.as_deref(), Some("1 shard is missing: 2/3"));
        let report = row.report.as_ref().unwrap();
        assert_eq!((report.shard, report.wall_ms), (None, 25.0));
        assert_eq!((report.counts["registered"], report.counts["pass"]), (5, 2));

        let again = serde_json::to_value(&matrix).unwrap();
        let c = shard(2, 3, &[("d", "pass")]);
        let whole = merged(&[("merged", again), ("c", c)]).unwrap();
        assert_eq!((whole.rows[0].reason.as_deref(), whole.rows[0].cases().len()), (None, 4));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let mut release = shard(2, 2, &[("b", "pass")]);
        (release["name"], release["target"]["build"]) = ("t".into(), "release".into());
        for (other, cause) in [
            (
                shard(2, 2, &[("a", "pass")]),
                "failed to merge `b`: case `a` of row `t` is also in `a`",
            ),
            (run("t", &[("a", "fail")]), "failed to merge `b`: case `a` of row `t` is also in `a`"),
            (shard(1, 2, &[("b", "pass")]), "row `t`: two reports have shard 1/2"),
            (
                shard(3, 3, &[("b", "pass")]),
                "row `t`: one report is one of 3 shards, another report is one of 2 shards",
            ),
            (
                release,
                "row `t` is also in `a`: the build is debug in that file, but release in this file",
            ),
        ] {
            let error = merged(&[("a", shard(1, 2, &[("a", "pass")])), ("b", other)]).unwrap_err();
            assert!(error.contains(cause), "{error}");
        }
    }

    #[test]
    fn rows_of_different_machines_and_builds_stand_side_by_side() {
        let (debug, mut release) = (run("t", &[("a", "pass")]), run("t", &[("a", "pass")]));
        release["target"]["build"] = "release".into();
        let other = run("u", &[("a", "pass")]);
        let matrix = merged(&[("a", debug), ("b", release), ("c", other)]).unwrap();
        let names: Vec<_> = matrix.rows.iter().map(|row| &*row.name).collect();
        assert_eq!(names, ["t (debug)", "t (release)", "u"]);
    }

    #[test]
    fn a_row_that_another_machine_could_run_has_run() {
        let absent = |state: &str| {
            json!({ "schema": 2, "kind": "matrix", "tool": "", "started": "2025", "rows": [
                { "name": "t", "state": state, "reason": "apt-get install x", "report": null }
            ] })
        };
        let ran = || run("t", &[("a", "pass")]);
        for documents in
            [[("a", absent("not_run")), ("b", ran())], [("a", ran()), ("b", absent("not_run"))]]
        {
            let matrix = merged(&documents).unwrap();
            assert_eq!((matrix.rows[0].state, matrix.status(false)), (State::Ran, 0));
            assert_eq!((matrix.rows[0].reason.as_deref(), &*matrix.started), (None, "2025"));
        }
        let error = merged(&[("a", absent("failed")), ("b", ran())]).unwrap_err();
        assert!(
            error.contains("row `t` is also in `a`, and one of these two rows failed"),
            "{error}"
        );
        assert_eq!(merged(&[("a", absent("failed"))]).unwrap().status(false), 4);
        assert_eq!(merged(&[("a", absent("not_run"))]).unwrap().status(false), 3);
    }

    #[test]
    fn machines_may_differ_in_what_does_not_change_the_build() {
        let (mut a, mut b) = (shard(1, 2, &[("a", "pass")]), shard(2, 2, &[("b", "pass")]));
        (a["target"]["kernel"], b["target"]["kernel"]) = ("Linux 6".into(), "Linux 7".into());
        let matrix = merged(&[("a", a), ("b", b)]).unwrap();
        let kernel = matrix.rows[0].report.as_ref().unwrap().target.kernel.clone();
        assert_eq!(kernel.as_deref(), Some("Linux 6, Linux 7"));
    }
}
