//! Escapes and quotes text for reports, terminals and shells, and formats durations.

use std::fmt::Write as _;
use std::time::Duration;

/// Escapes a text from a child so that the text has only one line and contains no control sequences
/// for a terminal.
pub fn one_line(text: &str) -> String {
    escape(text.as_bytes()).replace('\n', "\\x0a")
}

/// Escapes bytes from a child so that they contain no control sequences for a terminal. Printable
/// characters, tabs and line feeds do not change, and every other byte becomes `\xNN`.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Besides control characters, the function escapes these characters: most of them are
            // invisible or change the direction of text, and XML does not allow U+FFFE and U+FFFF.
            let invisible = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
            if (c.is_control() && c != '\t' && c != '\n') || invisible {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| hex(&mut text, byte));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|byte| hex(&mut text, *byte));
    }
    text
}

fn hex(text: &mut String, byte: u8) {
    write!(text, "\\x{byte:02x}").expect("writing to a String cannot fail");
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

/// Shortens a text from a child to 160 characters for an error message, and replaces its control
/// characters.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 160;
    let mut short: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
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
}

#[cfg(all(test, not(miri)))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_escaped_has_no_control_character(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            for bytes in [&*bytes, text.as_bytes()] {
                let escaped = escape(bytes);
                prop_assert!(!escaped.chars().any(|c| c.is_control() && c != '\t' && c != '\n'));
                // A second pass finds nothing to escape.
                prop_assert_eq!(escape(escaped.as_bytes()), escaped);
            }
            prop_assert!(!one_line(&text).contains('\n'));
        }

        #[test]
        fn printable_ascii_stays_as_it_is(text in "[ -~\t\n]*") {
            prop_assert_eq!(escape(text.as_bytes()), text);
        }

        #[test]
        fn an_excerpt_is_short(text in any::<String>(), times in 1_usize..300) {
            prop_assert!(excerpt(&text.repeat(times)).chars().count() <= 161);
        }

        #[test]
        fn every_duration_can_be_printed(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32) {
            prop_assert!(super::seconds(Duration::new(seconds, nanos)).ends_with(" s"));
        }

        /// On Windows the words are for another shell.
        #[cfg(not(windows))]
        #[test]
        fn a_shell_reads_every_quoted_word_back(words in proptest::collection::vec(any::<String>(), 1..4)) {
            let line: Vec<_> = words.iter().map(|word| quote(word)).collect();
            prop_assert_eq!(shell_words::split(&line.join(" ")), Ok(words));
        }
    }
}
