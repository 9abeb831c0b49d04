//! Escapes and quotes text for reports, terminals, shells and the logs of CI systems, and formats
//! durations.

use std::str;
use std::time::Duration;

pub use crate::hidden::is_hidden;

/// Escapes a text from a child as [`escape`] does, and also escapes each line feed as `\x0a`, so
/// that the text has only one line.
pub fn one_line(text: &str) -> String {
    escaped::<false>(text.as_bytes(), true)
}

/// Escapes bytes from a child as [`one_line`] does, for bytes that are printed in the middle of a
/// line. Two colons at the beginning of the bytes stay unchanged, because the bytes do not begin a
/// line.
pub fn within_line(bytes: &[u8]) -> String {
    escaped::<false>(bytes, false)
}

/// Escapes bytes from a child so that they contain no control sequences for a terminal and no
/// commands for a CI system. Printable characters, tabs and line feeds do not change. Each byte of
/// a [hidden character](is_hidden) and each byte that is not UTF-8 becomes `\xNN`.
///
/// Commands of a CI system begin with two sequences of characters, in which the function escapes
/// one character:
///
/// - `##`, letters and `[`, as in `##[` (GitHub Actions), `##vso[` (Azure Pipelines) and
///   `##teamcity[`: the second `#` becomes `\x23`.
///
/// - `::` at the beginning of a line, or after white space at the beginning of a line (GitHub
///   Actions): the first `:` becomes `\x3a`.
pub fn escape(bytes: &[u8]) -> String {
    escaped::<true>(bytes, true)
}

/// Returns true if and only if `text` begins with `##`, letters and `[`, which a CI system may take
/// for a command.
pub fn is_command(text: &str) -> bool {
    begins_command(text.as_bytes())
}

/// Returns true if and only if `bytes` begin with `##`, letters and `[`.
fn begins_command(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"##") else { return false };
    rest.iter().find(|byte| !byte.is_ascii_alphabetic()) == Some(&b'[')
}

/// Escapes bytes: if `LINES` is true, as text of several lines, and if `LINES` is false, as one
/// line. `is_start` is true if the bytes begin a line.
fn escaped<const LINES: bool>(bytes: &[u8], is_start: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    if let Ok(text) = str::from_utf8(bytes) {
        push::<LINES>(&mut out, text, is_start);
        return out;
    }
    let mut at = 0;
    while let Some(chunk) = bytes[at..].utf8_chunks().next() {
        let text = chunk.valid();
        at = if text.len() > PIECE {
            push::<LINES>(&mut out, text, begins_line::<LINES>(&bytes[..at], is_start));
            at + text.len()
        } else {
            push_piece::<LINES>(&mut out, bytes, at, is_start)
        };
    }
    out
}

/// Appends an escaped text. `is_start` is true if the text begins a line.
fn push<const LINES: bool>(out: &mut String, text: &str, is_start: bool) {
    let bytes = text.as_bytes();
    // `at` is the index of the next byte to check, and `copied` is the index of the first byte that
    // is not in `out` yet.
    let (mut copied, mut at) = (0, 0);
    let mut escape = |from: usize, to: usize| {
        out.push_str(&text[copied..from]);
        hex(out, &bytes[from..to]);
        copied = to;
    };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => {
                if is_command(&text[at..]) {
                    escape(at + 1, at + 2);
                    at += 1;
                }
                at += 1;
            }
            b':' => {
                let is_pair = bytes.get(at + 1) == Some(&b':');
                if is_pair && begins_line::<LINES>(&bytes[..at], is_start) {
                    escape(at, at + 1);
                }
                at += 1;
            }
            b'\t' => at += 1,
            b'\n' if LINES => at += 1,
            b' '..=b'~' => at += harmless(&bytes[at..]),
            0..0x80 => {
                escape(at, at + 1);
                at += 1;
            }
            0x80.. => {
                for c in text[at..].chars().take_while(|c| !c.is_ascii()) {
                    let end = at + c.len_utf8();
                    if is_hidden(c) {
                        escape(at, end);
                    }
                    at = end;
                }
            }
        }
    }
    out.push_str(&text[copied..]);
}

