//! Logs of a port: shell scripts with the commands that the port ran, in the folder `logs`.
//!
//! The commands of one log run one after another, so the output of a command follows the command.
//! A command is written to its log before it starts, so that the log is complete even if the port
//! is killed while the command runs.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, iter};

use testprog_harness::spawn::{End, Outcome, Output};
use testprog_harness::suite::Trial;
use testprog_harness::{Case, Program, text};

use crate::run::plan::Observer;

/// Folder of the logs.
#[derive(Clone, Debug)]
pub(crate) struct Logs(PathBuf);

impl Observer for Logs {
    fn starts(&self, case: &Case, command: &str) {
        self.of_case(&case.name).command(command);
    }

    fn ended(&self, case: &Case, trial: &Trial) {
        let result = match (&trial.outcome, &trial.error) {
            (Some(outcome), _) => Ok(outcome),
            (None, Some(error)) => Err(error as &dyn Display),
            (None, None) => return,
        };
        self.of_case(&case.name).result(result);
    }

    fn log(&self, case: &Case) -> String {
        path(&format!("case-{}", case.name))
    }
}

/// Returns the path of a log in the directory of a port.
pub(crate) fn path(name: &str) -> String {
    format!("{FOLDER}/{name}.log")
}

/// Name of the folder with the logs.
const FOLDER: &str = "logs";

/// Log of one subject, such as a probe or a case.
#[derive(Clone, Debug)]
pub(crate) struct Log(PathBuf);

impl Logs {
    /// Returns the folder of the logs in the directory of a port.
    pub(crate) fn new(directory: &Path) -> Self {
        Self(directory.join(FOLDER))
    }

    /// Removes the logs of an earlier run, and creates the folder.
    pub(crate) fn begin(&self) {
        // The results of a port do not depend on its logs, so this module ignores errors of writing
        // logs.
        let _ = fs::remove_dir_all(&self.0);
        let _ = fs::create_dir_all(&self.0);
    }

    /// Returns the log of the subject `name`, such as `probe-clock` or `case-segv_in_c`.
    pub(crate) fn of(&self, name: &str) -> Log {
        Log(self.0.join(name).with_extension("log"))
    }

    /// Returns the log of a C file that several cases share, or that belongs to no case.
    pub(crate) fn of_source(&self, source: &str) -> Log {
        self.of(&format!("source-{}", source.trim_end_matches(".c").replace('/', "-")))
    }

    pub(crate) fn of_case(&self, case: &str) -> Log {
        self.of(&format!("case-{case}"))
    }
}

impl Log {
    /// Writes a command, which is about to start. The caller has quoted the command for a shell.
    pub(crate) fn command(&self, command: &str) {
        let first = if self.0.exists() { String::new() } else { in_here("\n") };
        self.write(&format!("{first}{command}\n"));
    }

    /// Writes how the last command ended, and what the command printed. If the command before was
    /// the same and had the same result, only counts the last command.
    pub(crate) fn result(&self, result: Result<&Outcome, &dyn Display>) {
        let text = match result {
            Ok(outcome) => {
                let of_stream = |name: &str, output: &Output| {
                    let title = (!output.is_empty()).then(|| format!("# {name}:\n"));
                    let lines = lines(output).map(|line| format!("#   {line}\n"));
                    title.into_iter().chain(lines).collect::<String>()
                };
                let [stdout, stderr] = [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)]
                    .map(|(name, output)| of_stream(name, output));
                let (end, wall) = (end(outcome), text::seconds(outcome.wall));
                let result = format!("{stdout}{stderr}# {end}{AFTER}");
                if self.count(&result) {
                    return;
                }
                format!("{result}{wall}\n")
            }
            Err(cause) => format!("# {}\n", text::one_line(&cause.to_string())),
        };
        self.write(&text);
    }

    /// If the last two commands are the same and the first of them had this result, replaces the
    /// last command by a count, and returns true.
    fn count(&self, result: &str) -> bool {
        let counted = fs::read_to_string(&self.0).ok().and_then(|text| counted(&text, result));
        counted.is_some_and(|text| fs::write(&self.0, text).is_ok())
    }

    fn write(&self, text: &str) {
        let file = File::options().append(true).create(true).open(&self.0);
        let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
    }
}

