//! Checks of the stylesheet's colours: texts and marks have enough contrast (WCAG 2.2, 1.4.3 and 1.4.11).

use std::collections::HashMap;

const STYLESHEET: &str = include_str!("../../assets/page.css");

/// The contrast of two colours (`#rrggbb`), 1 to 21.
pub(crate) fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

/// The colours of a `:root` block, by name.
fn colours(block: &str) -> HashMap<&str, &str> {
    let declarations = block.split_once('}').unwrap().0.split(';');
    declarations
        .filter_map(|it| it.split_once(": #"))
        .map(|(name, value)| (name.trim().trim_start_matches("--"), value))
        .map(|(name, value)| (name, &STYLESHEET[offset(value) - 1..offset(value) + 6]))
        .collect()
}

/// Where a part of the stylesheet is in it.
fn offset(part: &str) -> usize {
    part.as_ptr() as usize - STYLESHEET.as_ptr() as usize
}

/// Both schemes.
fn schemes() -> [HashMap<&'static str, &'static str>; 2] {
    let mut blocks = STYLESHEET.split(":root {").skip(1);
    [blocks.next().unwrap(), blocks.next().unwrap()].map(colours)
}

#[test]
fn contrasts_are_those_that_wcag_computes() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
    assert!((contrast("#777777", "#ffffff") - 4.478).abs() < 1e-3);
}

#[test]
fn text_can_be_read_in_both_schemes() {
    for scheme in schemes() {
        for text in ["text", "quiet", "link"] {
            for ground in ["ground", "surface"] {
                assert_contrast(&scheme, text, ground, 4.5);
            }
        }
        for tone in ["up", "caution", "down", "maintenance", "unknown"] {
            // In a state or the verdict, in a row, and beside the parts.
            for ground in [&format!("{tone}-ground"), "surface", "ground"] {
                assert_contrast(&scheme, tone, ground, 4.5);
            }
            // Notices are in the colour of all text.
            assert_contrast(&scheme, "text", &format!("{tone}-ground"), 4.5);
        }
    }
}

#[test]
fn marks_can_be_told_from_what_they_are_on() {
    for scheme in schemes() {
        for mark in ["up", "caution", "down", "maintenance", "unknown"] {
            for ground in ["surface", "ground"] {
                assert_contrast(&scheme, &format!("{mark}-mark"), ground, 3.0);
            }
        }
        assert_contrast(&scheme, "edge", "surface", 3.0);
        assert_contrast(&scheme, "edge", "ground", 3.0);
    }
}

/// All that is green is one of three colours, and those are grey while the page is blind.
#[test]
fn no_colour_looks_good_on_a_blind_page() {
    let blind = STYLESHEET.split_once(".blind,\n.lost {").unwrap().1;
    let blind = blind.split_once('}').unwrap().0;
    for scheme in schemes() {
        for name in scheme.keys().filter(|name| name.starts_with("up")) {
            let grey = name.replace("up", "unknown");
            assert!(
                blind.contains(&format!("--{name}: var(--{grey});")),
                "{name}"
            );
        }
    }
    let green_by_itself = STYLESHEET.lines().filter(|line| line.contains("green"));
    assert_eq!(green_by_itself.count(), 0);
}

fn assert_contrast(scheme: &HashMap<&str, &str>, a: &str, b: &str, at_least: f64) {
    let ratio = contrast(scheme[a], scheme[b]);
    assert!(
        ratio >= at_least,
        "{a} {} on {b} {}: {ratio:.2}",
        scheme[a],
        scheme[b]
    );
}
