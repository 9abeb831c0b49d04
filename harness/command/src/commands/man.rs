//! `cargo testprog man`: writes the manual pages of the command and of its subcommands.

use clap::CommandFactory as _;

use crate::args::{Cli, ManArgs};
use crate::error::{Error, SUCCESS};

pub(crate) fn man(args: &ManArgs) -> Result<u8, Error> {
    clap_mangen::generate_to(Cli::command(), &args.directory).map_err(|error| {
        let directory = args.directory.display();
        Error::usage(format!("failed to write manual pages to `{directory}`: {error}"))
    })?;
    Ok(SUCCESS)
}
