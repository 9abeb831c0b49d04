//! The command `cargo testprog`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
