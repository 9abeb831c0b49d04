//! Escapes foreign text for Markdown.

/// Number of characters after which the text of a table cell is cut.
const LONGEST_CELL: usize = 500;

/// Returns Markdown of one line that shows `text` literally.
pub(crate) fn markdown(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars().take(LONGEST_CELL) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '|' | '#' | '~' | '!' | '@' | '$' => {
                escaped.extend(['\\', c]);
            }
            c => escaped.push(c),
        }
    }
    if text.chars().nth(LONGEST_CELL).is_some() {
        escaped.push('…');
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_is_no_markup() {
        assert_eq!(
            markdown("a|b <script> `x` [l](u) &amp;\n| c"),
            "a\\|b &lt;script&gt; \\`x\\` \\[l\\]\\(u\\) &amp;amp; \\| c"
        );
        let long = markdown(&"x".repeat(10_000));
        assert_eq!(long.chars().count(), LONGEST_CELL + 1);
    }
}
