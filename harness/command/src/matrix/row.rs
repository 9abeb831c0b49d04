//! A row: what it runs, how that is built, and what it needs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::{env, time};

use serde::{Deserialize, Deserializer, de};
use testprog_harness::Target;

use crate::args;

/// A target and a build, or an executable: one row of the table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) target: Option<String>,
    pub(super) toolchain: Option<String>,
    pub(super) build_std: bool,
    pub(super) bin: Option<String>,
    pub(super) test: Option<String>,
    pub(super) package: Option<String>,
    pub(super) features: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) panic: Option<Panic>,
    pub(super) crt: Option<Crt>,
    pub(super) linker: Option<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) build_deadline: Option<Duration>,

    pub(super) prog: Option<PathBuf>,

    pub(super) cc: Option<Words>,
    pub(super) cflags: Option<String>,
    pub(super) ldflags: Option<String>,

    pub(super) report: Option<Words>,
    pub(super) report_deadline: Option<Duration>,

    pub(super) runner: Option<Words>,
    pub(super) may_lack: Option<Vec<String>>,
    pub(super) deadline: Option<Duration>,
    /// The commands that must be there, each with the package that has it, or with a whole command that installs it.
    pub(super) needs: BTreeMap<String, String>,
    pub(super) allow_missing_tools: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Panic {
    Unwind,
    Abort,
}

/// How the C runtime is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Crt {
    Static,
    Dynamic,
}

/// A number with a unit, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Duration(pub(super) time::Duration);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        args::duration(&text).map(Self).map_err(de::Error::custom)
    }
}

/// A command line, split as a shell does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        match shell_words::split(&text) {
            Err(error) => Err(de::Error::custom(error)),
            Ok(words) if words.is_empty() => Err(de::Error::custom("there is no command in it")),
            Ok(words) => Ok(Self(words)),
        }
    }
}

impl Row {
    /// Returns the name of a row that has been given none: what it runs, and the build where that is said.
    pub(super) fn own_name(&self) -> String {
        if let Some(path) = &self.prog {
            return path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        if let Some(Words(words)) = self.cc.as_ref().or(self.report.as_ref()) {
            return shell_words::join(words);
        }
        let mut words = vec![self.triple().to_owned()];
        words.extend(self.profile.clone());
        words.extend(match self.panic {
            Some(Panic::Abort) => Some("panic=abort".to_owned()),
            Some(Panic::Unwind) | None => None,
        });
        words.extend(self.crt.map(|crt| crt.name().to_owned()));
        words.join(" ")
    }

    pub(super) fn triple(&self) -> &str {
        self.target.as_deref().unwrap_or(Target::TRIPLE)
    }

    /// Returns the value of a variable in the environment of the row's build.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        self.env.get(name).map(OsString::from).or_else(|| env::var_os(name))
    }
}

impl Panic {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unwind => "unwind",
            Self::Abort => "abort",
        }
    }
}

impl Crt {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
        }
    }
}
