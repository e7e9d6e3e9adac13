//! Tests of the stylesheet's colours: text and marks have enough contrast (WCAG 2.2, 1.4.3 and 1.4.11).

use std::collections::HashMap;

const STYLESHEET: &str = include_str!("../../assets/page.css");

/// Returns the contrast ratio of two colours (`#rrggbb`), 1 to 21, by the formula of WCAG 2.2.
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

/// Returns the colours of a `:root` block, by name.
fn colours(block: &str) -> HashMap<&str, &str> {
    let declarations = block.split_once('}').unwrap().0.split(';');
    declarations
        .filter_map(|it| it.split_once(": #"))
        .map(|(name, value)| (name.trim().trim_start_matches("--"), value))
        .map(|(name, value)| (name, &STYLESHEET[offset(value) - 1..offset(value) + 6]))
        .collect()
}

/// Returns the offset of a part of the stylesheet.
fn offset(part: &str) -> usize {
    part.as_ptr() as usize - STYLESHEET.as_ptr() as usize
}

/// Returns the colours of the light and the dark scheme.
fn schemes() -> [HashMap<&'static str, &'static str>; 2] {
    let mut blocks = STYLESHEET.split(":root {").skip(1);
    [blocks.next().unwrap(), blocks.next().unwrap()].map(colours)
}

#[test]
fn contrast_matches_known_wcag_values() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
    assert!((contrast("#777777", "#ffffff") - 4.478).abs() < 1e-3);
}

#[test]
fn text_has_contrast_in_both_schemes() {
    for scheme in schemes() {
        for text in ["text", "quiet", "link"] {
            for ground in ["ground", "surface"] {
                assert_contrast(&scheme, text, ground, 4.5);
            }
        }
        for tone in ["up", "caution", "down", "maintenance", "unknown"] {
            // A state or the verdict, a row, and the list of parts.
            for ground in [&format!("{tone}-ground"), "surface", "ground"] {
                assert_contrast(&scheme, tone, ground, 4.5);
            }
            // Notices have the colour of normal text.
            assert_contrast(&scheme, "text", &format!("{tone}-ground"), 4.5);
        }
    }
}

#[test]
fn marks_have_contrast_with_their_ground() {
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

/// The stylesheet has three green colours. All of them are grey while the page is blind.
#[test]
fn no_colour_is_green_on_a_blind_page() {
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
