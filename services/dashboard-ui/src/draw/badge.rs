//! Badges: small SVG pictures of a target's state or figure, for other websites.

use askama::Template;
use gateway_api::status::State;

use crate::text::{cut, visible, words};

/// The longest label, in characters.
const LABEL_MAX_CHARS: usize = 40;

/// The assumed widths of a character, in pixels: most characters, and those of double width.
const NARROW: u32 = 7;
const WIDE: u32 = 12;

/// White text has a contrast of at least 4.5:1 on each of these colours.
const GREEN: &str = "#1a7f37";
const RED: &str = "#c0281f";
const AMBER: &str = "#8a5a00";
const BLUE: &str = "#1f5fa8";
const GREY: &str = "#59636e";

/// `templates/badge.svg`.
#[derive(Debug, Template)]
#[template(path = "badge.svg")]
pub(crate) struct Badge {
    label: String,
    value: String,
    colour: &'static str,
    label_width: u32,
    value_width: u32,
}

impl Badge {
    fn new(label: &str, value: String, colour: &'static str) -> Self {
        let label = cut(&visible(label), LABEL_MAX_CHARS);
        Self {
            label_width: width(&label),
            value_width: width(&value),
            label,
            value,
            colour,
        }
    }

    pub(crate) fn state(target: &str, state: State) -> Self {
        let colour = match state {
            State::Up => GREEN,
            State::Down => RED,
            State::Maintenance => BLUE,
            State::Unknown => GREY,
        };
        Self::new(target, words::state(state).to_lowercase(), colour)
    }

    /// Returns a badge of an availability (`99.95%`): green from 99 %, amber from 95 %, red below.
    pub(crate) fn availability(target: &str, range: &str, availability: Option<&str>) -> Self {
        let label = format!("{} {range}", cut(target, LABEL_MAX_CHARS - 4));
        let percent = availability.and_then(|text| text.trim_end_matches('%').parse::<f64>().ok());
        let colour = match percent {
            Some(99.0..) => GREEN,
            Some(95.0..99.0) => AMBER,
            Some(_) => RED,
            None => GREY,
        };
        Self::new(&label, value(availability), colour)
    }

    /// Returns a badge of a latency, in a neutral colour.
    pub(crate) fn latency(target: &str, latency: Option<&str>) -> Self {
        let label = format!("{} 95%", cut(target, LABEL_MAX_CHARS - 4));
        let colour = if latency.is_some() { BLUE } else { GREY };
        Self::new(&label, value(latency), colour)
    }

    fn width(&self) -> u32 {
        self.label_width + self.value_width
    }
}

fn value(text: Option<&str>) -> String {
    text.map_or_else(|| "unknown".to_owned(), visible)
}

/// Returns the width of a text with its margins, in pixels. Viewers stretch the text to it.
fn width(text: &str) -> u32 {
    let wide = |it: char| it >= '\u{1100}';
    let widths = text.chars().map(|it| if wide(it) { WIDE } else { NARROW });
    widths.sum::<u32>() + 10
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::draw::palette::contrast;

    #[test]
    fn a_badge_is_a_picture_with_a_name() {
        insta::assert_snapshot!(Badge::state("demo", State::Up).render().unwrap());
    }

    #[test]
    fn unknown_values_are_grey() {
        assert_eq!(Badge::state("demo", State::Unknown).colour, GREY);
        assert_eq!(Badge::availability("demo", "24h", None).colour, GREY);
        assert_eq!(Badge::latency("demo", None).colour, GREY);
        assert_eq!(
            Badge::availability("demo", "24h", Some("99.95%")).colour,
            GREEN
        );
        assert_eq!(
            Badge::availability("demo", "24h", Some("98.99%")).colour,
            AMBER
        );
        assert_eq!(
            Badge::availability("demo", "24h", Some("0.00%")).colour,
            RED
        );
    }

    #[test]
    fn white_text_has_contrast_on_every_colour() {
        for colour in [GREEN, RED, AMBER, BLUE, GREY, "#3b434b"] {
            assert!(contrast("#ffffff", colour) >= 4.5, "{colour}");
        }
    }

    proptest! {
        #[test]
        fn any_name_gives_well_formed_xml(target in any::<String>(), availability in any::<String>()) {
            for badge in [
                Badge::state(&target, State::Down),
                Badge::availability(&target, "24h", Some(&availability)),
                Badge::latency(&target, Some(&availability)),
            ] {
                let svg = badge.render().unwrap();
                let document = roxmltree::Document::parse(&svg);
                prop_assert!(document.is_ok(), "{svg}");
                let scripts = document.unwrap().descendants().filter(|it| it.has_tag_name("script")).count();
                prop_assert_eq!(scripts, 0);
            }
        }
    }
}
