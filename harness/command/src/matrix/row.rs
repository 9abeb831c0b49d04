//! One row of a matrix file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::{env, time};

use serde::{Deserialize, Deserializer, de};
use testprog_harness::Target;

use crate::values;

/// A row of a matrix: a target to build for, an executable, a C compiler, a command that prints a
/// report, or a manifest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) target: Option<String>,
    pub(crate) toolchain: Option<String>,
    pub(crate) build_std: bool,
    pub(crate) bin: Option<String>,
    pub(crate) test: Option<String>,
    pub(crate) package: Option<String>,
    pub(crate) features: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) panic: Option<Panic>,
    pub(crate) crt: Option<Crt>,
    pub(crate) linker: Option<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) build_deadline: Option<Duration>,

    pub(crate) prog: Option<PathBuf>,

    pub(crate) cc: Option<Words>,
    pub(crate) cflags: Option<String>,
    pub(crate) ldflags: Option<String>,

    pub(crate) report: Option<Words>,
    pub(crate) report_deadline: Option<Duration>,

    pub(crate) manifest: Option<PathBuf>,

    pub(crate) runner: Option<Words>,
    pub(crate) may_lack: Option<Vec<String>>,
    pub(crate) xfail: Vec<String>,
    pub(crate) deadline: Option<Duration>,
    #[serde(deserialize_with = "scale")]
    pub(crate) deadline_scale: Option<f64>,
    /// Commands and files that the matrix row needs, each with the package to install or with a whole
    /// command that installs the needed command or file.
    pub(crate) needs: BTreeMap<String, String>,
    pub(crate) allow_missing_tools: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Panic {
    Unwind,
    Abort,
}

/// How the C runtime is linked: statically or dynamically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Crt {
    Static,
    Dynamic,
}

/// A duration with a unit, such as `5s`, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) time::Duration);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        values::duration(&text).map(Self).map_err(de::Error::custom)
    }
}

/// Reads a factor for deadlines, in the format of the option `--deadline-scale`.
fn scale<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let number = f64::deserialize(from)?;
    values::scale(&number.to_string()).map(Some).map_err(de::Error::custom)
}

/// A command that was split into words as a shell splits commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        match shell_words::split(&text) {
            Err(error) => Err(de::Error::custom(error)),
            Ok(words) if words.is_empty() => Err(de::Error::custom("the command is empty")),
            Ok(words) => Ok(Self(words)),
        }
    }
}

impl Row {
    /// Returns the name of a matrix row without the key `name`: its program or target, and its
    /// build.
    pub(crate) fn own_name(&self) -> String {
        if let Some(path) = &self.prog {
            return path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        if let Some(Words(words)) = self.cc.as_ref().or(self.report.as_ref()) {
            return shell_words::join(words);
        }
        if let Some(path) = &self.manifest {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let target = self.target.as_ref().map(|triple| format!(" {triple}"));
            return format!("{name}{}", target.unwrap_or_default());
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

    pub(crate) fn triple(&self) -> &str {
        self.target.as_deref().unwrap_or(Target::TRIPLE)
    }

    /// Returns the commands that the matrix row's keys name: the linker, the C compiler and the
    /// runner command.
    pub(super) fn tools(&self) -> impl Iterator<Item = &str> {
        let commands = [&self.cc, &self.runner].into_iter().flatten();
        self.linker.as_deref().into_iter().chain(commands.map(|Words(words)| &*words[0]))
    }

    /// Returns the value of a variable in the environment of the matrix row's build: the row's own
    /// value, or the runner's value.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        self.env.get(name).map(OsString::from).or_else(|| env::var_os(name))
    }
}

impl Panic {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unwind => "unwind",
            Self::Abort => "abort",
        }
    }
}

impl Crt {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
        }
    }
}
