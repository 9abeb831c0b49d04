//! Finds the cause of a failed build in cargo's messages.

use crate::port::messages;

/// Returns the cause of a failed build, from cargo's messages.
///
/// Cargo's first error often names only the program that failed. If the first error names only a
/// program, the cause is in the messages of the failed program, which cargo prints below its own
/// error.
pub(super) fn first_error(stderr: &str) -> String {
    let errors = || stderr.lines().map(str::trim).filter(|line| line.starts_with("error"));
    let last = || stderr.trim_end().lines().last();
    // If the build script fails in the crate cc, cargo's first error does not name the cause.
    if let Some(error) = errors().find(|line| line.starts_with("error occurred")) {
        let compiler = compiler_error(stderr).filter(|_| error.contains("did not execute"));
        return compiler.unwrap_or_else(|| short(error));
    }
    let Some(first) = errors().next() else {
        return last().map_or_else(|| "cargo printed no reason".to_owned(), short);
    };
    let deeper = match first {
        first if first.contains("failed to run `rustc`") => errors().nth(1).map(str::to_owned),
        first if first.contains("failed to run custom build command") => panic_message(stderr),
        first if first.contains("linking with") => {
            linker_error(stderr).map(|error| format!("{first}: {error}"))
        }
        // rustc's help contains the command that installs the missing library.
        first if first.contains("can't find crate for `std`") => {
            let help = stderr.lines().find_map(|line| line.trim().strip_prefix("= help: "));
            help.map(|help| format!("{first}; {help}"))
        }
        _ => None,
    };
    short(&deeper.unwrap_or_else(|| first.to_owned()))
}

/// Returns the first error of the C compiler that the crate cc called.
///
/// The crate cc passes on the compiler's messages as warnings of the build script, and cargo prints
/// each of them as `warning: PACKAGE@VERSION: MESSAGE`.
fn compiler_error(stderr: &str) -> Option<String> {
    let message = |line: &str| {
        let (package, message) = line.trim().strip_prefix("warning: ")?.split_once(": ")?;
        package.contains('@').then(|| format!("{message}\n"))
    };
    let messages: String = stderr.lines().filter_map(message).collect();
    Some(messages::first_error(&messages)).filter(|error| !error.is_empty())
}

/// Returns the message of the panic that ended a build script, after the first error of a compiler
/// that the build script called, if there is such an error.
fn panic_message(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().map(str::trim);
    let mut compiler = None;
    let place = loop {
        let line = lines.next()?;
        if line.contains(": error: ") || line.contains(": fatal error: ") {
            compiler = compiler.or(Some(line));
        }
        if let Some((_, place)) = line.split_once(" panicked at ") {
            break place;
        }
    };
    let message = format!("the build script panicked at {place} {}", lines.next()?);
    Some(compiler.map_or(message.clone(), |error| format!("{error}; {message}")))
}

/// Returns the first error of the linker that rustc called, with paths cut to file names.
fn linker_error(stderr: &str) -> Option<String> {
    let messages = stderr.lines().skip_while(|line| !line.starts_with("error: linking with"));
    let messages = messages.skip(1).take_while(|line| !line.starts_with("error"));
    // rustc first prints the linker's command, whose first word is in quotation marks.
    let text = |line: &'_ str| line.trim().trim_start_matches("= note:").trim_start().to_owned();
    let mut messages = messages.map(text).filter(|line| !line.starts_with(['"', '|']));
    let is_error = |line: &String| {
        !line.contains("ld returned")
            && ["error", "undefined", "cannot find", "incompatible"]
                .iter()
                .any(|word| line.contains(word))
    };
    let error = messages.find(is_error)?;
    let file = |word: &'_ str| word.rsplit('/').next().unwrap_or(word).to_owned();
    Some(error.split(' ').map(file).collect::<Vec<_>>().join(" "))
}

