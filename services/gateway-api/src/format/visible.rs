//! Makes untrusted text safe to show.

use std::fmt::Write;

/// Replaces invisible characters: control characters with their pictures (`␀`), and characters without width or that
/// change the direction with their code (`[U+202E]`). Joiners stay, because scripts and emoji need them.
#[must_use]
pub fn visible(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_become_visible() {
        assert_eq!(visible("a\0b\tc\x7f"), "a␀b␉c␡");
        assert_eq!(visible("good\u{202e}exe.txt"), "good[U+202E]exe.txt");
        assert_eq!(visible("naïve – 家 👩‍👩‍👧"), "naïve – 家 👩‍👩‍👧");
    }
}
