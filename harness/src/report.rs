//! Puts verdicts and failures into words. All texts about verdicts that users read come from this
//! module.

use std::env;
use std::fmt::Write as _;
use std::path::{self, Path};

use crate::expectation::{Alternative, Class, Ends, Expectation, Kind, Rule, Single};
use crate::limit::Limit;
use crate::protocol::{self, Case};
use crate::signal::Signal;
use crate::spawn::{Backtrace, End, Lines, Outcome, Output, Program, Subject};
use crate::status;
use crate::suite::{SetUp, Settings, Trial};
use crate::text::{one_line, quote, seconds, within_line};
use crate::verdict::{Failure, Inspected, Mismatch, Verdict};

/// Returns the word for a verdict, such as `PASS`.
pub fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass { .. } => "PASS",
        Verdict::Fail(_) => "FAIL",
        Verdict::Unsupported(_) => "UNSUPPORTED",
        Verdict::Leak => "LEAK",
        Verdict::Stale(_) => "STALE",
        Verdict::Xfail { .. } => "XFAIL",
        Verdict::Xpass { .. } => "XPASS",
        Verdict::Unresolved(_) => "UNRESOLVED",
    }
}

/// Returns the reason for a verdict as one line without a line feed. The reason is empty for a pass
/// whose expectation has no alternatives.
pub fn reason(verdict: &Verdict) -> String {
    reason_with(verdict, None)
}

/// Returns the reason for a verdict, including the child's own message about a failure.
fn reason_with(verdict: &Verdict, message: Option<&str>) -> String {
    let happened = |failure| happened(failure, message);
    let reason = match verdict {
        Verdict::Pass { alternative: None, .. } => String::new(),
        Verdict::Pass { alternative: Some(alternative), known: None } => alternative.clone(),
        Verdict::Pass { alternative: Some(alternative), known: Some(link) }
        | Verdict::Xfail { failure: Failure::KnownFault { alternative, link }, .. } => {
            format!("{alternative}, a known fault: {link}")
        }
        Verdict::Fail(failure) => happened(failure),
        Verdict::Unsupported(gate) => gate.to_string(),
        Verdict::Leak => {
            "a process that the child started still holds the child's output open".to_owned()
        }
        Verdict::Stale(gate) => format!("passes, though the platform table says {gate}"),
        Verdict::Xfail { failure, link: Some(link) } => {
            format!("{}, a known bug: {link}", happened(failure))
        }
        Verdict::Xfail { failure, link: None } => {
            format!("{}, as the run expects (--xfail)", happened(failure))
        }
        Verdict::Xpass { link: Some(link) } => {
            format!("passes, though a known bug is recorded: {link}")
        }
        Verdict::Xpass { link: None } => {
            "passes, though the run expects a failure (--xfail)".to_owned()
        }
        Verdict::Unresolved(cause) => cause.clone(),
    };
    // The reason is escaped, because many reasons contain a child's text, which may have line feeds
    // or escape sequences.
    one_line(&reason)
}

/// Returns the reason for the verdict on a trial as one line. The reason also reports that a
/// process still held the child's output open, whatever the verdict is.
pub fn trial_reason(trial: &Trial) -> String {
    let reason = reason_with(&trial.verdict, trial.message.as_deref());
    let leaked = trial.outcome.as_ref().is_some_and(|outcome| outcome.leaked);
    match (&trial.verdict, &*reason) {
        (Verdict::Leak, _) => reason,
        _ if !leaked => reason,
        (_, "") => LEAKED.to_owned(),
        (_, reason) => format!("{reason}; {LEAKED}"),
    }
}

const LEAKED: &str = "a process that the child started still holds the output open";

