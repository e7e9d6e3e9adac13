//! Makes untrusted text safe to show. Templates escape markup; this module handles invisible characters, characters
//! that change the direction of text, and long texts.

pub(crate) mod ids;
pub(crate) mod time;
pub(crate) mod words;

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest name in a row, in characters. Longer names are cut.
pub(crate) const NAME_MAX_CHARS: usize = 256;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Replaces invisible characters: control characters with their pictures (`␀`), and characters without width or that
/// change the direction with their code (`[U+202E]`). Joiners stay, because scripts and emoji need them.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\0'..='\x1f' => {
                shown.push(char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'));
            }
            '\x7f' => shown.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "[U+{:04X}]", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// The longest summary or description, in characters.
const PROSE_MAX_CHARS: usize = 4_000;

/// Joins the lines of a text, cuts it to [`PROSE_MAX_CHARS`], and makes it visible.
pub(crate) fn prose(text: &str) -> String {
    let text = cut(text.trim(), PROSE_MAX_CHARS);
    visible(&text.replace(['\n', '\r', '\t'], " "))
}

/// Cuts a text to at most `max` characters. A cut text ends with an ellipsis.
pub(crate) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text
            .chars()
            .take(max.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

/// Returns a name for a page: visible, and at most [`NAME_MAX_CHARS`] long.
pub(crate) fn name(text: &str) -> String {
    cut(&visible(&cut(text, NAME_MAX_CHARS)), NAME_MAX_CHARS)
}

/// Encodes a text as one segment of a path or one value of a query. The dots of `.` and `..` are encoded, because they
/// would mean other folders.
pub(crate) fn segment(text: &str) -> String {
    match text {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn invisible_characters_are_replaced() {
        assert_eq!(visible("a\0b\tc\x7f"), "a␀b␉c␡");
        assert_eq!(visible("good\u{202e}exe.txt"), "good[U+202E]exe.txt");
        assert_eq!(visible("naïve – 家 👩‍👩‍👧"), "naïve – 家 👩‍👩‍👧");
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("fours", 4), "fou…");
        assert_eq!(name(&"x".repeat(10_000)).chars().count(), NAME_MAX_CHARS);
    }

    proptest! {
        #[test]
        fn names_are_visible_and_short(text in any::<String>()) {
            let shown = name(&text);
            prop_assert!(shown.chars().count() <= NAME_MAX_CHARS);
            let invisible = |it: char| it.is_control() || ('\u{202a}'..='\u{202e}').contains(&it) || ('\u{2066}'..='\u{2069}').contains(&it);
            prop_assert!(!shown.contains(invisible), "{shown:?}");
        }

        #[test]
        fn a_segment_decodes_to_its_text(text in any::<String>()) {
            let segment = segment(&text);
            prop_assert!(segment != "." && segment != ".." && !segment.contains(['/', '?', '#', '&', '"', '<']));
            let decoded = percent_encoding::percent_decode_str(&segment).decode_utf8().unwrap();
            prop_assert_eq!(decoded, text);
        }
    }
}
