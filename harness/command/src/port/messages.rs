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

/// Returns the first line in which a compiler or a linker reports an error.
///
/// If no line has a known form, returns the first line that is not a warning, or the first line.
pub(crate) fn first_error(text: &str) -> String {
    /// Number of characters after which the error's line is cut.
    const LONGEST: usize = 240;
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let line = lines()
        .find(|line| is_error(line))
        .or_else(|| lines().find(|line| !is_warning(line) && !is_summary(line)))
        .or_else(|| lines().next());
    text::one_line(&line.unwrap_or_default().trim().chars().take(LONGEST).collect::<String>())
}

/// Returns whether the messages contain only warnings, and no line that could be an error.
pub(super) fn are_warnings(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.all(|line| is_warning(line) && !is_error(line))
}

/// Returns whether a line has a form in which GCC, Clang, TCC, Microsoft's compiler or a linker
/// reports an error.
fn is_error(line: &str) -> bool {
    const LINKERS: &[&str] =
        &["undefined reference to ", "undefined symbol", "multiple definition of ", "cannot find "];
    if is_warning(line) || is_summary(line) {
        return false;
    }
    // A compiler shows the wrong line of the source, which may contain any word, so the word
    // `error` must begin a message, as in `a.c:1: error: …`, `fatal error C1083: …` and `error: …`.
    let begins_message = |(place, _): (usize, &str)| {
        let (before, after) = (&line[..place], &line[place + "error".len()..]);
        let is_start = before.is_empty()
            || before.ends_with([':', ' ']) && before.trim_end().ends_with([':', 'l'])
            || before.trim_end().is_empty() && !before.starts_with(' ');
        let code = after.strip_prefix(' ').and_then(|code| code.split_once(':'));
        // Microsoft's error codes are letters and digits, such as `C2065`.
        let is_code = code.is_some_and(|(code, _)| {
            code.starts_with(|c: char| c.is_ascii_uppercase())
                && code.ends_with(|c: char| c.is_ascii_digit())
        });
        is_start && (after.starts_with(':') || is_code)
    };
    // GNU as prints `Error:`.
    line.match_indices("error").any(begins_message)
        || line.contains(": Error: ")
        || LINKERS.iter().any(|words| line.contains(words))
        || line.trim_end().ends_with("not found")
}

fn is_warning(line: &str) -> bool {
    ["warning:", "warning C", "warning LNK", "note:"].iter().any(|word| line.contains(word))
}

/// Returns whether a line only says that the compiler or the linker failed, and gives no cause.
fn is_summary(line: &str) -> bool {
    ["ld returned", "linker command failed", "LNK1120", "In file included from"]
        .iter()
        .any(|words| line.contains(words))
}

/// Returns the undefined symbols in messages of GNU ld, LLVM's lld, TCC, Apple's linker or
/// Microsoft's linker. If an object file of an archive refers to the symbol, the archive follows
/// the symbol, as in `_dl_find_object (for libgcc_eh.a)`.
pub(super) fn undefined(text: &str) -> Vec<String> {
    /// Maximum number of symbols to return, which keeps the line in a report short.
    const MOST: usize = 20;
    let mut names: Vec<(String, Option<String>)> = Vec::new();
    // GNU ld names the object file once, in the line `OBJECT: in function `NAME':`.
    let mut object = None;
    for line in text.lines() {
        let words = ["undefined reference to ", "undefined symbol: ", "undefined symbol "];
        let name = words
            .iter()
            .chain(&["unresolved external symbol "])
            .find_map(|words| line.split_once(words).map(|(_, rest)| rest));
        let apple = || line.trim_start().strip_suffix(", referenced from:")?.strip_prefix("\"_");
        if line.contains(": in function ") {
            object = archive(line);
        }
        // lld names the archive in a line after the symbol's name.
        if let (Some(of_lld), Some(last)) = (lld_archive(line), names.last_mut()) {
            last.1.get_or_insert(of_lld);
        }
        let Some(name) = name.or_else(apple) else { continue };
        let is_part = |c: char| c.is_alphanumeric() || "_.$@".contains(c);
        let name = name.trim_start_matches(|c| !is_part(c));
        let name = text::one_line(name.split(|c| !is_part(c)).next().unwrap_or_default());
        if !name.is_empty() && !names.iter().any(|(known, _)| *known == name) && names.len() < MOST
        {
            names.push((name, archive(line).or_else(|| object.clone())));
        }
    }
    let with_archive = |(name, archive)| match archive {
        None => name,
        Some(archive) => format!("{name} (for {archive})"),
    };
    // The linker can print the same symbols in another order for another probe.
    names.sort();
    names.into_iter().map(with_archive).collect()
}

/// Returns the file name of the archive in a message of GNU ld, which has the form
/// `/lib/libgcc_eh.a(unwind.o): …`.
fn archive(line: &str) -> Option<String> {
    let (path, _) = line.split_once(".a(")?;
    let file = path.rsplit(['/', ' ']).next()?;
    Some(text::one_line(&format!("{file}.a")))
}