/// Describes a failure in words. `message` is the child's own message about the failure.
fn happened(failure: &Failure, message: Option<&str>) -> String {
    let message = message.map_or_else(String::new, |message| format!(": {message}"));
    match failure {
        Failure::TimedOut(limit) => format!("did not end within {}", seconds(*limit)),
        Failure::Exited(status) => {
            format!("exited with status {}{message}", status::in_words(*status))
        }
        Failure::Died(signal) => format!("died of {signal}{message}"),
        Failure::Survived => "survived and answered OK".to_owned(),
        Failure::NoAnswer => {
            format!("exited with status 0 without the answer OK{message}")
        }
        Failure::Silent(text) => format!("ended as expected, but did not print `{text}`"),
        Failure::Mismatch(Mismatch { stream, required, .. }) => {
            format!(
                "ended as expected, but its {stream} is wrong; the scenario requires output {required}"
            )
        }
        Failure::NoAlternative(failure) => match &**failure {
            Failure::Silent(_) | Failure::Mismatch(_) => {
                format!("{}, which the closest alternative requires", happened(failure, None))
            }
            _ => {
                format!("{}{message}, which is none of the expected ends", happened(failure, None))
            }
        },
        Failure::OtherThanKnown { failure, recorded, link } => format!(
            "{}{message}, but a known bug is recorded with another failure, {}: {link}",
            happened(failure, None),
            expected(recorded)
        ),
        Failure::Inspected(Inspected { command, failure, .. }) => {
            let failure = happened(failure, None);
            format!("ended as expected, but its inspection by `{command}` failed: {failure}")
        }
        Failure::Unstable { log } => format!("unstable: the runs differ, as {log} shows"),
        Failure::NeedlessSkip(gate) => {
            format!("skipped for a capability that the scenario does not need ({gate})")
        }
        Failure::Lacks(gate) => {
            let words: Vec<_> = gate.accepted_as().collect();
            format!(
                "skipped, but the accepted skips do not include `{}` ({gate})",
                words.join("`, `")
            )
        }
        Failure::KnownFault { alternative, link } => {
            format!("ended as `{alternative}`, a known fault, which --strict refuses: {link}")
        }
    }
}

