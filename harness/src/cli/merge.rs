//! `cargo testprog merge`: reports of shards and of machines into one.

use std::io;

use super::args::MergeArgs;
use super::table::{self, join, read};
use super::{Error, outputs};

pub(super) fn merge(args: &MergeArgs) -> Result<u8, Error> {
    outputs::check(&args.outputs)?;
    let sources = args.reports.iter().map(|path| read::read(path)).collect::<Result<_, _>>()?;
    let matrix = join::join(sources)?;
    let printed = table::write(&matrix, args.format, &mut io::stdout().lock());
    let mut errors: Vec<_> =
        printed.map_err(|error| Error::write(&error)).err().into_iter().collect();
    errors.extend(outputs::write_files(&args.outputs, |format, out| {
        table::write(&matrix, format, out)
    }));
    Error::all(errors).map_or(Ok(matrix.status()), Err)
}