/// Returns the number of bytes at the beginning of `bytes` that are printable ASCII characters
/// other than `#` and `:`.
fn harmless(bytes: &[u8]) -> usize {
    // The loop checks eight bytes at once, as in
    // <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>. A borrow in the
    // subtraction can wrongly mark a byte, but only after a correctly marked byte, and the loop
    // uses only the first marked byte.
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let is_below = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit)) & !word;
    let is_equal = |word: u64, byte: u8| is_below(word ^ (EACH * u64::from(byte)), 1);
    let words = bytes.chunks_exact(8);
    let rest = words.remainder();
    for (number, word) in words.enumerate() {
        let word = u64::from_le_bytes(word.try_into().expect("a word has 8 bytes"));
        let controls = is_below(word, b' ') | is_equal(word, 0x7f) | word;
        let ends = (controls | is_equal(word, b'#') | is_equal(word, b':')) & HIGH;
        if ends != 0 {
            return number * 8 + ends.trailing_zeros() as usize / 8;
        }
    }
    let is_end = |byte: &u8| !(b' '..=b'~').contains(byte) || matches!(byte, b'#' | b':');
    bytes.len() - rest.len() + rest.iter().position(is_end).unwrap_or(rest.len())
}

/// Number of bytes that [`push_piece`] escapes in one call. If a character begins before and ends
/// after the last of these bytes, `push_piece` escapes the whole character.
const PIECE: usize = 256;

/// Appends the escaped form of the next [`PIECE`] bytes, starting with the index `at`. The bytes
/// need not be UTF-8. Returns the index of the first byte that is not escaped yet, which is always
/// greater than `at`.
fn push_piece<const LINES: bool>(
    out: &mut String,
    bytes: &[u8],
    mut at: usize,
    is_start: bool,
) -> usize {
    /// Maximum length of a character in bytes, in UTF-8.
    const LONGEST: usize = 4;
    const FORMS: [[u8; 8]; 256] = forms(true);
    const FORMS_IN_LINE: [[u8; 8]; 256] = forms(false);
    let forms = if LINES { &FORMS } else { &FORMS_IN_LINE };
    // Each byte has an escaped form of at most four bytes, but the loop writes eight bytes at once.
    let mut room = [0; 4 * (PIECE + LONGEST) + 8];
    let mut used = 0;
    let until = bytes.len().min(at + PIECE);
    while at < until {
        let byte = bytes[at];
        let form = &forms[usize::from(byte)];
        room[used..used + 8].copy_from_slice(form);
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        // A branch for each kind of byte would often be predicted wrongly, so one condition checks
        // both bits.
        let bits = if is_continuation(next) { DEPENDS | LEAD } else { DEPENDS };
        if form[7] & bits == 0 {
            used += usize::from(form[7] & LENGTH);
            at += 1;
            continue;
        }
        // `shown` bytes are copied, and the `escaped` bytes after these bytes are escaped.
        let rest = &bytes[at..];
        let (shown, escaped) = match byte {
            b'#' if begins_command(rest) => (1, 1),
            b':' if rest.starts_with(b"::") && begins_line::<LINES>(&bytes[..at], is_start) => {
                (0, 1)
            }
            b'#' | b':' => (1, 0),
            _ => match character(rest) {
                Some(c) if is_hidden(c) => (0, c.len_utf8()),
                Some(c) => (c.len_utf8(), 0),
                None => (0, 1),
            },
        };
        room[used..used + shown].copy_from_slice(&rest[..shown]);
        used += shown;
        for byte in &rest[shown..shown + escaped] {
            let form = 4 * usize::from(*byte);
            room[used..used + 4].copy_from_slice(&HEX[form..form + 4]);
            used += 4;
        }
        at += shown + escaped;
    }
    out.push_str(str::from_utf8(&room[..used]).expect("the escaped form of bytes is UTF-8"));
    at
}

/// Returns the first character of `bytes`, which begin with the first byte of a UTF-8 sequence of
/// two to four bytes. Returns `None` if the sequence is not UTF-8.
fn character(bytes: &[u8]) -> Option<char> {
    let length = match bytes.first()? {
        ..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    };
    str::from_utf8(bytes.get(..length)?).ok()?.chars().next()
}