/// Returns an expectation in words, as one line without control characters.
pub fn expected(expect: &Expectation) -> String {
    match expect.kind() {
        Kind::Single(single) => expected_single(single),
        Kind::OneOf(alternatives) => {
            let each = alternatives.iter().map(|Alternative { name, class, expect }| {
                let (name, expected) = (part(name), expected(expect));
                match class {
                    Class::Good => format!("{name} ({expected})"),
                    Class::Known { link } => format!("{name} ({expected}; known: {})", part(link)),
                }
            });
            format!("one of {}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

fn part(text: &str) -> String {
    within_line(text.as_bytes())
}

fn expected_single(single: &Single) -> String {
    let Single { ends, stdout, stderr } = single;
    let mut text = match ends {
        Ends::Answers => "status 0 and the answer OK".to_owned(),
        Ends::Signals(signals) => {
            let signals: Vec<_> = signals.iter().map(Signal::to_string).collect();
            format!("death by {}", signals.join(" or "))
        }
        Ends::Statuses(statuses) => format!("exit with status {statuses}"),
        Ends::Aborts => "an abort".to_owned(),
        Ends::Crashes => "a crash (neither success nor a status from 1 to 127)".to_owned(),
        Ends::Panics => "a panic".to_owned(),
        Ends::Hangs => "still running at the deadline".to_owned(),
        Ends::Any => "any end".to_owned(),
    };
    let stderr = stderr.iter().map(|rule| match rule {
        Rule::Contains(words) => format!(", printing `{}`", part(words)),
        rule => format!(", with standard error {}", in_words(rule)),
    });
    let stdout = stdout.iter().map(|rule| format!(", with standard output {}", in_words(rule)));
    text.extend(stderr.chain(stdout));
    text
}

fn in_words(rule: &Rule) -> String {
    rule.in_words(|text| format!("`{}`", part(text)))
}

/// Returns a description of a failed case, in several lines, with everything that a user needs to
/// understand the failure and to repeat the case.
///
/// Of each output stream and of the hang report, the description shows at most the first 20 and the
/// last 20 lines. Of a backtrace, the description shows at most 120 lines. Of each line, the
/// description shows at most the first 2000 bytes, counted before the line is escaped.
pub fn failure(program: &Program, case: &Case, trial: &Trial, settings: &Settings) -> String {
    let mut text = String::new();
    say(&mut text, "expected:", &one_line(&expected(&case.expect)));
    let after = trial.outcome.as_ref().map(|outcome| format!(" (after {})", seconds(outcome.wall)));
    say(&mut text, "happened:", &(trial_reason(trial) + &after.unwrap_or_default()));
    text.push_str(&fault(trial));
    if let Some(explanation) = explanation(&trial.verdict) {
        let head = (explanation + "\n").into_bytes();
        text.push_str(&stream("because", &Output { head, ..Output::default() }));
    }
    match &trial.outcome {
        Some(Outcome { stdout, merged: true, .. }) => text.push_str(&stream("output", stdout)),
        Some(Outcome { stdout, stderr, .. }) => {
            text.push_str(&stream("stdout", stdout));
            text.push_str(&stream("stderr", stderr));
        }
        None => {}
    }
    for hint in hints(case, trial) {
        say(&mut text, "hint:", hint);
    }
    text.push_str(&state(trial, settings));
    for left in trial.outcome.iter().flat_map(Outcome::left_behind) {
        say(&mut text, "left:", &left);
    }
    say(&mut text, "rerun:", &one_line(&rerun(program, case, settings)));
    if let Some(differences) = differences(case, trial, settings) {
        say(&mut text, "differs:", &one_line(&differences));
    }
    if case.explanation.is_some() {
        say(&mut text, "explain:", &one_line(&explain(case)));
    }
    text
}

/// Returns the shell command that prints the explanation of a case.
fn explain(case: &Case) -> String {
    let name = quote(&case.name);
    match &case.source {
        // Only a manifest has cases of foreign programs with a source.
        Some(source) if case.foreign => {
            format!("cargo testprog explain --manifest {} {name}", quote(&source.file))
        }
        _ => format!("cargo testprog explain {name}"),
    }
}

/// Parts of messages about a file that does not exist: of the C library, of Rust and of Windows.
const NO_FILE: [&str; 4] = [
    "No such file or directory",
    "(os error 2)",
    "cannot find the file specified",
    "cannot find the path specified",
];

/// Parts of messages about a variable that is not set: of Rust's `VarError`, and of shells.
const NO_VARIABLE: [&str; 4] =
    ["environment variable not found", "NotPresent", "unbound variable", "parameter not set"];

/// Returns what differs between the child and a process that a user starts, if the child's output
/// has a message about a file or a variable that does not exist.
fn hints(case: &Case, trial: &Trial) -> Vec<&'static str> {
    let Some(Outcome { stdout, stderr, .. }) = &trial.outcome else { return Vec::new() };
    let parts = [&stdout.head, &stdout.tail, &stderr.head, &stderr.tail];
    let texts = parts.map(|part| String::from_utf8_lossy(part));
    let has =
        |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| text.contains(word)));
    let mut hints = Vec::new();
    if case.working_directory.is_none() && has(&NO_FILE) {
        hints.push(
            "the child ran in an empty directory, because the case sets no working directory",
        );
    }
    if has(&NO_VARIABLE) {
        hints.push("the child got few of the runner's environment variables, and the case's own");
    }
    hints
}

/// Returns the report lines about the state of a child at its end that the settings request: the
/// cause of its signal, its threads, its backtrace, its core file and its directory.
pub fn evidence(trial: &Trial, settings: &Settings) -> String {
    fault(trial) + &state(trial, settings)
}

/// Returns the report line about the cause of the child's signal.
fn fault(trial: &Trial) -> String {
    let mut text = String::new();
    if let Some(fault) = trial.outcome.as_ref().and_then(|outcome| outcome.fault.as_ref()) {
        say(&mut text, "fault:", &one_line(&fault.to_string()));
    }
    text
}

/// Returns the report lines about the child's threads, backtrace, core file and directory.
fn state(trial: &Trial, settings: &Settings) -> String {
    let mut text = String::new();
    let Some(outcome) = &trial.outcome else { return text };
    if let Some(hang) = outcome.hang.as_deref() {
        let hang = Output { head: hang.as_bytes().to_vec(), ..Output::default() };
        text.push_str(&stream("threads", &hang));
    }
    text + &kept(outcome, settings)
}

/// Returns a description of a case that could not be built, in several lines. `rerun` is the shell
/// command that repeats the failed build step.
pub fn unbuilt(case: &Case, reason: &str, rerun: Option<&str>) -> String {
    let mut text = String::new();
    say(&mut text, "expected:", &one_line(&expected(&case.expect)));
    say(&mut text, "happened:", &one_line(reason));
    if let Some(rerun) = rerun {
        say(&mut text, "rerun:", &one_line(rerun));
    }
    text
}

/// Returns an explanation of several lines why an output does not meet a requirement, if the
/// verdict is about such an output and the requirement explains itself.
pub fn explanation(verdict: &Verdict) -> Option<String> {
    let (Verdict::Fail(failure) | Verdict::Xfail { failure, .. }) = verdict else { return None };
    let mismatch = failure.mismatch().map(|mismatch| &*mismatch.explanation);
    let printed = failure.inspected().map(|inspected| &*inspected.printed);
    let parts: Vec<_> =
        mismatch.into_iter().chain(printed).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Returns the report lines about a child's backtrace, core file and kept directory.
fn kept(outcome: &Outcome, settings: &Settings) -> String {
    let mut text = String::new();
    let path = |path: &Path| one_line(&path.to_string_lossy());
    if let Some(Backtrace { of, frames }) = &outcome.backtrace {
        match frames {
            Ok(frames) => {
                let frames = Output { head: frames.as_bytes().to_vec(), ..Output::default() };
                text.push_str(&excerpt(&format!("backtrace {}", subject(*of)), &frames, 60));
            }
            Err(why) => {
                say(&mut text, "backtrace:", &format!("none, {}", one_line(&why.to_string())));
            }
        }
    }
    match outcome.artifacts.core_file().filter(|_| settings.core_files) {
        Some(Ok(file)) => say(&mut text, "core:", &path(file)),
        Some(Err(why)) => {
            say(&mut text, "core:", &format!("none, {}", one_line(&why.to_string())));
        }
        None => {}
    }
    if settings.keep_directory {
        let directory = outcome.artifacts.directory();
        say(&mut text, "kept:", &directory.map_or_else(|| "(nothing)".to_owned(), path));
    }
    text
}

fn say(text: &mut String, what: &str, words: &str) {
    writeln!(text, "  {what:<9} {words}").expect("writing to a String cannot fail");
}

/// Returns a phrase that says what a debugger examined.
fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::Hang => "at the deadline",
        Subject::CoreFile => "from the core file",
        Subject::Rerun => "of a second run, under the debugger",
    }
}

