//! `cargo testprog merge`: joins the reports of shards and of computers into one table.

use std::path::PathBuf;

use crate::args::MergeArgs;
use crate::config;
use crate::error::Error;
use crate::files::Outputs;
use crate::table::changes::changes;
use crate::table::join::join;
use crate::table::matrix::as_it_is;
use crate::table::read::read;
use crate::table::view::{View, print_and_write};

pub(crate) fn merge(args: &MergeArgs) -> Result<u8, Error> {
    let outputs = Outputs::find(&args.print.outputs)?;
    let read_files = args.reports.iter().chain(&args.baseline).map(PathBuf::as_path);
    outputs.spare(read_files.chain(config::find().as_deref()))?;
    let sources = args.reports.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let mut matrix = join(sources)?;
    matrix.label(args.print.title.as_deref(), args.print.link.as_deref());
    let changes = baseline.map(|baseline| changes(&baseline.matrix, &matrix));
    let view = View { matrix: &matrix, is_shard: false, changes, whole: &as_it_is };
    print_and_write(&view, args.print.format, &outputs)?;
    Ok(view.status())
}
