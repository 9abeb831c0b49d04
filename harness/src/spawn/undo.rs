//! Undoes what a runner command changes in a child's output and exit status.

use super::capture::Output;
use super::error::Error;
use super::outcome::{End, Outcome};
use super::program::Program;
use super::quirks::RunnerStatus;
use crate::signal::Signal;
use crate::text::excerpt;

/// Changes the outcome of the runner command of `program` into the outcome of the child. `signal`
/// converts a signal's number into the signal.
///
/// # Errors
///
/// Returns an error if the runner command did not print the status line that the program's quirks
/// require.
pub(super) fn undo(
    program: &Program,
    outcome: &mut Outcome,
    signal: fn(i32) -> Signal,
) -> Result<(), Error> {
    let quirks = program.quirks;
    if quirks.crlf {
        without_cr(&mut outcome.stdout);
        without_cr(&mut outcome.stderr);
    }
    if quirks.merges {
        // The child's output is in one of the two streams. The other stream can contain
        // messages of the runner command.
        let stdout = std::mem::take(&mut outcome.stdout);
        outcome.stdout = joined(std::mem::take(&mut outcome.stderr), stdout);
        outcome.merged = true;
    }
    let ended = outcome.end != End::TimedOut;
    match (quirks.status, outcome.end) {
        (RunnerStatus::Shell, End::Exited(status)) => outcome.end = of_shell(status, signal),
        (RunnerStatus::Line, _) if ended => {
            let status = take_status(&mut outcome.stdout)
                .or_else(|| take_status(&mut outcome.stderr))
                .ok_or_else(|| no_status(program, outcome))?;
            outcome.end = of_shell(status, signal);
        }
        (RunnerStatus::Lost, _) if ended => outcome.end = End::Exited(0),
        _ => {}
    }
    Ok(())
}

/// Returns the end of a process for which a shell reports `status`.
fn of_shell(status: i32, signal: fn(i32) -> Signal) -> End {
    /// Largest signal number on Linux, except on MIPS (signal(7)). A larger limit would turn the
    /// status 255, which `exit(-1)` reports, into a signal.
    const LAST_SIGNAL: i32 = 64;
    match status - 128 {
        number @ 1..=LAST_SIGNAL => End::Signaled { signal: signal(number), core: false },
        _ => End::Exited(status),
    }
}

/// Removes the status line from the end of `output`, and returns the status. The output before the
/// status line need not end with a line feed.
fn take_status(output: &mut Output) -> Option<i32> {
    const BEGINNING: &[u8] = b"status: ";
    // `tail` is empty if the whole output is in `head`. If the output is slightly longer, the
    // status line can be in both parts.
    if output.dropped == 0 {
        output.head.append(&mut output.tail);
    }
    let part = if output.tail.is_empty() { &mut output.head } else { &mut output.tail };
    let text = part.trim_ascii_end();
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, number) = text.split_at(text.len() - digits);
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    let rest = before.strip_suffix(BEGINNING)?.len();
    part.truncate(rest);
    Some(number)
}

fn no_status(program: &Program, outcome: &Outcome) -> Error {
    let printed = [&outcome.stdout, &outcome.stderr].map(|output| {
        let bytes = if output.tail.is_empty() { &output.head } else { &output.tail };
        String::from_utf8_lossy(bytes).into_owned()
    });
    let last = printed.iter().find_map(|text| text.lines().rfind(|line| !line.trim().is_empty()));
    let cause = match last {
        None => "the runner command printed nothing, and must print `status: N` last".to_owned(),
        Some(line) => format!(
            "the last line of the runner command is `{}` instead of `status: N`",
            excerpt(line)
        ),
    };
    Error::new("find the exit status of", &program.path, cause)
}

/// Returns the output `first`, followed by the output `second`.
fn joined(first: Output, second: Output) -> Output {
    if first.head.is_empty() {
        return second;
    }
    let head = [first.head, first.tail, second.head].concat();
    Output { head, tail: second.tail, dropped: first.dropped + second.dropped }
}