/// Returns lines of a child's output, with the names of the case and of the stream before each
/// line. The lines are escaped, so that they contain no control sequences for a terminal.
pub fn lines(lines: &Lines<'_>) -> String {
    let label = format!("{} {}: ", one_line(lines.argument), lines.stream);
    let bytes = lines.bytes.strip_suffix(b"\n").unwrap_or(lines.bytes);
    let line = |line: &[u8]| format!("{label}{}\n", within_line(line));
    bytes.split(|byte| *byte == b'\n').map(line).collect()
}

/// Returns the shell command with which a user can repeat a case: the working directory, the
/// environment variables and the resource limits of the case, and the command line of the child.
///
/// The command sets resource limits by prlimit(1), which only Linux has. The command cannot repeat
/// every condition of the case, and [`failure`] adds a line about the missing conditions.
pub fn rerun(program: &Program, case: &Case, settings: &Settings) -> String {
    let directory = case.working_directory.iter();
    let directory = directory.map(|path| {
        // With an absolute path, the command works in every directory of the shell.
        let path = path::absolute(path).unwrap_or_else(|_| path.clone());
        format!("cd {} && ", quote(&path.to_string_lossy()))
    });
    let set_up = settings.set_up.iter().flat_map(SetUp::variables);
    let env = settings.env.iter().chain(set_up);
    let env = env.map(|(name, value)| (name.to_string_lossy(), value.to_string_lossy()));
    let env = env.chain(case.env.iter().map(|(name, value)| (name.into(), value.into())));
    let mutant = settings.mutant.iter();
    let mutant = mutant.map(|name| (protocol::MUTANT_ENV.into(), name.into()));
    let variables = env.chain(mutant).map(|(name, value)| format!("{name}={} ", quote(&value)));
    let limits = limits(case, settings);
    let prlimit = (has_prlimit() && !limits.is_empty()).then(|| {
        let flags = limits.iter().map(|(limit, amount)| format!("--{}={amount} ", flag(*limit)));
        format!("prlimit {}", flags.collect::<String>())
    });
    let absolute = case.working_directory.as_ref().and_then(|_| path::absolute(&program.path).ok());
    let absolute = absolute.map(|path| Program { path, ..program.clone() });
    let program = absolute.as_ref().unwrap_or(program);
    let name = (!case.foreign).then_some(&*case.name);
    let program = [program.command_line_of(name, &case.args)];
    let is_merged = case.merge_output || settings.merge_output;
    let merged = is_merged.then(|| " 2>&1".to_owned());
    directory.chain(variables).chain(prlimit).chain(program).chain(merged).collect()
}