/// Returns true if the byte can only be a later byte of a UTF-8 sequence, not the first byte.
const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Bits in the last byte of an entry of [`forms`] that contain the length of the escaped form.
const LENGTH: u8 = 0x0f;

/// Bit in the last byte of an entry of [`forms`] that marks the first byte of a UTF-8 sequence. The
/// escaped form of the first byte of a sequence is right only if no continuation byte follows.
const LEAD: u8 = 0x80;

/// Bit in the last byte of an entry of [`forms`] that marks a byte whose escaped form depends on
/// the bytes around the byte.
const DEPENDS: u8 = 0x40;

/// Returns the escaped form of each byte. The last byte of each entry is the length of the form,
/// with the bit [`LEAD`] or [`DEPENDS`] if the form depends on other bytes.
///
/// A byte of 0x80 or above is not UTF-8 if neither the byte nor a byte before it begins a UTF-8
/// sequence.
const fn forms(lines: bool) -> [[u8; 8]; 256] {
    let mut forms = [[0; 8]; 256];
    let mut byte: u8 = 0;
    loop {
        let at = 4 * byte as usize;
        forms[byte as usize] = match byte {
            b'#' | b':' => [0, 0, 0, 0, 0, 0, 0, DEPENDS],
            0xc2..=0xf4 => [HEX[at], HEX[at + 1], HEX[at + 2], HEX[at + 3], 0, 0, 0, 4 | LEAD],
            b'\t' | b' '..=b'~' => [byte, 0, 0, 0, 0, 0, 0, 1],
            b'\n' if lines => [byte, 0, 0, 0, 0, 0, 0, 1],
            _ => [HEX[at], HEX[at + 1], HEX[at + 2], HEX[at + 3], 0, 0, 0, 4],
        };
        if byte == u8::MAX {
            return forms;
        }
        byte += 1;
    }
}

/// Returns true if and only if `before` has only white space after its last line feed, so that the
/// bytes after `before` begin a line. If `before` has no line feed and only white space, returns
/// `is_start`. If `LINES` is false, line feeds do not end lines.
fn begins_line<const LINES: bool>(mut before: &[u8], is_start: bool) -> bool {
    while let Some(last) = before.last() {
        if *last == b'\n' {
            return LINES;
        }
        // The last character begins at the last byte that is no continuation byte of UTF-8.
        let begins = |byte: &u8| !is_continuation(*byte);
        let Some(number) = before.iter().rev().take(4).position(begins) else { return false };
        let (rest, last) = before.split_at(before.len() - number - 1);
        if !str::from_utf8(last).is_ok_and(|last| last.chars().all(char::is_whitespace)) {
            return false;
        }
        before = rest;
    }
    is_start
}

/// Escape sequences `\xNN` of all bytes, one after the other.
const HEX: [u8; 1024] = {
    let digits = b"0123456789abcdef";
    let mut all = [0; 1024];
    let mut byte = 0;
    while byte < 256 {
        all[4 * byte] = b'\\';
        all[4 * byte + 1] = b'x';
        all[4 * byte + 2] = digits[byte >> 4];
        all[4 * byte + 3] = digits[byte & 0xf];
        byte += 1;
    }
    all
};

/// Appends the escape sequence `\xNN` for each byte.
fn hex(text: &mut String, bytes: &[u8]) {
    const TEXT: &str = match str::from_utf8(&HEX) {
        Ok(text) => text,
        Err(_) => unreachable!(),
    };
    for byte in bytes {
        let start = 4 * usize::from(*byte);
        text.push_str(&TEXT[start..start + 4]);
    }
}

/// Formats a duration in seconds, with three decimals below 10 s, and with one decimal from 10 s
/// on.
pub fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{:.3} s", duration.as_secs_f64())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// Shortens a text from a child to 160 characters for an error message. U+FFFD replaces each hidden
/// character.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 160;
    let beginning = text.chars().take(LONGEST);
    let shown = beginning.map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c });
    let shown = within_line(shown.collect::<String>().as_bytes());
    let mut short: String = shown.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// Quotes a word for a shell if it needs quotes.
