//! The colours of log lines on a terminal: one for each part, and red and yellow for errors and warnings only.

use console::style;

/// The colours of the parts, readable on dark and light backgrounds: indices of the 256 colours, none red or yellow.
const COLOURS: [u8; 9] = [244, 33, 37, 71, 133, 67, 98, 30, 107];

/// The length of a line's start that may contain its level. Messages behind it may contain any words.
const HEAD: usize = 120;

/// Returns the name of the part with this index, as the start of a line.
#[must_use]
pub fn label(index: usize, name: &str) -> String {
    let colour = COLOURS
        .get(index % COLOURS.len())
        .copied()
        .unwrap_or_default();
    format!("{} ", style(format!("{name:<12} |")).color256(colour))
}

/// Returns the line in the colour of its level: red for an error, yellow for a warning, else unchanged.
#[must_use]
pub fn line(bytes: &[u8]) -> Vec<u8> {
    if !console::colors_enabled() {
        return bytes.to_vec();
    }
    let colour: &[u8] = match level(bytes) {
        Some(Level::Error) => b"\x1b[31m",
        Some(Level::Warning) => b"\x1b[33m",
        None => return bytes.to_vec(),
    };
    [colour, bytes, b"\x1b[0m"].concat()
}

#[derive(Debug, PartialEq)]
enum Level {
    Error,
    Warning,
}

/// Finds the level at the start of a line, in the formats of all parts.
fn level(line: &[u8]) -> Option<Level> {
    let head = line.get(..line.len().min(HEAD)).unwrap_or(line);
    let has = |marks: &[&str]| {
        let found = |mark: &&str| head.windows(mark.len()).any(|it| it == mark.as_bytes());
        marks.iter().any(found)
    };
    if has(&[
        "Z ERROR ",
        "level=error",
        "level=ERROR",
        r#""level":"ERROR""#,
    ]) {
        Some(Level::Error)
    } else if has(&["Z  WARN ", "level=warn", "level=WARN", r#""level":"WARN""#]) {
        Some(Level::Warning)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::part::Part;

    #[test]
    fn every_part_has_its_own_colour_which_is_not_the_alarms() {
        let distinct: BTreeSet<u8> = COLOURS.into();
        // The ninth is the supervisor.
        assert_eq!(distinct.len(), Part::ALL.len() + 1);
        for colour in distinct {
            let (red, green, blue) = match colour {
                16..=231 => ((colour - 16) / 36, (colour - 16) / 6 % 6, (colour - 16) % 6),
                grey => (grey, grey, grey),
            };
            assert!(blue >= red || green > red, "{colour} is red or yellow");
        }
    }

    #[test]
    fn levels_are_found_in_the_formats_of_all_parts() {
        for (line, expected) in [
            (
                "2026-11-23T02:37:02.141Z ERROR ping_agent: no",
                Some(Level::Error),
            ),
            (
                "2026-11-23T02:37:02.141Z  WARN ping_agent: no",
                Some(Level::Warning),
            ),
            ("2026-11-23T02:37:02.141Z  INFO ping_agent: ERROR ", None),
            (
                "ts=2026-11-23T02:37:02.141Z caller=main.go:241 level=error msg=no",
                Some(Level::Error),
            ),
            (
                r#"{"timestamp":"2026-11-23T02:37:02.141Z","level":"WARN"}"#,
                Some(Level::Warning),
            ),
        ] {
            assert_eq!(level(line.as_bytes()), expected, "{line}");
        }
    }
}
