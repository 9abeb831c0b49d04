//! Value types of the command line and of matrix files, and how each is parsed from text.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use std::{env, fmt};

use clap::ValueEnum;
use testprog_harness::spawn::Limit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for a terminal
    Human,
    /// One JSON document, which `merge` and `compare` read
    Json,
    #[value(help = "JUnit XML, which most CI systems show")]
    Junit,
    /// Test Anything Protocol, version 13
    Tap,
    /// GitHub Actions annotations, and a summary in the file that `GITHUB_STEP_SUMMARY` names
    Github,
    /// A Markdown table
    Markdown,
    /// A self-contained HTML page
    Html,
}

/// Format of a table of several runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// Text for a terminal
    Human,
    /// One JSON document, which `merge` and `compare` read
    Json,
    /// A Markdown table, short enough for a GitHub step summary (1 MiB)
    Markdown,
    /// A self-contained HTML page
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChangesFormat {
    /// Text for a terminal
    Human,
    /// One JSON document
    Json,
    /// A Markdown table
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Text for a terminal
    Human,
    /// One JSON document
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DebuggerName {
    /// The first of gdb and lldb that is installed; without either, reports have no backtraces
    Auto,
    Gdb,
    Lldb,
}

/// How a runner command passes on the exit status of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusOfRunner {
    /// The command ends as the program does: with the same status, or by the same signal
    Exact,
    /// The command exits with the status that a shell would report: 128 + N for signal N
    Shell,
    /// The last line that the command prints is `status: N`, with the status of a shell
    Line,
    /// The command does not pass on the status
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Core {
    /// Keep no core file
    Off,
    /// Keep the core file of each failed case that crashed
    Keep,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    /// Use colors if the output is a terminal and `NO_COLOR` is not set
    Auto,
    Always,
    Never,
}

/// A report to write to a file: the value of `-o FORMAT=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileOutput<F> {
    pub(crate) format: F,
    pub(crate) path: PathBuf,
}

impl<F: ValueEnum> FromStr for FileOutput<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || "expected FORMAT=FILE, such as json=report.json".to_owned();
        let (format, path) = text.split_once('=').ok_or_else(bad)?;
        let format = F::from_str(format, false).map_err(|_| {
            let names = F::value_variants().iter().filter_map(F::to_possible_value);
            let names: Vec<_> = names.map(|value| value.get_name().to_owned()).collect();
            format!("unknown format; the formats are {}", names.join(", "))
        })?;
        if path.is_empty() { Err(bad()) } else { Ok(Self { format, path: path.into() }) }
    }
}

/// One shard of a run: the value `2/5` of `--shard` means the second of five shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// Number of this shard, from 1 to `total`.
    pub(crate) index: u32,
    pub(crate) total: u32,
}

impl Shard {
    /// Returns whether the case named `name` belongs to this shard.
    ///
    /// The shard depends on the name alone, so an added case moves no other case to another shard.
    pub(crate) fn holds(self, name: &str) -> bool {
        fnv1a(name.as_bytes()) % u64::from(self.total) == u64::from(self.index - 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once('/')
            .and_then(|(index, total)| Some((index.parse().ok()?, total.parse().ok()?)))
            .filter(|(index, total)| (1..=*total).contains(index))
            .map(|(index, total)| Self { index, total })
            .ok_or_else(|| "expected K/N, such as 2/5 for the second of five shards".to_owned())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.total)
    }
}

/// Returns the 64-bit FNV-1a hash of `bytes`.
///
/// The function is written in full in this crate, so that its results never change: two computers,
/// or two versions of this command, must put a case into the same shard.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("must be longer than 0".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; expected something like 500ms, 5s or 2m")),
    }
}

/// Parses a web address.
pub(crate) fn web_address(text: &str) -> Result<String, String> {
    let is_web = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    let is_word = !text.contains(char::is_whitespace);
    if is_web && is_word {
        Ok(text.to_owned())
    } else {
        Err("expected an address that begins with `https://` or `http://`".to_owned())
    }
}

/// Parses a factor for deadlines.
pub(crate) fn scale(text: &str) -> Result<f64, String> {
    let scale: Option<f64> = text.parse().ok();
    let is_scale = |scale: &f64| scale.is_finite() && *scale > 0.0;
    scale.filter(is_scale).ok_or_else(|| "expected a number above 0, such as 10 or 0.5".to_owned())
}

/// Environment variable for the children. The value is `None` if this command's environment does
/// not have the variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: Option<OsString>,
}

/// Parses `NAME=VALUE` or `NAME`.
pub(crate) fn variable(text: &str) -> Result<Variable, String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.into())),
        None => (text, env::var_os(text)),
    };
    if name.is_empty() {
        return Err("expected NAME=VALUE or NAME".to_owned());
    }
    // No shell can set a variable with such a name.
    if value.is_none() && name.contains(|c: char| c == ',' || c.is_whitespace()) {
        return Err(format!("expected NAME=VALUE or NAME; {ONE_VALUE}"));
    }
    Ok(Variable { name: name.to_owned(), value })
}

/// Hint for a value that seems to be a list.
const ONE_VALUE: &str = "for several values, repeat the flag";

