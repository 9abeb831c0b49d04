//! `cargo testprog about`: shows the program's target, its C library, and the missing capabilities.

use std::io::{self, Write as _};

use testprog_harness::suite::Settings;
use testprog_harness::{suite, text};

use crate::args::ChildArgs;
use crate::build;
use crate::error::{Error, SUCCESS};

pub(crate) fn about(args: &ChildArgs) -> Result<u8, Error> {
    let mut settings = Settings::default();
    settings.deadline_scale = args.deadline_scale;
    let (facts, left_behind) =
        suite::about_with(&build::program(args)?, &settings).map_err(Error::usage)?;
    build::print_left_behind(&left_behind);
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut out = io::stdout().lock();
    for (name, value) in facts {
        let name = text::one_line(&name);
        let value = text::within_line(value.replace('\n', " ").as_bytes());
        writeln!(out, "{name:<width$}  {value}").map_err(|error| Error::write(&error))?;
    }
    Ok(SUCCESS)
}
