//! `cargo testprog merge`: reports of shards and of machines into one.

use super::args::MergeArgs;
use super::table::changes::changes;
use super::table::join::join;
use super::table::read::read;
use super::table::{View, print_and_write};
use super::{Error, outputs};

pub(super) fn merge(args: &MergeArgs) -> Result<u8, Error> {
    outputs::check(&args.print.outputs)?;
    let sources = args.reports.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let matrix = join(sources)?;
    let changes = baseline.map(|baseline| changes(&baseline.matrix, &matrix));
    let view = View { matrix: &matrix, changes };
    print_and_write(&view, &args.print)?;
    Ok(view.status())
}