pub(crate) fn quote(word: &str) -> String {
    // On Windows a backslash needs no quotes, because a backslash separates paths. In a Unix shell
    // a backslash is an escape character and needs quotes.
    let plain =
        |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c) || (cfg!(windows) && c == '\\');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_gets_through() {
        assert_eq!(escape("plain é\tx\n".as_bytes()), "plain é\tx\n");
        assert_eq!(escape(b"\x1b]0;title\x07\r\0\x7f"), r"\x1b]0;title\x07\x0d\x00\x7f");
        assert_eq!(escape(b"\xff\xc3"), r"\xff\xc3");
        assert_eq!(escape("\u{9b}31m\u{202e}abc".as_bytes()), r"\xc2\x9b31m\xe2\x80\xaeabc");
    }

    #[test]
    fn no_invisible_character_and_no_change_of_direction_gets_through() {
        for c in "\u{ad}\u{34f}\u{180e}\u{2028}\u{202e}\u{2066}\u{3164}\u{fe0f}\u{ffa0}\u{fff9}\u{110bd}\u{e0041}\u{e0100}".chars() {
            let shown = escape(format!("a{c}b").as_bytes());
            assert!(shown.is_ascii() && shown.starts_with(r"a\x"), "{c:?}: {shown}");
        }
        assert_eq!(excerpt("a\u{3164}b\u{202e}##["), "a\u{fffd}b\u{fffd}#\\x23[");
    }

    #[test]
    fn no_command_of_a_ci_system_gets_through() {
        for (text, shown) in [
            ("##[error]x", r"#\x23[error]x"),
            ("a ##vso[task.complete]", r"a #\x23vso[task.complete]"),
            ("###teamcity[x]##[", r"##\x23teamcity[x]#\x23["),
            ("## heading [x] ##1[", "## heading [x] ##1["),
            ("::error::x\n \t::warning::\u{a0}", "\\x3a:error::x\n \t\\x3a:warning::\u{a0}"),
            (" \u{3000}::a\nb::c :: d\n\n:::", " \u{3000}\\x3a:a\nb::c :: d\n\n\\x3a::"),
        ] {
            assert_eq!(escape(text.as_bytes()), shown, "{text:?}");
        }
        assert_eq!(escape(b"\xff::a\n\xff\n::b"), "\\xff::a\n\\xff\n\\x3a:b");
        assert_eq!(one_line(" ::a\n::b ##[c"), r" \x3a:a\x0a::b #\x23[c");
        assert_eq!(within_line(b"::a\n::b ##[c"), r"::a\x0a::b #\x23[c");
    }

    /// A shorter length would change no text, but the loop of the caller would take one step for
    /// each byte.
    #[test]
    fn the_length_of_a_harmless_run_reaches_the_first_other_byte() {
        for length in 0..20 {
            let run = "~ x".repeat(7);
            for end in ["#", ":", "\n", "\x7f", "\u{e9}"] {
                let bytes = [&run.as_bytes()[..length], end.as_bytes(), b"xxxxxxxxx"].concat();
                assert_eq!(harmless(&bytes), length, "{bytes:?}");
            }
            assert_eq!(harmless(&run.as_bytes()[..length]), length);
        }
    }

    #[test]
    fn runs_of_harmless_bytes_are_copied_and_nothing_else_is() {
        /// Escapes the same characters as `escape`, with a simple loop over the characters.
        fn plainly(bytes: &[u8], lines: bool, mut is_start: bool) -> String {
            let mut out = String::new();
            for chunk in bytes.utf8_chunks() {
                let text = chunk.valid();
                for (at, c) in text.char_indices() {
                    let is_second =
                        c == '#' && text[..at].ends_with('#') && is_command(&text[at - 1..]);
                    let before = &text[..at];
                    let before = before.trim_end_matches(|c: char| c.is_whitespace() && c != '\n');
                    let begins = match before.chars().next_back() {
                        None => is_start,
                        Some(last) => lines && last == '\n',
                    };
                    let is_colon = text[at..].starts_with("::") && begins;
                    let stays = !is_hidden(c) || c == '\t' || (lines && c == '\n');
                    if stays && !is_second && !is_colon {
                        out.push(c);
                    } else {
                        hex(&mut out, c.to_string().as_bytes());
                    }
                }
                hex(&mut out, chunk.invalid());
                is_start = is_start && text.is_empty() && chunk.invalid().is_empty();
            }
            out
        }
        let long = "x".repeat(31);
        let parts: [&[u8]; 14] = [
            b"",
            b"x",
            long.as_bytes(),
            b"#",
            b"##",
            b"[",
            b":",
            b"::",
            b"\n",
            b" ",
            b"\0",
            b"\xff",
            "\u{e9}".as_bytes(),
            "\u{3164}".as_bytes(),
        ];
        for first in parts {
            for second in parts {
                for third in parts {
                    for fourth in parts {
                        let bytes = [first, second, third, fourth].concat();
                        assert_eq!(escape(&bytes), plainly(&bytes, true, true), "{bytes:?}");
                        assert_eq!(within_line(&bytes), plainly(&bytes, false, false), "{bytes:?}");
                        if let Ok(text) = str::from_utf8(&bytes) {
                            assert_eq!(one_line(text), plainly(&bytes, false, true), "{bytes:?}");
                        }
                    }
                }
            }
        }
    }
}

