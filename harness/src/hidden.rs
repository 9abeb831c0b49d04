//! Defines which characters are hidden: control characters, invisible characters, and characters
//! that change the direction of text.

/// Sorted table of the ranges of hidden characters.
///
/// The ranges are those of Unicode 16 for `[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Bidi_Control}
/// \p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]`
/// (<https://www.unicode.org/Public/16.0.0/ucd/>). A test compares the ranges with the tables of
/// the crate regex-syntax. The table also has U+FFFE and U+FFFF, which XML does not allow.
const HIDDEN: &[(char, char)] = &[
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{1fffe}', '\u{1ffff}'),
    ('\u{2fffe}', '\u{2ffff}'),
    ('\u{3fffe}', '\u{3ffff}'),
    ('\u{4fffe}', '\u{4ffff}'),
    ('\u{5fffe}', '\u{5ffff}'),
    ('\u{6fffe}', '\u{6ffff}'),
    ('\u{7fffe}', '\u{7ffff}'),
    ('\u{8fffe}', '\u{8ffff}'),
    ('\u{9fffe}', '\u{9ffff}'),
    ('\u{afffe}', '\u{affff}'),
    ('\u{bfffe}', '\u{bffff}'),
    ('\u{cfffe}', '\u{cffff}'),
    ('\u{dfffe}', '\u{e0fff}'),
    ('\u{efffe}', '\u{effff}'),
    ('\u{ffffe}', '\u{fffff}'),
    ('\u{10fffe}', '\u{10ffff}'),
];

/// For each block of 256 characters, whether the block has a hidden character. Most blocks of
/// letters have no hidden character, so `is_hidden` rarely searches the ranges.
static BLOCKS: [bool; 0x1100] = {
    let mut blocks = [false; 0x1100];
    let mut range = 0;
    while range < HIDDEN.len() {
        let (first, last) = HIDDEN[range];
        let mut block = first as usize >> 8;
        while block <= last as usize >> 8 {
            blocks[block] = true;
            block += 1;
        }
        range += 1;
    }
    blocks
};

/// Returns true if and only if a character is hidden. A hidden character is a control character,
/// has no visible shape, or changes the direction of text.
///
/// The hidden characters are the Unicode categories Cc, Cf, Zl and Zp, the characters with the
/// properties `Default_Ignorable_Code_Point` or `Bidi_Control`, and the noncharacters.
///
/// ```
/// use testprog_harness::text::is_hidden;
///
/// assert!(is_hidden('\u{202e}') && is_hidden('\u{3164}') && is_hidden('\n'));
/// assert!(!is_hidden('é') && !is_hidden(' '));
/// ```
pub fn is_hidden(c: char) -> bool {
    if !BLOCKS[c as usize >> 8] {
        return false;
    }
    let following = HIDDEN.partition_point(|(_, last)| *last < c);
    HIDDEN.get(following).is_some_and(|(first, _)| *first <= c)
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    #[test]
    fn the_hidden_characters_are_those_of_unicode() {
        let class = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]";
        let class = regex_syntax::parse(class).unwrap();
        let HirKind::Class(Class::Unicode(class)) = class.kind() else { panic!("{class:?}") };
        let ranges: Vec<_> =
            class.ranges().iter().map(|range| (range.start(), range.end())).collect();
        assert_eq!(ranges, HIDDEN);
    }

    #[test]
    fn both_ends_of_a_range_are_hidden_and_their_neighbors_are_not() {
        for (first, last) in HIDDEN {
            assert!(is_hidden(*first) && is_hidden(*last), "{first:?} {last:?}");
            let before = char::from_u32((*first as u32).wrapping_sub(1));
            let after = char::from_u32(*last as u32 + 1);
            assert!(!before.is_some_and(is_hidden) && !after.is_some_and(is_hidden), "{first:?}");
        }
    }
}
