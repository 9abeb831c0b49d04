//! `cargo testprog compare`: shows what changed from one report to another.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::args::CompareArgs;
use crate::document;
use crate::error::{Error, FAILED, SUCCESS};
use crate::table::changes::{self, Change, ChangeKind};
use crate::table::read::{Source, read};
use crate::table::{human, markdown};
use crate::values::ChangesFormat;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    kind: &'static str,
    tool: &'static str,
    /// File name of the earlier report.
    old: &'a str,
    /// File name of the later report.
    new: &'a str,
    counts: Counts,
    /// All changes, with the worst changes first.
    changes: &'a [Change],
}

#[derive(Serialize)]
struct Counts {
    worse: usize,
    fixed: usize,
    gone: usize,
    new: usize,
    changed: usize,
}

pub(crate) fn compare(args: &CompareArgs) -> Result<u8, Error> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let changes = changes::changes(&old.matrix, &new.matrix);
    print(&old, &new, &changes, args.format).map_err(|error| Error::write(&error))?;
    Ok(if changes::got_worse(&changes) { FAILED } else { SUCCESS })
}

fn print(old: &Source, new: &Source, changes: &[Change], format: ChangesFormat) -> io::Result<()> {
    match format {
        ChangesFormat::Human => {
            let mut out = anstream::stdout().lock();
            let names_rows = old.matrix.rows.len() + new.matrix.rows.len() > 2;
            human::write_changes(changes, names_rows, &mut out)?;
            out.flush()
        }
        ChangesFormat::Markdown => markdown::write_alone(changes, &mut io::stdout().lock()),
        ChangesFormat::Json => {
            let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
            let document = Document {
                schema: document::SCHEMA,
                kind: "changes",
                tool: document::TOOL,
                old: &old.file,
                new: &new.file,
                counts: Counts {
                    worse: count(ChangeKind::Worse),
                    fixed: count(ChangeKind::Fixed),
                    gone: count(ChangeKind::Gone),
                    new: count(ChangeKind::New),
                    changed: count(ChangeKind::Changed),
                },
                changes,
            };
            document::write(&document, &mut io::stdout().lock())
        }
    }
}