/// Sentence for the end of a report, about the conditions that no command of [`rerun`] repeats.
pub const RERUN_NOTE: &str =
    "A `rerun` command has the shell's directory and environment, and no deadline.";

/// Returns true if the system has the command prlimit(1) of util-linux.
fn has_prlimit() -> bool {
    env::consts::OS == "linux"
}

/// Returns what differs if a user repeats the case with the command of [`rerun`], in words on one
/// line. The text [`RERUN_NOTE`] describes differences that concern every case.
fn differences(case: &Case, trial: &Trial, settings: &Settings) -> Option<String> {
    let mut differences = Vec::new();
    let limits = limits(case, settings);
    if !has_prlimit() && !limits.is_empty() {
        let limits: Vec<_> =
            limits.iter().map(|(limit, amount)| format!("{limit}={amount}")).collect();
        differences.push(format!("the limits {} are not set", limits.join(",")));
    }
    if trial.outcome.as_ref().is_some_and(|outcome| outcome.end == End::TimedOut) {
        let deadline = seconds(settings.deadline_of(case));
        differences.push(format!("nothing ends the program after {deadline}"));
    }
    if settings.set_up.is_some() {
        differences.push("the set-up does not run".to_owned());
    }
    if settings.zygote && case.env.is_empty() {
        differences.push("the program is not forked from a zygote".to_owned());
    }
    (!differences.is_empty()).then(|| differences.join("; "))
}

/// Returns the resource limits of a case's child, without limits that a later limit replaces.
fn limits(case: &Case, settings: &Settings) -> Vec<(Limit, u64)> {
    let mut limits: Vec<(Limit, u64)> = Vec::new();
    for (limit, amount) in settings.limits.iter().chain(&case.limits) {
        limits.retain(|(known, _)| known != limit);
        limits.push((*limit, *amount));
    }
    limits
}

/// Returns the name of the flag of prlimit(1) that sets a limit.
fn flag(limit: Limit) -> &'static str {
    match limit {
        Limit::AddressSpace => "as",
        Limit::Core => "core",
        Limit::CpuTime => "cpu",
        Limit::FileSize => "fsize",
        Limit::OpenFiles => "nofile",
        Limit::Processes => "nproc",
        Limit::Stack => "stack",
    }
}

/// Returns a child's output as indented lines.
fn stream(name: &str, output: &Output) -> String {
    // The 20 first and the 20 last lines usually show the failure. More lines would push other
    // failures off the screen.
    excerpt(name, output, 20)
}

/// Returns a text as indented lines. If the text has more than twice `at_each_end` lines, one line
/// replaces the lines in the middle.
fn excerpt(name: &str, output: &Output, at_each_end: usize) -> String {
    if output.is_empty() {
        return format!("  {name}:   (nothing)\n");
    }
    let mut lines: Vec<String>;
    let mut gap = None;
    if let Some(bytes) = output.whole() {
        lines = shown_lines(&bytes).collect();
    } else {
        lines = shown_lines(&output.head).collect();
        gap = Some(lines.len());
        lines.push(format!("[{} bytes dropped]", output.dropped));
        lines.extend(shown_lines(&output.tail));
    }
    if lines.len() > 2 * at_each_end {
        let cut = at_each_end..lines.len() - at_each_end;
        let mut words = format!("{} more lines", cut.len());
        if gap.is_some_and(|gap| cut.contains(&gap)) {
            words = format!("{} more lines, {} bytes dropped", cut.len() - 1, output.dropped);
        }
        lines.splice(cut, [format!("[{words}]")]);
    }
    let last = if output.tail.is_empty() { &output.head } else { &output.tail };
    if last.last() != Some(&b'\n') {
        lines.push("[no line feed at the end]".to_owned());
    }
    let mut text = format!("  {name}:\n");
    for line in lines {
        writeln!(text, "    | {line}").expect("writing to a String cannot fail");
    }
    text
}

