//! Text from elsewhere made fit for a line, a terminal or a shell, and units for a person.

use std::fmt::Write as _;
use std::time::Duration;

/// Returns a foreign text so that it takes one line and a terminal does not act on it.
pub fn one_line(text: &str) -> String {
    escape(text.as_bytes()).replace('\n', "\\x0a")
}

/// Returns foreign bytes so that a terminal shows them and does not act on them: what is printable stays, tab and line
/// feed stay, any other byte becomes `\xNN`.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Beside the control characters: those that turn the direction of what follows, or cannot be seen.
            // The last two are no characters; XML refuses them.
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

/// Returns a duration as seconds with as many digits as a person wants to know.
pub fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{:.3} s", duration.as_secs_f64())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// Shortens a foreign text for an error message, and takes away what a terminal would act on.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 160;
    let mut short: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// Quotes a word for a shell, where it needs that.
pub(crate) fn quote(word: &str) -> String {
    // A backslash is for paths on Windows only; a Unix shell acts on it.
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