/// Returns a line of a message, cut after 300 characters.
pub(super) fn short(line: &str) -> String {
    const LONGEST: usize = 300;
    let mut short: String = line.chars().take(LONGEST).collect();
    short.extend(line.chars().nth(LONGEST).map(|_| '…'));
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of cargo 1.95, each with the cause that a report shows.
    const RECORDED: &[(&str, &str)] = &[
        (
            "warning: x\nerror[E0425]: cannot find function `f` in this scope\nerror: could not compile",
            "error[E0425]: cannot find function `f` in this scope",
        ),
        (
            "error: failed to run `rustc` to learn about target-specific information\n\nCaused by:\n  process didn't exit successfully: `rustc - --crate-name ___ --print=file-names --target x86_64-unknown-linux-gnuu` (exit status: 1)\n  --- stderr\n  error: error loading target specification: could not find specification for target \"x86_64-unknown-linux-gnuu\"\n    |\n    = help: run `rustc --print target-list` for a list of built-in targets\n",
            "error: error loading target specification: could not find specification for target \"x86_64-unknown-linux-gnuu\"",
        ),
        (
            "   Compiling tiny v0.0.0\nerror[E0463]: can't find crate for `std`\n  |\n  = note: the `aarch64-unknown-linux-gnu` target may not be installed\n  = help: consider downloading the target with `rustup target add aarch64-unknown-linux-gnu`\n\nerror: could not compile `tiny`\n",
            "error[E0463]: can't find crate for `std`; consider downloading the target with `rustup target add aarch64-unknown-linux-gnu`",
        ),
        (
            "error: linker `aarch64-linux-gnu-gcc` not found\n  |\n  = note: No such file or directory (os error 2)\n\nerror: could not compile `tiny`\n",
            "error: linker `aarch64-linux-gnu-gcc` not found",
        ),
        (
            "error: linking with `cc` failed: exit status: 1\n  |\n  = note:  \"cc\" \"-m64\" \"/t/error.o\"\n  = note: some arguments are omitted. use `--verbose` to show all linker arguments\n  = note: rust-lld: error: unable to find library -lnosuch\n          collect2: error: ld returned 1 exit status\n          \n\nerror: could not compile `tiny` (bin \"tiny\") due to 1 previous error\n",
            "error: linking with `cc` failed: exit status: 1: rust-lld: error: unable to find library -lnosuch",
        ),
        (
            "error: linking with `s390x-linux-gnu-gcc` failed: exit status: 1\n  |\n  = note:  \"s390x-linux-gnu-gcc\" \"-m64\"\n  = note: /usr/lib/gcc-cross/bin/ld: /t/deps/tiny.o: Relocations in generic ELF (EM: 62)\n          /usr/lib/gcc-cross/bin/ld: /t/deps/tiny.o: error adding symbols: file in wrong format\n          collect2: error: ld returned 1 exit status\n\nerror: could not compile `tiny`\n",
            "error: linking with `s390x-linux-gnu-gcc` failed: exit status: 1: ld: tiny.o: error adding symbols: file in wrong format",
        ),
        (
            "error: failed to run custom build command for `tiny v0.0.0 (/t)`\nnote: To improve backtraces\n\nCaused by:\n  process didn't exit successfully: `/t/build-script-build` (exit status: 101)\n  --- stderr\n\n  thread 'main' (8920) panicked at build.rs:1:11:\n  no luck with it\n  stack backtrace:\n",
            "the build script panicked at build.rs:1:11: no luck with it",
        ),
        (
            "error: failed to run custom build command for `tiny v0.0.0 (/t)`\n\nCaused by:\n  --- stderr\n  In file included from a.c:1:\n  /usr/include/stdint.h:26:10: fatal error: bits/libc-header-start.h: No such file or directory\n  compilation terminated.\n\n  thread 'main' (9) panicked at build.rs:2:1:\n  failed to compile `a.c`\n",
            "/usr/include/stdint.h:26:10: fatal error: bits/libc-header-start.h: No such file or directory; the build script panicked at build.rs:2:1: failed to compile `a.c`",
        ),
        (
            "error: failed to run custom build command for `tiny v0.0.0 (/t)`\n\nCaused by:\n  --- stderr\n\n\n  error occurred in cc-rs: failed to find tool \"aarch64-linux-gnu-gcc\": No such file or directory (os error 2)\n",
            "error occurred in cc-rs: failed to find tool \"aarch64-linux-gnu-gcc\": No such file or directory (os error 2)",
        ),
        (
            "warning: tiny@0.0.0: In file included from a.c:1:\nwarning: tiny@0.0.0: /usr/include/stdint.h:26:10: fatal error: bits/libc-header-start.h: No such file or directory\nwarning: tiny@0.0.0: compilation terminated.\nerror: failed to run custom build command for `tiny v0.0.0 (/t)`\n\nCaused by:\n  --- stderr\n\n\n  error occurred in cc-rs: command did not execute successfully (status code exit status: 1): LC_ALL=\"C\" \"gcc\" \"a.c\"\n",
            "/usr/include/stdint.h:26:10: fatal error: bits/libc-header-start.h: No such file or directory",
        ),
        ("thread main panicked\n", "thread main panicked"),
        ("", "cargo printed no reason"),
    ];

    #[test]
    fn the_reason_of_a_failed_build_is_found() {
        for (stderr, cause) in RECORDED {
            assert_eq!(first_error(stderr), *cause, "{stderr}");
        }
    }
}
