//! Reads the messages of compilers and linkers, of which a report shows one line.

use testprog_harness::spawn::{Outcome, Output};
use testprog_harness::text;

/// Returns all messages, with `directory` removed from paths so that they begin at `csrc/`.
pub(super) fn of(outcome: &Outcome, directory: &str) -> String {
    let text = |output: &Output| {
        String::from_utf8_lossy(&[&*output.head, &*output.tail].concat()).replace(directory, "")
    };
    // Microsoft's compiler prints its messages to standard output.
    text(&outcome.stderr) + &text(&outcome.stdout)
}

/// Returns the first line that contains an error, or the first line if no line contains an error.
pub(super) fn first_error(text: &str) -> String {
    /// Number of characters after which the error's line is cut.
    const LONGEST: usize = 240;
    const WORDS: &[&str] =
        &["error", "undefined ", "not found", "cannot find", "multiple definition"];
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.clone().next();
    let is_error = |line: &&str| {
        let line = line.to_lowercase();
        // collect2 adds a line such as `ld returned 1 exit status`, which gives no cause.
        WORDS.iter().any(|words| line.contains(words)) && !line.contains("ld returned")
    };
    let line = lines.find(is_error).or(first).unwrap_or_default().trim();
    text::one_line(&line.chars().take(LONGEST).collect::<String>())
}

/// Returns the undefined symbols in messages of GNU ld, LLVM's lld or Apple's linker.
pub(super) fn undefined(text: &str) -> Vec<String> {
    /// Maximum number of symbols to return, which keeps the line in a report short.
    const MOST: usize = 20;
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        let name = ["undefined reference to ", "undefined symbol: "]
            .iter()
            .find_map(|words| line.split_once(words).map(|(_, rest)| rest));
        let apple = || line.trim_start().strip_suffix(", referenced from:")?.strip_prefix("\"_");
        let Some(name) = name.or_else(apple) else { continue };
        let is_part = |c: char| c.is_alphanumeric() || "_.$@".contains(c);
        let name = name.trim_start_matches(|c| !is_part(c));
        let name = text::one_line(name.split(|c| !is_part(c)).next().unwrap_or_default());
        if !name.is_empty() && !names.contains(&name) && names.len() < MOST {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_names_are_read_from_three_linkers() {
        for text in [
            "a.c:(.text+0x4f): undefined reference to `getcontext'\nb.o: undefined reference to `swapcontext'\nundefined reference to `getcontext'\ncollect2: error: ld returned 1",
            "ld.lld: error: undefined symbol: getcontext\n>>> referenced by a.c\nld.lld: error: undefined symbol: swapcontext\n",
            "Undefined symbols for architecture arm64:\n  \"_getcontext\", referenced from:\n  \"_swapcontext\", referenced from:\n      _main in a.o\n",
        ] {
            assert_eq!(undefined(text), ["getcontext", "swapcontext"], "{text}");
        }
    }

    #[test]
    fn the_first_error_is_no_warning_and_not_what_the_driver_adds() {
        let text = "a.c:1: warning: odd\na.c:2:9: fatal error: x.h: No such file\x1b\n";
        assert_eq!(first_error(text), r"a.c:2:9: fatal error: x.h: No such file\x1b");
        let text = "collect2: error: ld returned 1 exit status\nb.o: multiple definition of `f'\n";
        assert_eq!(first_error(text), "b.o: multiple definition of `f'");
        assert_eq!(first_error("\nno such option\n"), "no such option");
        assert_eq!(first_error(""), "");
    }
}
