//! Reads a matrix file (TOML). Each error message is one line that contains the line number in the
//! matrix file.
//!
//! `docs/matrix.md` describes the file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::row::Row;
use crate::error::Error;

/// Default paths of the matrix file, in the order in which this command tries the paths.
const PLACES: &[&str] = &["matrix.toml", ".ci/matrix.toml"];

/// Content of a matrix file.
#[derive(Debug)]
pub(crate) struct File {
    /// Command that installs packages, without the packages' names, such as `apt-get install`.
    pub(crate) install: String,
    pub(crate) rows: Vec<Row>,
}

/// Returns the path of the matrix file: the path `named`, or the first path of [`PLACES`] that
/// exists.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf, Error> {
    let is_there = |place: &&&str| Path::new(place).exists();
    match (named, PLACES.iter().find(is_there)) {
        (Some(path), _) => Ok(path.to_owned()),
        (None, Some(place)) => Ok(place.into()),
        (None, None) => Err(Error::usage(format!(
            "failed to find `{}`: neither file exists; name a matrix file that ends in .toml",
            PLACES.join("` or `")
        ))),
    }
}

pub(crate) fn read(path: &Path) -> Result<File, Error> {
    let fail = |cause: &dyn fmt::Display| {
        Error::usage(format!("failed to read `{}`: {cause}", path.display()))
    };
    let text = fs::read_to_string(path).map_err(|error: io::Error| fail(&error))?;
    parse(&text).map_err(|Wrong { span, key, cause }| {
        let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
        let key = key.map(|key| format!("`{key}`: ")).unwrap_or_default();
        fail(&format!("line {line}: {key}{}", cause.replace('\n', " ")))
    })
}

/// An error in a matrix file, and the position of the error.
#[derive(Debug)]
struct Wrong {
    span: Range<usize>,
    key: Option<String>,
    cause: String,
}

impl Wrong {
    fn new(span: Range<usize>, key: Option<&str>, cause: impl Into<String>) -> Self {
        Self { span, key: key.map(str::to_owned), cause: cause.into() }
    }
}

/// The kinds of matrix rows: the key that selects the kind, and the other keys that the kind
/// allows.
///
/// A matrix row without any key that selects a kind is of the first kind, with the host as its
/// target.
const KINDS: &[(&str, &[&str])] = &[
    (
        "target",
        &[
            "toolchain",
            "build-std",
            "bin",
            "test",
            "package",
            "features",
            "profile",
            "panic",
            "crt",
            "linker",
            "env",
            "build-deadline",
            "runner",
            "may-lack",
        ],
    ),
    ("prog", &["runner", "may-lack"]),
    ("cc", &["cflags", "ldflags", "runner", "env", "report-deadline"]),
    ("report", &["env", "report-deadline", "may-lack"]),
    ("manifest", &["target", "runner", "env", "report-deadline", "may-lack"]),
];

/// Keys that every kind of matrix row allows.
const OF_ALL: &[&str] =
    &["name", "deadline", "deadline-scale", "xfail", "needs", "allow-missing-tools"];

fn parse(text: &str) -> Result<File, Wrong> {
    let at = |error: &toml::de::Error| error.span().unwrap_or(0..0);
    let mut root = DeTable::parse(text)
        .map_err(|error| Wrong::new(at(&error), None, error.message()))?
        .into_inner();
    let install = match root.remove("install") {
        None => "apt-get install".to_owned(),
        Some(value) => match value.as_ref().as_str() {
            Some(text) => text.to_owned(),
            None => return Err(Wrong::new(value.span(), Some("install"), "expected a string")),
        },
    };
    let defaults = match root.remove("defaults") {
        None => DeTable::new(),
        Some(value) => table(value, "defaults")?.into_inner(),
    };
    let is_own = |key: &str| key == "name" || KINDS.iter().any(|(name, _)| *name == key);
    let is_shared = |key: &str| !is_own(key) && KINDS.iter().any(|kind| fits(kind, key));
    if let Some(key) = defaults.keys().find(|key| !is_shared(key.as_ref())) {
        return Err(Wrong::new(
            key.span(),
            Some(key.as_ref()),
            "`[defaults]` cannot have this key",
        ));
    }
    let rows = match root.remove("row") {
        None => Vec::new(),
        Some(value) => {
            let span = value.span();
            match value.into_inner() {
                DeValue::Array(rows) => rows.into_iter().collect(),
                _ => {
                    return Err(Wrong::new(
                        span,
                        Some("row"),
                        "expected `[[row]]`, with two brackets",
                    ));
                }
            }
        }
    };
    if let Some(key) = root.keys().next() {
        let cause = "unknown key; a matrix file can have `install`, `[defaults]` and `[[row]]`";
        return Err(Wrong::new(key.span(), Some(key.as_ref()), cause));
    }
    if rows.is_empty() {
        return Err(Wrong::new(0..0, None, "the file has no [[row]]"));
    }
    let mut read: Vec<(Row, Range<usize>)> = Vec::new();
    for value in rows {
        let own = table(value, "row")?;
        let span = own.span();
        let name_span = own.as_ref().get("name").map_or(span.clone(), Spanned::span);
        let row = row(own, &defaults)?;
        if let Some((_, other)) = read.iter().find(|(other, _)| other.name == row.name) {
            let line = text[..other.start].matches('\n').count() + 1;
            let cause = format!("the row of line {line} already has the name `{}`", row.name);
            return Err(Wrong::new(name_span, Some("name"), cause));
        }
        read.push((row, name_span));
    }
    Ok(File { install, rows: read.into_iter().map(|(row, _)| row).collect() })
}