fn shown_lines(bytes: &[u8]) -> impl Iterator<Item = String> {
    /// Maximum number of bytes of a line to show.
    const LONGEST: usize = 2000;
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.split(|byte| *byte == b'\n').map(|line| match line.get(..LONGEST) {
        None => within_line(line),
        Some(start) => format!("{} [{} more bytes]", within_line(start), line.len() - LONGEST),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::capability::Target;
    use crate::expectation::Content;
    use crate::scenario::{Scenario, Source};
    use crate::spawn::{Artifacts, End};

    #[test]
    fn a_known_bug_is_told_with_its_link() {
        let link = || "https://example.org/1".to_owned();
        let failed = Verdict::Xfail { failure: Failure::Died(Signal::Segv), link: Some(link()) };
        assert_eq!(word(&failed), "XFAIL");
        assert_eq!(reason(&failed), "died of SIGSEGV, a known bug: https://example.org/1");
        let passed = Verdict::Xpass { link: Some(link()) };
        assert_eq!(word(&passed), "XPASS");
        assert_eq!(
            reason(&passed),
            "passes, though a known bug is recorded: https://example.org/1"
        );
    }

    #[test]
    fn an_end_that_the_run_expects_is_told() {
        let failed = Verdict::Xfail { failure: Failure::Died(Signal::Segv), link: None };
        assert_eq!(reason(&failed), "died of SIGSEGV, as the run expects (--xfail)");
        let link = "https://example.org/1".to_owned();
        let failure = Failure::KnownFault { alternative: "left".into(), link: link.clone() };
        let faulty = Verdict::Xfail { failure, link: Some(link) };
        assert_eq!(reason(&faulty), "left, a known fault: https://example.org/1");
        assert_eq!(
            reason(&Verdict::Xpass { link: None }),
            "passes, though the run expects a failure (--xfail)"
        );
    }

    #[test]
    fn an_expectation_reads_as_a_sentence() {
        assert_eq!(expected(&Expectation::ok()), "status 0 and the answer OK");
        assert_eq!(
            expected(&Expectation::dies([Signal::Segv, Signal::Bus], "about to")),
            "death by SIGSEGV or SIGBUS, printing `about to`"
        );
        let alternatives = vec![
            Alternative::good("ran", Expectation::ok()),
            Alternative::known("left", "https://example.org/1", Expectation::exits(3, "")),
        ];
        assert_eq!(
            expected(&Expectation::one_of(alternatives)),
            "one of ran (status 0 and the answer OK), left (exit with status 3; known: https://example.org/1)"
        );
    }

    #[test]
    fn requirements_on_the_output_are_told() {
        for (expect, words) in [
            (
                Expectation::exits([1, 3], "gone").stderr(Content::contains_none(["a\nb"])),
                "exit with status 1 or 3, printing `gone`, with standard error without `a\\x0ab`",
            ),
            (
                Expectation::ok().stdout(Content::equals("")),
                "status 0 and the answer OK, with standard output that is empty",
            ),
            (Expectation::panics("of paper"), "a panic, printing `of paper`"),
            (Expectation::aborts(), "an abort"),
            (Expectation::hangs(), "still running at the deadline"),
            (Expectation::crashes(), "a crash (neither success nor a status from 1 to 127)"),
        ] {
            assert_eq!(expected(&expect), words);
        }
    }

    #[test]
    fn a_failure_is_told_with_the_words_of_the_child() {
        let reason = |failure: Failure| reason_with(&Verdict::Fail(failure), Some("1 is 2"));
        assert_eq!(
            reason(Failure::Exited(1)),
            "exited with status 1 (the scenario did not hold): 1 is 2"
        );
        assert_eq!(
            reason(Failure::NoAlternative(Failure::Exited(7).into())),
            "exited with status 7: 1 is 2, which is none of the expected ends"
        );
        assert_eq!(
            reason(Failure::OtherThanKnown {
                failure: Failure::Exited(1).into(),
                recorded: Expectation::crashes(),
                link: "https://example.org/1".to_owned(),
            }),
            "exited with status 1 (the scenario did not hold): 1 is 2, but a known bug is recorded with another failure, a crash (neither success nor a status from 1 to 127): https://example.org/1"
        );
        let link = "https://example.org/1".to_owned();
        let xfail = Verdict::Xfail { failure: Failure::Exited(1), link: Some(link) };
        assert_eq!(
            reason_with(&xfail, Some("1 is 2")),
            "exited with status 1 (the scenario did not hold): 1 is 2, a known bug: https://example.org/1"
        );
    }

    #[test]
    fn a_case_is_repeated_with_its_environment_arguments_and_directory() {
        let scenario = Scenario::new("a", || {})
            .env("A", "x y")
            .env("A", "z")
            .args(["-v", "it's"])
            .working_directory("/my dir");
        let case = Case::new(&scenario, &Target::current());
        let mut settings = Settings::default();
        settings.env.push(("LOG".into(), "1".into()));
        let prog = quote(&path::absolute("prog").unwrap().to_string_lossy());
        let text = format!(r"cd '/my dir' && LOG=1 A=z {prog} a -v 'it'\''s'");
        assert_eq!(rerun(&Program::new("prog"), &case, &settings), text);
        settings.merge_output = true;
        assert_eq!(rerun(&Program::new("prog"), &case, &settings), format!("{text} 2>&1"));
    }

    #[test]
    fn a_foreign_case_is_repeated_without_its_name() {
        let mut case = Case::foreign("a", Expectation::exits(0, ""));
        case.args = vec!["-x".to_owned()];
        case.merge_output = true;
        let rerun = rerun(&Program::new("prog"), &case, &Settings::default());
        assert_eq!(rerun, format!("{} -x 2>&1", Program::new("prog").command_line_of(None, &[])));
    }

    #[test]
    fn an_explanation_of_a_manifest_is_in_the_manifest() {
        let mut case = Case::foreign("a(b)", Expectation::exits(0, ""));
        assert_eq!(explain(&case), "cargo testprog explain 'a(b)'");
        case.source = Some(Box::new(Source::new("my tests/m.toml", 3)));
        assert_eq!(explain(&case), "cargo testprog explain --manifest 'my tests/m.toml' 'a(b)'");
        case.foreign = false;
        assert_eq!(explain(&case), "cargo testprog explain 'a(b)'");
    }

    #[test]
    fn a_case_is_repeated_with_its_limits_and_with_the_variables_of_the_set_up() {
        let scenario = Scenario::new("a", || {}).limit(Limit::OpenFiles, 9);
        let case = Case::new(&scenario, &Target::current());
        let settings = Settings {
            limits: vec![(Limit::OpenFiles, 64), (Limit::Stack, 1 << 20)],
            set_up: Some(SetUp::new(|children| children.env("PORT", "8080"))),
            ..Settings::default()
        };
        let program = Program::new("out/prog");
        let limits = if has_prlimit() { "prlimit --stack=1048576 --nofile=9 " } else { "" };
        assert_eq!(rerun(&program, &case, &settings), format!("{limits}out/prog a"));
        assert!(settings.set_up.as_ref().unwrap().ready().is_ok());
        assert_eq!(rerun(&program, &case, &settings), format!("PORT=8080 {limits}out/prog a"));
    }

    #[test]
    fn a_report_says_what_a_repeated_case_lacks() {
        let case = Case::new(&Scenario::new("a", || {}), &Target::current());
        let mut settings = Settings::default();
        let trial = Trial::new(Verdict::Leak, None);
        assert_eq!(differences(&case, &trial, &settings), None);
        settings.zygote = true;
        settings.set_up = Some(SetUp::new(|_| ()));
        assert_eq!(
            differences(&case, &trial, &settings).unwrap(),
            "the set-up does not run; the program is not forked from a zygote"
        );
    }

    /// Returns the outcome of a child that aborted and printed nothing.
    fn outcome() -> Outcome {
        Outcome {
            end: End::Signaled { signal: Signal::Abrt, core: false },
            stdout: Output::default(),
            stderr: Output::default(),
            merged: false,
            leaked: false,
            wall: Duration::from_millis(4),
            user: Duration::ZERO,
            system: Duration::ZERO,
            max_rss: 0,
            hang: None,
            backtrace: None,
            fault: None,
            artifacts: Artifacts::default(),
            not_removed: None,
            not_killed: None,
        }
    }

    #[test]
    fn a_failure_tells_what_was_expected_what_happened_and_how_to_repeat_it() {
        let case = Case::new(&Scenario::new("hangs", || {}), &Target::current());
        let stderr = Output { head: b"fatal: \x1b[31mred\n".to_vec(), ..Output::default() };
        let outcome = Outcome { stderr, ..outcome() };
        let verdict = Verdict::Fail(Failure::Died(Signal::Abrt));
        let trial = Trial::new(verdict, Some(outcome));
        let settings = Settings { mutant: Some("frozen-bounds".into()), ..Settings::default() };
        let text = failure(&Program::new("target/debug/testprog"), &case, &trial, &settings);
        assert_eq!(
            text,
            r"  expected: status 0 and the answer OK
  happened: died of SIGABRT (after 0.004 s)
  stdout:   (nothing)
  stderr:
    | fatal: \x1b[31mred
  rerun:    TESTPROG_MUTANT=frozen-bounds target/debug/testprog hangs
"
        );
    }

    #[test]
    fn a_file_or_a_variable_that_is_not_found_gives_a_hint() {
        let directory =
            "the child ran in an empty directory, because the case sets no working directory";
        let variables =
            "the child got few of the runner's environment variables, and the case's own";
        let case = Case::new(&Scenario::new("a", || {}), &Target::current());
        let hints_of = |case: &Case, stdout: &str, stderr: &str| {
            let output = |text: &str| Output { head: text.into(), ..Output::default() };
            let verdict = Verdict::Fail(Failure::Exited(1));
            let outcome = Outcome { stdout: output(stdout), stderr: output(stderr), ..outcome() };
            hints(case, &Trial::new(verdict, Some(outcome)))
        };
        assert_eq!(hints_of(&case, "", "a: No such file or directory\n"), [directory]);
        assert_eq!(hints_of(&case, "Os { code: 2 } (os error 2)", ""), [directory]);
        assert_eq!(hints_of(&case, "", "environment variable not found"), [variables]);
        assert_eq!(
            hints_of(&case, "NotPresent", "No such file or directory"),
            [directory, variables]
        );
        assert_eq!(hints_of(&case, "", "(os error 20)"), [""; 0]);
        let here = case.clone();
        let here = Case { working_directory: Some("/".into()), ..here };
        assert_eq!(hints_of(&here, "", "a: No such file or directory\n"), [""; 0]);
        assert_eq!(hints(&case, &Trial::new(Verdict::Unresolved(String::new()), None)), [""; 0]);
    }

    #[test]
    fn a_long_output_is_cut_in_the_middle() {
        let output = Output { head: b"x\n".repeat(100), tail: b"y\n".repeat(5), dropped: 7 };
        let text = stream("stdout", &output);
        assert!(text.contains("[66 more lines]") && text.lines().count() == 42, "{text}");
        // The text shows the number of dropped bytes exactly once, even if the line `[7 bytes
        // dropped]` is among the omitted lines.
        let middle = Output { tail: b"y\n".repeat(50), ..output };
        let text = stream("stdout", &middle);
        assert!(text.contains("[110 more lines, 7 bytes dropped]"), "{text}");
        assert_eq!(text.matches("dropped").count(), 1, "{text}");
        let early = Output { head: b"x\n".to_vec(), tail: b"y\n".repeat(100), dropped: 7 };
        let text = stream("stdout", &early);
        assert!(text.contains("| [7 bytes dropped]\n") && text.contains("[62 more lines]\n"));
        let line = Output { head: vec![b'z'; 5000], ..Output::default() };
        assert!(stream("stdout", &line).contains("z [3000 more bytes]"));
    }
}