/// Text between the end of a command and the time that the command took.
const AFTER: &str = " after ";

/// Beginning of the line that counts runs instead of repeating them.
const FURTHER: &str = "# further runs with the same result: ";

/// Returns a log whose last command is replaced by a count, or `None` if the command before differs
/// or had another result.
fn counted(log: &str, result: &str) -> Option<String> {
    let (before, command) = log.strip_suffix('\n')?.rsplit_once('\n')?;
    let of_count = before.rsplit_once('\n').and_then(|(before, last)| {
        Some((before, last.strip_prefix(FURTHER)?.parse::<u32>().ok()?))
    });
    let (before, count) = of_count.unwrap_or((before, 0));
    let (earlier, wall) = before.rsplit_once(AFTER)?;
    let is_same = !wall.contains('\n')
        && format!("{earlier}{AFTER}").ends_with(&format!("\n{command}\n{result}"));
    is_same.then(|| format!("{before}\n{FURTHER}{}\n", count + 1))
}

/// Returns the command line of a program, quoted for a shell, which runs in the current directory
/// of the port. A compiler needs this directory to find the files of relative paths in its flags.
pub(crate) fn command_from_here(program: &Program, argument: &str) -> String {
    in_here(" && ") + &program.command_line(argument)
}

/// Returns a command that enters the current directory, followed by `separator`, or an empty text
/// if the system has no name for the directory.
fn in_here(separator: &str) -> String {
    let here = env::current_dir().unwrap_or_default();
    let here = here.to_string_lossy();
    if here.is_empty() {
        return String::new();
    }
    format!("cd {}{separator}", shell_words::quote(&here))
}

/// Returns the lines of a command's output without control characters.
fn lines(output: &Output) -> impl Iterator<Item = String> + '_ {
    let of = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().map(text::one_line).collect::<Vec<_>>()
    };
    let dropped = (output.dropped > 0).then(|| format!("[{} bytes dropped]", output.dropped));
    let whole = iter::once_with(move || match (&dropped, output.whole()) {
        (None, Some(whole)) => of(&whole),
        _ => [of(&output.head), dropped.into_iter().collect(), of(&output.tail)].concat(),
    });
    whole.flatten()
}

/// Returns how a command ended.
pub(crate) fn end(outcome: &Outcome) -> String {
    match outcome.end {
        End::Exited(status) => format!("exited with status {status}"),
        End::Signaled { signal, .. } => format!("died of {signal}"),
        End::TimedOut => "ended by the runner at its deadline".to_owned(),
        ref other => format!("ended in an unknown way: {other:?}"),
    }
}

/// Returns a printed line without control characters, cut to a maximum length.
pub(super) fn short(line: &str) -> String {
    /// Number of characters after which a printed line is cut. The lines that the probes in
    /// `csrc/probe` print are shorter than this limit.
    const LONGEST: usize = 256;
    text::one_line(&line.chars().take(LONGEST).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_with_the_same_result_are_counted() {
        let result = "# stdout:\n#   held\n# exited with status 0 after ";
        let mut log =
            format!("cd /\ncc a.c\n# exited with status 0 after 1 s\n/a b\n{result}2 s\n");
        for count in 1..3 {
            log = counted(&format!("{log}/a b\n"), result).expect("the run is the same");
            assert!(log.ends_with(&format!("{result}2 s\n{FURTHER}{count}\n")), "{log}");
        }
        for (command, result) in
            [("/a c", result), ("/a b", "# exited with status 0 after "), ("/a b", "# died after ")]
        {
            assert_eq!(counted(&format!("{log}{command}\n"), result), None, "{command} {result}");
        }
        assert_eq!(counted("cd /\n/a b\n", result), None);
    }
}
