//! The figures of benchmarks, with those of their peers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

/// A figure; smaller is better.
#[derive(Debug)]
pub struct Figure {
    /// Its name with the unit, such as `first_byte_ms`.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Its limit.
    pub limit: f64,
    /// The name of the peer that did the same work in the same run, such as `http_server`.
    pub peer: &'static str,
    /// The peer's figure.
    pub peers: f64,
}

impl Figure {
    /// Returns whether it is within its limit.
    pub fn is_within_limit(&self) -> bool {
        self.value <= self.limit
    }

    fn ratio(&self) -> f64 {
        self.value / self.peers
    }

    /// Returns the name without the unit.
    fn stem(&self) -> &str {
        self.name
            .rsplit_once('_')
            .map_or(self.name, |(stem, _)| stem)
    }
}

/// Returns a percentile of sorted times in milliseconds.
pub fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted
        .get(index)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

/// Formats one JSON object keyed by benchmark, with each figure, its limit, its peer's figure and their ratio.
pub fn json(measured: &BTreeMap<String, Vec<Figure>>) -> String {
    let benchmarks: Map<String, Value> = measured
        .iter()
        .map(|(benchmark, figures)| {
            let fields: Map<String, Value> = figures.iter().flat_map(fields).collect();
            (benchmark.clone(), fields.into())
        })
        .collect();
    format!("{:#}\n", Value::Object(benchmarks))
}

fn fields(figure: &Figure) -> [(String, Value); 4] {
    let Figure { name, peer, .. } = figure;
    let stem = figure.stem();
    [
        ((*name).to_owned(), rounded(figure.value)),
        (format!("{name}_limit"), rounded(figure.limit)),
        (format!("{name}_of_{peer}"), rounded(figure.peers)),
        (format!("{stem}_ratio_to_{peer}"), rounded(figure.ratio())),
    ]
}

/// Rounds to three decimals; null for a value that is not finite.
fn rounded(number: f64) -> Value {
    ((number * 1000.0).round() / 1000.0).into()
}

/// Formats a table for each benchmark.
pub fn table(measured: &BTreeMap<String, Vec<Figure>>) -> String {
    let mut text = String::new();
    for (benchmark, figures) in measured {
        text.push_str(&format!(
            "{:<28}{:>10}{:>10}  {:<30}{:>8}\n",
            benchmark.to_uppercase(),
            "MEASURED",
            "LIMIT",
            "  PEER",
            "RATIO"
        ));
        for figure in figures {
            let peers = format!("{:>10.2} {}", figure.peers, figure.peer);
            let over = if figure.is_within_limit() {
                ""
            } else {
                "  over its limit"
            };
            text.push_str(&format!(
                "{:<28}{:>10.2}{:>10}  {peers:<30}{:>8.2}{over}\n",
                figure.name,
                figure.value,
                figure.limit,
                figure.ratio()
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: f64) -> BTreeMap<String, Vec<Figure>> {
        let figure = Figure {
            name: "first_byte_ms",
            value,
            limit: 100.0,
            peer: "http_server",
            peers: 2.0,
        };
        BTreeMap::from([("page".to_owned(), vec![figure])])
    }

    #[test]
    fn each_figure_is_beside_its_limit_its_peers_and_their_ratio() {
        let json: Value = serde_json::from_str(&json(&measured(8.0))).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"page": {
                "first_byte_ms": 8.0,
                "first_byte_ms_limit": 100.0,
                "first_byte_ms_of_http_server": 2.0,
                "first_byte_ratio_to_http_server": 4.0,
            }})
        );
    }

    #[test]
    fn a_figure_over_its_limit_is_marked() {
        assert!(!table(&measured(100.0)).contains("over its limit"));
        assert!(table(&measured(100.1)).contains("over its limit"));
    }

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), 50.0);
        assert_eq!(percentile(&times, 99), 99.0);
        assert!(percentile(&[], 50).is_nan());
    }
}
