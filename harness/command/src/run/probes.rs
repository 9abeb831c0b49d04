//! Results of the probes that `cargo testprog port` runs before the cases.

use serde::Serialize;

/// What `cargo testprog port` finds out before the cases run. Other subcommands find out nothing,
/// so the fields are empty.
#[derive(Debug, Default)]
pub(crate) struct Port {
    /// Results of the selected probes.
    pub(crate) probes: Vec<Probe>,
    /// Number of probes that the filter leaves out.
    pub(crate) left_out: usize,
    /// Measured values of the C library, each with its name. A value is `None` if the C library
    /// does not have the value. If the filter leaves out a probe, no value is measured.
    pub(crate) values: Vec<(String, Option<u64>)>,
    /// Crate that compares types with the crate `libc`. If the filter leaves out a probe, no type is
    /// compared.
    pub(crate) layout: Option<Layout>,
    /// Changes that the runner command makes, in words, if there are any.
    pub(crate) runner: Option<String>,
}

/// A written crate, which compares the types of a C library with the crate `libc`.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Number of sizes, alignments and offsets that the crate compares.
    pub(crate) count: usize,
    /// Shell command that compiles the crate.
    pub(crate) command: String,
}

/// Result of one probe: whether the C library has a capability.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Probe {
    /// Name of the capability, which is the name of the probe's file with `-` for `_`.
    pub(crate) name: String,
    /// Area of the C library, such as `threads`, which is the name of the folder that contains the
    /// probe's file.
    pub(crate) area: String,
    pub(crate) state: State,
    /// Detail that the probe printed about a present capability, such as a size.
    pub(crate) value: Option<String>,
    /// Reason why the capability is not present, or an empty text if the capability is present.
    pub(crate) reason: String,
    /// How the process ended after the probe had printed its last line, or `None` if the process
    /// exited with status 0. The end after the last line does not change the probe's state.
    pub(crate) after: Option<String>,
    /// Number of times that the probe ran.
    pub(crate) runs: u32,
    /// Number of runs in which all of the probe's checks held.
    pub(crate) held: u32,
    /// Entry of the platform table, if the table knows the capability.
    pub(crate) table: Option<Table>,
    /// Shell command that repeats the step that failed: a call of the compiler, or the run of the
    /// probe. `None` if no step failed, or if no command repeats the step.
    pub(crate) rerun: Option<String>,
    /// Lines of the human report about the backtrace, the core file and the kept directory of the
    /// first failed run, if they were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) evidence: Option<String>,
}

/// The stage at which a probe stopped: headers, declarations, linking, running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Present,
    /// A header that the probe includes is missing.
    MissingHeader,
    /// All headers can be included, but they do not declare what the probe uses.
    NotDeclared,
    DoesNotLink,
    /// The probe was built, but a check did not hold in each run, so the capability exists but
    /// behaves wrongly.
    RunsWrong,
    /// The probe failed, but a capability that the probe uses as a helper does not work, so the
    /// failure says nothing about the probed capability.
    NotAsked,
    /// The compiler failed, or the command that runs the target's programs (such as an emulator)
    /// failed, so the probe has no result.
    Unresolved,
    /// The run was interrupted before the probe ended.
    NotRun,
}

/// Entry of the platform table for a probed capability, compared with the probe's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Table {
    /// Why the target lacks the capability; `null` in JSON if the table says that the target has
    /// it.
    pub(crate) missing: Option<String>,
    /// Whether the platform table and the probe agree; `null` in JSON if the probe ran wrong, was
    /// not asked or has no result.
    pub(crate) agrees: Option<bool>,
}

impl State {
    /// Returns the state in the words of the human report.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::MissingHeader => "missing header",
            Self::NotDeclared => "not declared",
            Self::DoesNotLink => "does not link",
            Self::RunsWrong => "runs wrong",
            Self::NotAsked => "not asked",
            Self::Unresolved => "unresolved",
            Self::NotRun => "not run",
        }
    }

    /// Returns whether a program can use the capability, or `None` if the probe is unresolved or
    /// was not run.
    pub(crate) fn is_usable(self) -> Option<bool> {
        match self {
            Self::Present => Some(true),
            Self::MissingHeader
            | Self::NotDeclared
            | Self::DoesNotLink
            | Self::RunsWrong
            | Self::NotAsked => Some(false),
            Self::Unresolved | Self::NotRun => None,
        }
    }

    /// Returns whether the C library has the capability, or `None` if the probe ran wrong or has no
    /// result.
    pub(crate) fn is_there(self) -> Option<bool> {
        self.is_usable().filter(|_| !matches!(self, Self::RunsWrong | Self::NotAsked))
    }
}

impl Probe {
    /// Returns why a program cannot use the capability, or `None` if the program can use the
    /// capability or the probe is unresolved.
    pub(crate) fn lack(&self) -> Option<String> {
        (self.state.is_usable() == Some(false))
            .then(|| format!("{} ({})", self.state.word(), self.reason))
    }
}
