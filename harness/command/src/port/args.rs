//! What `cargo testprog port` can be asked.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::args::{Format, duration};
use crate::outputs::FileOutput;

#[derive(Args, Debug)]
pub(crate) struct PortArgs {
    /// The C compiler for the target, with its own arguments if it needs some, as in "zig cc -target riscv64-linux-musl"
    #[arg(long, value_name = "COMMAND")]
    pub(super) cc: String,
    /// Further arguments for compiling and for linking
    #[arg(long, value_name = "FLAGS", default_value = "", allow_hyphen_values = true)]
    pub(super) cflags: String,
    /// Further arguments for linking, after the objects, as in "-lpthread"
    #[arg(long, value_name = "FLAGS", default_value = "", allow_hyphen_values = true)]
    pub(super) ldflags: String,
    /// The command that executes a binary of the target, such as "qemu-aarch64-static -L /usr/aarch64-linux-gnu"; paths in
    /// it should be absolute
    #[arg(long, value_name = "COMMAND", default_value = "")]
    pub(super) runner: String,
    /// The target, by which the platform table is asked [default: what the compiler and the C library say]
    #[arg(long, value_name = "TRIPLE")]
    pub(super) target: Option<String>,
    /// What to call this port in reports, and where to build it [default: the compiler's name]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// An earlier JSON report of this port: tell what is new, fixed and worse, with status 1 only if something is worse
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Where to build; everything stays there [default: target/port/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// How long the compiler, a probe, or a case may run
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(super) deadline: Duration,
    /// How many of them run at once [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: Format,
    /// Also write a report of this format to this file, as in `json=report.json`; may be given several times
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    pub(super) outputs: Vec<FileOutput<Format>>,
}
