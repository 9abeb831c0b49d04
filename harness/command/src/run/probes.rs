//! What probes found before the cases of a run were started.

use serde::Serialize;

/// What came of one probe.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Probe {
    /// The capability, by the file's name; of the platform table, if that has one of this name.
    pub(crate) name: String,
    pub(crate) state: State,
    /// What the probe printed about it, such as a size.
    pub(crate) value: Option<String>,
    /// Why the capability is not present; empty where it is.
    pub(crate) reason: String,
    /// What the platform table says, where it knows the capability.
    pub(crate) table: Option<Table>,
}

/// How far a probe came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Present,
    /// Its headers cannot be included.
    MissingHeader,
    /// They can, but do not declare what it uses.
    NotDeclared,
    DoesNotLink,
    /// It is there, and does not do what it should.
    RunsWrong,
    /// The compiler or the runner command failed.
    Unresolved,
}

/// What the platform table says about a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Table {
    /// Why the target lacks it; `null` where it does not.
    pub(crate) missing: Option<&'static str>,
    /// Whether the probe found the same; `null` where it found something that is there and wrong, or nothing.
    pub(crate) agrees: Option<bool>,
}

impl State {
    /// Returns it as a person reads it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::MissingHeader => "missing header",
            Self::NotDeclared => "not declared",
            Self::DoesNotLink => "does not link",
            Self::RunsWrong => "runs wrong",
            Self::Unresolved => "unresolved",
        }
    }

    /// Returns whether a program can use the capability, be it right or wrong; `None` where that is not known.
    pub(crate) fn is_there(self) -> Option<bool> {
        match self {
            Self::Present | Self::RunsWrong => Some(true),
            Self::MissingHeader | Self::NotDeclared | Self::DoesNotLink => Some(false),
            Self::Unresolved => None,
        }
    }
}

impl Probe {
    /// Returns why a program cannot use the capability, or `None` where it can, or where that is not known.
    pub(crate) fn lack(&self) -> Option<String> {
        (self.state.is_there() == Some(false))
            .then(|| format!("{} ({})", self.state.word(), self.reason))
    }
}
