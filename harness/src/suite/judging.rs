//! Asks a program to judge an output, because only the program has the closure of the requirement.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, process};

use crate::protocol;
use crate::spawn::{self, End, Options, Outcome, Program};
use crate::text::{excerpt, seconds};
use crate::verdict::{self, Question};

/// Runs `program --judge NAME WORDS FILE`. FILE is a temporary file with the output of the scenario
/// `name`.
///
/// # Errors
///
/// Returns a one-line message if the program does not judge the output.
pub(super) fn ask(
    program: &Program,
    name: &str,
    question: &Question<'_>,
    scale: f64,
) -> Result<Result<(), String>, String> {
    let file = TemporaryFile::new(question.output)
        .map_err(|error| format!("failed to write a temporary file: {error}"))?;
    let args = [name.into(), question.words.into(), file.0.clone().into_os_string()];
    let deadline = scaled(Duration::from_secs(30), scale);
    let options = Options { args: Vec::<OsString>::from(args), deadline, ..Options::default() };
    let outcome = spawn::run(program, protocol::JUDGE_FLAG, &options)
        .map_err(|error| format!("failed to judge the output: {error}"))?;
    let flag = protocol::JUDGE_FLAG;
    let fail = |cause: String| Err(format!("failed to judge the output: {flag} {cause}"));
    match outcome.end {
        End::Exited(0) if outcome.stdout.whole().is_some_and(|all| protocol::is_ok(&all)) => {
            Ok(Ok(()))
        }
        End::Exited(status) if status == i32::from(protocol::DID_NOT_HOLD_STATUS) => {
            let explanation = [&*outcome.stderr.head, &*outcome.stderr.tail].concat();
            Ok(Err(String::from_utf8_lossy(&explanation).trim_end().to_owned()))
        }
        End::Exited(status) => fail(format!("ended with status {status}{}", saying(&outcome))),
        End::Signaled { signal, .. } => fail(format!("died of {signal}{}", saying(&outcome))),
        End::TimedOut => fail(format!("did not end within {}", seconds(deadline))),
    }
}

/// Multiplies a deadline by `scale`. If the product is too large for a [`Duration`], returns the
/// largest `Duration`.
pub(super) fn scaled(deadline: Duration, scale: f64) -> Duration {
    Duration::try_from_secs_f64(deadline.as_secs_f64() * scale).unwrap_or(Duration::MAX)
}

/// Returns the last words of a child, formatted as the end of an error message.
fn saying(outcome: &Outcome) -> String {
    match last_words(outcome) {
        said if said.is_empty() => said,
        said => format!(", saying: {said}"),
    }
}

/// Returns the message of a panic, or the last line of the child's standard error. After a panic,
/// the last line is only a note of the standard library.
pub(super) fn last_words(outcome: &Outcome) -> String {
    let text = [&*outcome.stderr.head, &*outcome.stderr.tail].concat();
    let text = String::from_utf8_lossy(&text);
    if let Some(message) = verdict::panic_message(&text) {
        return message;
    }
    text.trim_end().lines().last().map_or_else(String::new, excerpt)
}

/// File that is removed when this value is dropped.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    /// Creates a file with this content in the directory for temporary files.
    fn new(content: &[u8]) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("testprog-output-{}-{number}", process::id());
            let path = std::path::absolute(env::temp_dir())?.join(name);
            match spawn::private_file(&path) {
                Ok(mut file) => {
                    let at_path = Self(path);
                    return file.write_all(content).map(|()| at_path);
                }
                // A file of an earlier process with the same ID may be left.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // A file that cannot be removed does not change the verdict, so the error is ignored.
        let _ = fs::remove_file(&self.0);
    }
}
