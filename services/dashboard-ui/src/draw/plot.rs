//! Lines of latency over time, as SVG paths.

use std::fmt::Write;

/// The number of slots that share one point of a row's line. A page has up to a thousand lines.
const SLOTS_A_POINT: usize = 3;

/// Returns a value if it can be drawn: finite and not negative.
fn drawable(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value >= 0.0)
}

/// Returns the largest value that can be drawn, or 0.
pub(crate) fn top<'a>(values: impl IntoIterator<Item = &'a Option<f64>>) -> f64 {
    values
        .into_iter()
        .filter_map(|value| drawable(*value))
        .fold(0.0, f64::max)
}

/// Returns an SVG path through values that may be missing. Value `n` is at `x = n * step`; 0 is at the bottom of
/// `height`, `top` at its top. Coordinates are relative integers, to keep the path short. A single value is a dot if
/// line caps are round.
pub(crate) fn line(values: &[Option<f64>], step: usize, top: f64, height: f64) -> String {
    let mut path = String::new();
    let mut before: Option<i64> = None;
    let mut first = true;
    for (index, value) in values.iter().enumerate() {
        let y = drawable(*value).map(|value| level(value, top, height));
        // Writing to a string cannot fail.
        let _ = match (before, y) {
            (None, Some(y)) => write!(path, "M{} {y}h0", index * step),
            (Some(before), Some(y)) => {
                let command = if first { "l" } else { " " };
                let gap = if y < before { "" } else { " " };
                write!(path, "{command}{step}{gap}{}", y - before)
            }
            (_, None) => Ok(()),
        };
        first = before.is_none();
        before = y;
    }
    path
}

/// Returns a value's distance from the top, with a margin of 1 so that the stroke is not clipped.
pub(crate) fn level(value: f64, top: f64, height: f64) -> i64 {
    let fraction = if top > 0.0 {
        (value / top).min(1.0)
    } else {
        0.0
    };
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and the height")]
    let level = (1.0 + (height - 2.0) * (1.0 - fraction)).round() as i64;
    level
}

/// Reduces every [`SLOTS_A_POINT`] slots to their highest value, so that slow responses stay visible.
pub(crate) fn coarse(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let highest = |slots: &[Option<f64>]| {
        let drawn = slots.iter().filter_map(|value| drawable(*value));
        drawn.reduce(f64::max)
    };
    values.chunks(SLOTS_A_POINT).map(highest).collect()
}

/// Returns a round number at or above `top`, as the end of an axis.
pub(crate) fn axis(top: f64) -> f64 {
    if !(top.is_finite() && top > 0.0) {
        return 1.0;
    }
    let unit = 10_f64.powf(top.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let fits = steps
        .into_iter()
        .find(|step| step * unit >= top * 0.999_999);
    fits.unwrap_or(10.0) * unit
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_has_a_gap_where_values_are_missing() {
        let values = [Some(0.0), Some(1.0), Some(0.5), None, Some(1.0)];
        assert_eq!(line(&values, 1, 1.0, 20.0), "M0 19h0l1-18 1 9M4 1h0");
        assert_eq!(line(&[None, None], 1, 1.0, 20.0), "");
        assert_eq!(line(&[Some(0.0)], 1, 0.0, 20.0), "M0 19h0");
    }

    #[test]
    fn an_axis_ends_at_a_round_value() {
        for (top, end) in [
            (0.013, 0.015),
            (0.31, 0.4),
            (0.5, 0.5),
            (7.0, 8.0),
            (0.0, 1.0),
        ] {
            assert!((axis(top) - end).abs() < 1e-9, "{top}: {}", axis(top));
        }
    }

    proptest! {
        #[test]
        fn any_values_give_a_line_within_the_picture(values in prop::collection::vec(prop::option::of(any::<f64>()), 0..90)) {
            let path = line(&values, 1, top(&values), 20.0);
            prop_assert!(!path.contains(['N', 'n', 'e']), "{path}");
            for value in values.iter().flatten() {
                let level = level(*value, top(&values), 20.0);
                prop_assert!(drawable(Some(*value)).is_none() || (1..=19).contains(&level));
            }
        }
    }
}