pub(crate) fn limit(text: &str) -> Result<(Limit, u64), String> {
    let (name, amount) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let limit = Limit::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Limit::NAMED.iter().map(|(_, name)| *name).collect();
        format!("unknown limit; the limits are {}", names.join(", "))
    })?;
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)];
    let (number, shift) = units
        .iter()
        .find_map(|(unit, shift)| Some((amount.strip_suffix(unit)?, *shift)))
        .expect("every text ends with the empty text");
    let number: Option<u64> = number.parse().ok();
    let value = number.and_then(|number| number.checked_mul(1 << shift));
    let bad = || {
        let cause = format!("`{amount}` is not an amount; expected something like 64 or 16MiB");
        if amount.contains('=') { format!("{cause}; {ONE_VALUE}") } else { cause }
    };
    Ok((limit, value.ok_or_else(bad)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_its_own_value_or_that_of_this_process() {
        let given = |name: &str, value: &str| {
            Ok(Variable { name: name.to_owned(), value: Some(value.into()) })
        };
        assert_eq!(variable("A=b=c"), given("A", "b=c"));
        assert_eq!(variable("A="), given("A", ""));
        assert_eq!(variable("A B=1 2"), given("A B", "1 2"));
        for list in ["A,B", "A B"] {
            let error = variable(list).unwrap_err();
            assert_eq!(error, "expected NAME=VALUE or NAME; for several values, repeat the flag");
        }
        let path = Variable { name: "PATH".to_owned(), value: env::var_os("PATH") };
        assert_eq!(variable("PATH"), Ok(path));
        assert_eq!(variable("IT_IS_NOT_SET").map(|variable| variable.value), Ok(None));
        assert!(variable("=a").is_err() && variable("").is_err());
    }

    #[test]
    fn a_limit_has_a_name_and_a_size() {
        assert_eq!(limit("open-files=64"), Ok((Limit::OpenFiles, 64)));
        assert_eq!(limit("address-space=2GiB"), Ok((Limit::AddressSpace, 2 << 30)));
        for bad in
            ["open-files", "files=1", "core=", "core=x", "core=1TB", "core=99999999999999GiB"]
        {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_duration_has_a_unit_and_a_length() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("5").is_err() && duration("0s").is_err() && duration("soon").is_err());
    }

    #[test]
    fn a_scale_is_a_number_above_0() {
        assert_eq!((scale("10"), scale("0.5")), (Ok(10.0), Ok(0.5)));
        assert!(["", "0", "-1", "inf", "NaN", "ten"].iter().all(|text| scale(text).is_err()));
    }

    #[test]
    fn an_output_is_a_format_and_a_file() {
        let expected = FileOutput { format: Format::Junit, path: "a=b.xml".into() };
        assert_eq!("junit=a=b.xml".parse(), Ok(expected));
        for text in ["", "junit", "junit=", "=a", "xml=a", "JUNIT=a"] {
            assert!(text.parse::<FileOutput<Format>>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        // The expected hashes are from test_fnv.c by the authors of FNV.
        for (text, hash) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("b", 0xaf63_df4c_8601_f1a5),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(fnv1a(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn every_name_is_in_one_shard_and_all_shards_have_some() {
        let names: Vec<_> = (0..1000).map(|number| format!("case_{number}")).collect();
        for total in 1..=7 {
            let counts: Vec<_> = (1..=total)
                .map(|index| Shard { index, total })
                .map(|shard| names.iter().filter(|name| shard.holds(name)).count())
                .collect();
            assert_eq!(counts.iter().sum::<usize>(), names.len());
            let fair = names.len() / counts.len();
            assert!(counts.iter().all(|count| (fair / 2..fair * 2).contains(count)), "{counts:?}");
        }
    }

    #[test]
    fn a_shard_is_k_of_n_and_k_counts_from_1() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, total: 5 }));
        assert_eq!(Shard { index: 2, total: 5 }.to_string(), "2/5");
        for text in ["", "2", "0/5", "6/5", "0/0", "1/0", "-1/5", "a/b", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_a_parser(text in any::<String>(), number in any::<u128>()) {
            for text in [&*text, &format!("{number}"), &format!("{number}{text}"), &format!("{number}y")] {
                let _ = duration(text);
                let _ = limit(&format!("core={text}"));
                let _ = text.parse::<Shard>();
                let _ = format!("{text}/{text}").parse::<Shard>();
                let _ = text.parse::<FileOutput<Format>>();
            }
        }

        #[test]
        fn every_duration_is_read_back(seconds in any::<u32>(), nanos in 1..1_000_000_000_u32) {
            let given = Duration::new(seconds.into(), nanos);
            prop_assert_eq!(duration(&humantime::format_duration(given).to_string()), Ok(given));
        }

        #[test]
        fn every_limit_is_read_back(named in select(Limit::NAMED), amount in any::<u64>()) {
            let (given, name) = named;
            prop_assert_eq!(limit(&format!("{name}={amount}")), Ok((given, amount)));
            let (mib, fits) = (format!("{name}={amount}MiB"), amount.checked_mul(1 << 20));
            prop_assert_eq!(limit(&mib).ok(), fits.map(|bytes| (given, bytes)));
        }

        #[test]
        fn every_shard_is_read_back_and_one_holds_a_name(total in 1..50_u32, name in any::<String>()) {
            let shards = (1..=total).map(|index| Shard { index, total });
            for shard in shards.clone() {
                prop_assert_eq!(shard.to_string().parse(), Ok(shard));
            }
            prop_assert_eq!(shards.filter(|shard| shard.holds(&name)).count(), 1);
        }
    }
}