/// Replaces each CRLF by LF.
fn without_cr(output: &mut Output) {
    if output.dropped == 0 {
        output.head.append(&mut output.tail);
    }
    for part in [&mut output.head, &mut output.tail] {
        let is_kept = |index: &usize| part[*index] != b'\r' || part.get(index + 1) != Some(&b'\n');
        *part = (0..part.len()).filter(is_kept).map(|index| part[index]).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::quirks::RunnerQuirks;
    use super::*;

    /// Returns the outcome after [`undo`], or the message of the error.
    fn undone(
        quirks: RunnerQuirks,
        end: End,
        stdout: &str,
        stderr: &str,
    ) -> Result<(End, String, String), String> {
        let mut outcome = Outcome {
            end,
            stdout: Output::new(stdout, "", 0),
            stderr: Output::new(stderr, "", 0),
            merged: false,
            leaked: false,
            wall: Duration::ZERO,
            user: Duration::ZERO,
            system: Duration::ZERO,
            max_rss: 0,
            not_removed: None,
            not_killed: None,
            hang: None,
            backtrace: None,
            fault: None,
            artifacts: crate::spawn::Artifacts::default(),
        };
        let mut program = Program::new("p");
        program.quirks = quirks;
        let signal = |number| if number == 11 { Signal::Segv } else { Signal::Number(number) };
        undo(&program, &mut outcome, signal).map_err(|error| error.to_string())?;
        assert_eq!(outcome.merged, quirks.merges);
        let text = |output: &Output| {
            String::from_utf8(output.whole().expect("nothing was dropped")).expect("UTF-8")
        };
        Ok((outcome.end, text(&outcome.stdout), text(&outcome.stderr)))
    }

    fn with_status(status: RunnerStatus) -> RunnerQuirks {
        RunnerQuirks { status, ..RunnerQuirks::default() }
    }

    const SEGV: End = End::Signaled { signal: Signal::Segv, core: false };

    #[test]
    fn a_status_of_a_shell_is_a_signal() {
        let end = |status| {
            undone(with_status(RunnerStatus::Shell), End::Exited(status), "", "").map(|it| it.0)
        };
        assert_eq!(end(139), Ok(SEGV));
        for status in [0, 1, 42, 128, 193, 255] {
            assert_eq!(end(status), Ok(End::Exited(status)));
        }
    }

    #[test]
    fn the_last_line_of_either_stream_is_the_status() {
        let line = with_status(RunnerStatus::Line);
        for (stdout, end, left) in [
            ("OK\nstatus: 0\n", End::Exited(0), "OK\n"),
            ("called backstatus: 7\n\n", End::Exited(7), "called back"),
            ("status: 3\nstatus: 139", SEGV, "status: 3\n"),
        ] {
            assert_eq!(
                undone(line, End::Exited(1), stdout, "e"),
                Ok((end, left.into(), "e".into()))
            );
        }
        let of_stderr = undone(line, End::Exited(0), "OK\n", "status: 4\n");
        assert_eq!(of_stderr, Ok((End::Exited(4), "OK\n".into(), String::new())));
        let timeout = undone(line, End::TimedOut, "x", "");
        assert_eq!(timeout, Ok((End::TimedOut, "x".into(), String::new())));
        let error = undone(line, End::Exited(0), "OK\nstatus: x\n", "").unwrap_err();
        assert_eq!(
            error,
            "failed to find the exit status of `p`: the last line of the runner command is `status: x` instead of `status: N`"
        );
    }

    #[test]
    fn merged_streams_and_line_ends_are_undone() {
        let quirks = RunnerQuirks { merges: true, crlf: true, status: RunnerStatus::Lost };
        let undone = undone(quirks, SEGV, "check\r\nheld\r\n\r", "runner\r\n");
        let text = "runner\ncheck\nheld\n\r".to_owned();
        assert_eq!(undone, Ok((End::Exited(0), text, String::new())));
    }
}