/// Returns whether a matrix row of this kind allows the key.
fn fits((name, keys): &(&str, &[&str]), key: &str) -> bool {
    *name == key || keys.contains(&key) || OF_ALL.contains(&key)
}

fn table<'a>(value: Spanned<DeValue<'a>>, key: &str) -> Result<Spanned<DeTable<'a>>, Wrong> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => Ok(Spanned::new(span, table)),
        _ => Err(Wrong::new(span, Some(key), "expected a table")),
    }
}

/// Reads a matrix row. Keys that the matrix row does not have are taken from `defaults`.
fn row<'a>(own: Spanned<DeTable<'a>>, defaults: &DeTable<'a>) -> Result<Row, Wrong> {
    let span = own.span();
    let mut table = own.into_inner();
    let kind = KINDS.iter().rfind(|(name, _)| table.contains_key(*name)).unwrap_or(&KINDS[0]);
    let of_another = |key: &str| !fits(kind, key) && KINDS.iter().any(|other| fits(other, key));
    if let Some(key) = table.keys().find(|key| of_another(key.as_ref())) {
        let cause = format!("a row with `{}` cannot have this key", kind.0);
        return Err(Wrong::new(key.span(), Some(key.as_ref()), cause));
    }
    if let (Some(_), Some(test)) = (table.get("bin"), table.get("test")) {
        return Err(Wrong::new(
            test.span(),
            Some("test"),
            "a row cannot have both `test` and `bin`",
        ));
    }
    for (key, value) in defaults.iter().filter(|(key, _)| fits(kind, key.as_ref())) {
        let is_child = |key: &str| key == "bin" || key == "test";
        if is_child(key.as_ref()) && table.keys().any(|key| is_child(key.as_ref())) {
            continue;
        }
        match table.get_mut(&**key.as_ref()).map(Spanned::as_mut) {
            None => drop(table.insert(key.clone(), value.clone())),
            Some(DeValue::Table(own)) => add(own, value.as_ref()),
            Some(_) => {}
        }
    }
    let from = toml::de::Deserializer::from(Spanned::new(span.clone(), table));
    let mut row: Row = serde_path_to_error::deserialize(from).map_err(|error| {
        let path = error.path().to_string();
        let key = (path != "." && path != "?").then_some(path);
        let error = error.into_inner();
        Wrong { span: error.span().unwrap_or(span), key, cause: error.message().to_owned() }
    })?;
    if row.name.is_empty() {
        row.name = row.own_name();
    }
    Ok(row)
}

/// Adds the entries that only the default table has to a matrix row's table.
fn add<'a>(own: &mut DeTable<'a>, value: &DeValue<'a>) {
    let DeValue::Table(defaults) = value else { return };
    for (key, value) in defaults {
        if !own.contains_key(&**key.as_ref()) {
            own.insert(key.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod properties {
    use std::fmt::Write as _;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Returns a text as a TOML string, which is a JSON string in which U+007F is escaped too.
    fn toml(text: &str) -> String {
        serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007f")
    }

    /// Returns a strategy for texts that consist of pieces of matrix files, of which the parser
    /// reads more than of a random text.
    fn almost_a_file() -> impl Strategy<Value = String> {
        let parts = [
            "[[row]]\n",
            "[row]\n",
            "[defaults]\n",
            "name = ",
            "target = ",
            "prog = ",
            "cc = ",
            "report = ",
            "manifest = ",
            "deadline = ",
            "needs = ",
            "may-lack = ",
            "xfail = ",
            "env = ",
            "\"x\"\n",
            "\"5s\"\n",
            "\"'\"\n",
            "[\"x\"]\n",
            "{ x = \"y\" }\n",
            "true\n",
            "1\n",
            "install = ",
            "# é\n",
        ];
        vec(select(parts.to_vec()), 0..20).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_the_parser(text in any::<String>(), almost in almost_a_file()) {
            for text in [&text, &almost] {
                if let Err(Wrong { span, .. }) = parse(text) {
                    // `read` counts the lines before the beginning of the error's span, so the
                    // beginning must be a character boundary.
                    prop_assert!(text.is_char_boundary(span.start.min(text.len())));
                }
            }
        }

        #[test]
        fn every_row_is_read_back(rows in btree_map(any::<String>(), (any::<String>(), 1..9_u32), 1..4)) {
            let rows: Vec<_> = rows.into_iter().filter(|(name, _)| !name.is_empty()).collect();
            prop_assume!(!rows.is_empty());
            let mut text = String::new();
            for (name, (prog, seconds)) in &rows {
                let (name, prog) = (toml(name), toml(prog));
                writeln!(text, "[[row]]\nname = {name}\nprog = {prog}\ndeadline = \"{seconds}s\"").unwrap();
            }
            let read = parse(&text).map_err(|wrong| TestCaseError::fail(wrong.cause))?.rows;
            prop_assert_eq!(read.len(), rows.len());
            for (row, (name, (prog, seconds))) in read.iter().zip(&rows) {
                prop_assert_eq!(&row.name, name);
                prop_assert_eq!(row.prog.as_deref(), Some(Path::new(prog)));
                let deadline = row.deadline.map(|deadline| deadline.0.as_secs());
                prop_assert_eq!(deadline, Some((*seconds).into()));
            }
        }
    }
}