/// Returns the file name of the archive in lld's line `>>> unwind.o:(NAME) in archive PATH`.
fn lld_archive(line: &str) -> Option<String> {
    let (_, path) = line.trim_start().strip_prefix(">>>")?.split_once(" in archive ")?;
    path.rsplit('/').next().map(text::one_line)
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

    /// Messages that the compilers printed for a missing header, for an undeclared function, and
    /// for an undefined function, each with the line that a report shows.
    const RECORDED: &[(&str, &str)] = &[
        // GCC 12
        (
            "h.c:1:10: fatal error: nosuch.h: No such file or directory\n    1 | #include <nosuch.h>\n      |          ^~~~~~~~~~\ncompilation terminated.\n",
            "h.c:1:10: fatal error: nosuch.h: No such file or directory",
        ),
        (
            "d.c: In function 'main':\nd.c:1:26: warning: initialization of 'int *' from incompatible pointer type 'char *' [-Wincompatible-pointer-types]\n    1 | int main(void){ int *error = \"a\"; return nosuch(1) + q; }\n      |                          ^~~\nd.c:1:38: error: implicit declaration of function 'nosuch' [-Werror=implicit-function-declaration]\ncc1: some warnings being treated as errors\n",
            "d.c:1:38: error: implicit declaration of function 'nosuch' [-Werror=implicit-function-declaration]",
        ),
        (
            "/usr/bin/ld: /tmp/ccfpllla.o: in function `main':\nl.c:(.text+0xa): undefined reference to `getcontext'\ncollect2: error: ld returned 1 exit status\n",
            "l.c:(.text+0xa): undefined reference to `getcontext'",
        ),
        (
            "/usr/bin/ld: cannot find -lnosuch: No such file or directory\ncollect2: error: ld returned 1 exit status\n",
            "/usr/bin/ld: cannot find -lnosuch: No such file or directory",
        ),
        // g++ 12
        (
            "cc1plus: warning: '-Werror=' argument '-Werror=implicit-function-declaration' is not valid for C++\ncc1plus: warning: command-line option '-std=c11' is valid for C/ObjC but not for C++\nd.c: In function 'int main()':\nd.c:1:26: error: cannot convert 'const char*' to 'int*' in initialization\n",
            "d.c:1:26: error: cannot convert 'const char*' to 'int*' in initialization",
        ),
        // Clang 14
        (
            "d.c:1:22: warning: incompatible pointer types [-Wincompatible-pointer-types]\n    perror(\"error: x\");\n    ^\nd.c:1:38: error: implicit declaration of function 'nosuch' is invalid in C99 [-Werror,-Wimplicit-function-declaration]\n1 warning and 2 errors generated.\n",
            "d.c:1:38: error: implicit declaration of function 'nosuch' is invalid in C99 [-Werror,-Wimplicit-function-declaration]",
        ),
        (
            "/usr/bin/ld: /tmp/l-68e3bd.o: in function `main':\nl.c:(.text+0x10): undefined reference to `getcontext'\nclang: error: linker command failed with exit code 1 (use -v to see invocation)\n",
            "l.c:(.text+0x10): undefined reference to `getcontext'",
        ),
        // TCC 0.9.27
        (
            "In file included from error.c:1:\nh.c:1: error: include file 'nosuch.h' not found\n",
            "h.c:1: error: include file 'nosuch.h' not found",
        ),
        (
            "d.c:1: warning: implicit declaration of function 'nosuch'\nd.c:1: error: 'q' undeclared\n",
            "d.c:1: error: 'q' undeclared",
        ),
        (
            "tcc: error: undefined symbol 'getcontext'\n",
            "tcc: error: undefined symbol 'getcontext'",
        ),
        // GNU as 2.40
        (
            "/tmp/c.s: Assembler messages:\n/tmp/c.s:10: Error: selected processor does not support `vpush {d8}' in Thumb mode\n",
            "/tmp/c.s:10: Error: selected processor does not support `vpush {d8}' in Thumb mode",
        ),
        // zig 0.15
        (
            "error: undefined symbol: getcontext\n    note: referenced by /tmp/l.o:main\n",
            "error: undefined symbol: getcontext",
        ),
        // Microsoft's compiler and linker
        (
            "d.c\nd.c(1): warning C4013: 'nosuch' undefined; assuming extern returning int\nd.c(1): error C2065: 'q': undeclared identifier\n",
            "d.c(1): error C2065: 'q': undeclared identifier",
        ),
        (
            "h.c\nh.c(1): fatal error C1083: Cannot open include file: 'nosuch.h': No such file or directory\n",
            "h.c(1): fatal error C1083: Cannot open include file: 'nosuch.h': No such file or directory",
        ),
        (
            "l.obj : error LNK2019: unresolved external symbol getcontext referenced in function main\nl.exe : fatal error LNK1120: 1 unresolved externals\n",
            "l.obj : error LNK2019: unresolved external symbol getcontext referenced in function main",
        ),
    ];

    #[test]
    fn the_first_error_of_each_compiler_is_found() {
        for (text, line) in RECORDED {
            assert_eq!(first_error(text), *line, "{text}");
            if text.contains("getcontext") {
                assert_eq!(undefined(text), ["getcontext"], "{text}");
            }
        }
    }

    #[test]
    fn the_archive_that_needs_an_undefined_symbol_is_named() {
        for text in [
            "/usr/bin/ld: /usr/lib/gcc/x/libgcc_eh.a(unwind-dw2-fde-dip.o): in function `_Unwind_Find_FDE':\n(.text+0x2a): undefined reference to `_dl_find_object'\ncollect2: error: ld returned 1 exit status\n",
            "/usr/bin/ld: /usr/lib/gcc/x/libgcc_eh.a(u.o):(.text+0x2a): undefined reference to `_dl_find_object'\n",
            "ld.lld: error: undefined symbol: _dl_find_object\n>>> referenced by unwind.c\n>>>               unwind.o:(_Unwind_Find_FDE) in archive /usr/lib/libgcc_eh.a\n",
        ] {
            assert_eq!(undefined(text), ["_dl_find_object (for libgcc_eh.a)"], "{text}");
        }
        let text = "x.a(u.o): in function `f':\n(.text): undefined reference to `a'\n/tmp/m.o: in function `main':\n(.text): undefined reference to `b'\n";
        assert_eq!(undefined(text), ["a (for x.a)", "b"]);
    }
}
