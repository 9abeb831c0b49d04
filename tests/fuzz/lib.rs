//! Bodies of the fuzz targets: functions that receive arbitrary bytes and must not panic.
//!
//! Most functions also check that a value that was read can be written and read back as the same
//! value. The test `corpus` calls each function with the files of its corpus, and needs no nightly
//! compiler.

// The command is no library, so this crate compiles the fuzzed modules of the command a second
// time.
#[path = "../../harness/command/src/document/mod.rs"]
mod document;
#[path = "../../harness/command/src/error.rs"]
mod error;
#[path = "../../harness/command/src/values.rs"]
mod values;

/// Modules of the command that read matrix files.
#[path = ""]
mod matrix {
    #[path = "../../harness/command/src/matrix/file.rs"]
    pub(crate) mod file;
    #[path = "../../harness/command/src/matrix/row.rs"]
    mod row;
}

/// Modules of the command that read reports.
#[path = ""]
mod table {
    #[path = "../../harness/command/src/table/matrix.rs"]
    pub(crate) mod matrix;
    #[path = "../../harness/command/src/table/read.rs"]
    pub(crate) mod read;
}

/// Modules of the command that run cases.
#[path = ""]
mod run {
    #[path = "../../harness/command/src/run/core_file.rs"]
    pub(crate) mod core_file;
}

#[path = "../../harness/src/zygote_messages.rs"]
#[expect(dead_code, reason = "the fuzz targets read only messages")]
mod zygote_messages;

use std::io::Write as _;

use tempfile::NamedTempFile;
use testprog_harness::protocol;
use testprog_harness::{Program, Signal, text as texts};

/// Type of a function that is the body of a fuzz target.
pub type Target = fn(&[u8]);

/// All fuzz targets, each with its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("listing", listing),
    ("facts", facts),
    ("report", report),
    ("matrix_file", matrix_file),
    ("values", values),
    ("text", text),
    ("core_file", core_file),
    ("zygote", zygote),
];

/// Reads the bytes as a listing of cases.
///
/// # Panics
///
/// Panics if the cases, written as a listing, are read back as different cases.
pub fn listing(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match protocol::parse_listing(&text) {
        Ok(cases) => {
            let again = protocol::listing(&cases);
            assert_eq!(protocol::parse_listing(&again).as_ref(), Ok(&cases), "{again}");
        }
        Err(error) => assert!(error.to_string().len() < 4096),
    }
}

/// Reads the bytes as the facts about a target (`--about`), and as a `SKIP` answer.
///
/// # Panics
///
/// Panics if the facts, written as text, are read back as different facts.
pub fn facts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(facts) = protocol::parse_about(&text) {
        let given: Vec<_> = facts.iter().map(|(name, fact)| (&**name, fact.clone())).collect();
        assert_eq!(protocol::parse_about(&protocol::about(&given)), Some(facts));
    }
    let _ = protocol::parse_skip(&text);
}

/// Reads the bytes as a JSON report of any schema.
///
/// # Panics
///
/// Panics if the report, written as JSON, is read back as a different report.
pub fn report(data: &[u8]) {
    let Ok((matrix, _)) = table::read::parse(data, "stem") else { return };
    let mut written = Vec::new();
    document::write(&matrix, &mut written).expect("memory can be written");
    let (again, _) = table::read::parse(&written, "stem").expect("a written report can be read");
    let value = |matrix| serde_json::to_value(matrix).expect("a report is JSON");
    assert_eq!(value(again), value(matrix));
}

/// Reads the bytes as a matrix file.
///
/// # Panics
///
/// Panics if the error message has more than one line.
pub fn matrix_file(data: &[u8]) {
    if let Err(error) = matrix::file::read(file(data).path()) {
        assert_eq!(error.message.lines().count(), 1, "{}", error.message);
    }
}

/// Reads the bytes as the values of several command-line flags.
///
/// # Panics
///
/// Panics if a value, written as text, is read back as a different value.
pub fn values(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(shard) = text.parse::<values::Shard>() {
        assert_eq!(shard.to_string().parse(), Ok(shard));
        let _ = shard.holds(&text);
    }
    if let Ok(duration) = values::duration(&text) {
        let again = humantime::format_duration(duration).to_string();
        assert_eq!(values::duration(&again), Ok(duration), "{again}");
        let _ = texts::seconds(duration);
    }
    if let Ok((limit, amount)) = values::limit(&text) {
        assert_eq!(values::limit(&format!("{limit}={amount}")), Ok((limit, amount)));
    }
    let _ = text.parse::<values::FileOutput<values::Format>>();
}

/// Escapes a text for a terminal, and quotes it for a shell.
///
/// # Panics
///
/// Panics if the escaped text contains a control character, or if a shell would read the quoted
/// text as a different text.
pub fn text(data: &[u8]) {
    let escaped = texts::escape(data);
    assert!(!escaped.chars().any(|c| c.is_control() && c != '\t' && c != '\n'), "{escaped:?}");
    let text = String::from_utf8_lossy(data);
    assert!(!texts::one_line(&text).contains('\n'));
    let words = shell_words::split(&Program::new("p").command_line(&text));
    assert_eq!(words, Ok(vec!["p".to_owned(), text.into_owned()]));
}

/// Reads the bytes as a core file, and searches the core file for the signal that killed the
/// process.
pub fn core_file(data: &[u8]) {
    let _ = run::core_file::fault(file(data).path(), Signal::Segv);
}

/// Reads the bytes as a zygote's message about how a fork ended.
///
/// # Panics
///
/// Panics if the message, written as text, is read back as a different message.
pub fn zygote(data: &[u8]) {
    if let Ok(ended) = String::from_utf8_lossy(data).parse::<zygote_messages::ForkExit>() {
        assert_eq!(ended.to_string().parse(), Ok(ended));
    }
}

/// Returns a temporary file that contains `data`.
fn file(data: &[u8]) -> NamedTempFile {
    let file = NamedTempFile::new().and_then(|mut file| file.write_all(data).map(|()| file));
    file.expect("the directory for temporary files can be written")
}