#[cfg(all(test, not(miri)))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Escapes bytes with [`push`] and [`hex`] for each chunk of UTF-8.
    fn by_chunks<const LINES: bool>(bytes: &[u8], mut is_start: bool) -> String {
        let mut out = String::new();
        for chunk in bytes.utf8_chunks() {
            push::<LINES>(&mut out, chunk.valid(), is_start);
            hex(&mut out, chunk.invalid());
            is_start = false;
        }
        out
    }

    /// Generates bytes that often begin commands of a CI system, lines and UTF-8 sequences.
    fn part() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            prop::sample::select(&b"#[: \n\t\x80\xa0\xe2\xf0\xff"[..]).prop_map(|byte| vec![byte]),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            prop::sample::select(&["##vso[", "::", "\u{3000}", "\u{a0}"][..])
                .prop_map(|text| text.as_bytes().to_vec()),
            (250_usize..300).prop_map(|length| vec![b'x'; length]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_escaped_has_no_control_character(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            for bytes in [&*bytes, text.as_bytes()] {
                let escaped = escape(bytes);
                prop_assert!(!escaped.chars().any(|c| is_hidden(c) && c != '\t' && c != '\n'));
                // Escaping an escaped text again does not change the text.
                prop_assert_eq!(escape(escaped.as_bytes()), escaped);
            }
            prop_assert!(!one_line(&text).contains('\n'));
        }

        /// The comparison ignores escaped `#` and `:`, which may begin a command of a CI system.
        #[test]
        fn printable_ascii_stays_as_it_is(text in "[ -~\t\n]*") {
            let read = |text: &str| text.replace("\\x23", "#").replace("\\x3a", ":");
            prop_assert_eq!(read(&escape(text.as_bytes())), read(&text));
            let plain = text.replace(['#', ':'], "");
            prop_assert_eq!(escape(plain.as_bytes()), plain);
        }

        /// The test compares with a loop over the chunks of UTF-8, which escapes byte by byte.
        #[test]
        fn bytes_that_are_not_utf8_are_escaped_as_their_chunks_are(
            parts in proptest::collection::vec(part(), 0..400),
        ) {
            let bytes = parts.concat();
            prop_assert_eq!(escape(&bytes), by_chunks::<true>(&bytes, true));
            prop_assert_eq!(within_line(&bytes), by_chunks::<false>(&bytes, false));
        }

        #[test]
        fn an_excerpt_is_short(text in any::<String>(), times in 1_usize..300) {
            prop_assert!(excerpt(&text.repeat(times)).chars().count() <= 161);
        }

        #[test]
        fn every_duration_can_be_printed(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32) {
            prop_assert!(super::seconds(Duration::new(seconds, nanos)).ends_with(" s"));
        }

        /// The test does not run on Windows, where `quote` does not quote backslashes for a Unix
        /// shell.
        #[cfg(not(windows))]
        #[test]
        fn a_shell_reads_every_quoted_word_back(words in proptest::collection::vec(any::<String>(), 1..4)) {
            let line: Vec<_> = words.iter().map(|word| quote(word)).collect();
            prop_assert_eq!(shell_words::split(&line.join(" ")), Ok(words));
        }
    }
}
