//! Formats the report as a table and as JSON.

use anyhow::Context as _;

use super::estimate::{Origin, Sizing};

/// Formats the report as one JSON object; its keys are the fields of [`Sizing`].
pub fn json(sizing: &Sizing) -> anyhow::Result<String> {
    serde_json::to_string_pretty(sizing)
        .map(|text| text + "\n")
        .context("can't serialize the report as JSON")
}

/// Formats the report as a table.
#[must_use]
pub fn text(sizing: &Sizing) -> String {
    let days = sizing.retention_seconds / 86_400;
    let per_sample = match sizing.bytes_per_sample_origin {
        Origin::Measured => "measured at the compactions of the last day",
        Origin::Assumed => "assumed; measured after the first compaction, in about 3 hours",
    };
    let stored: Vec<(&str, u64)> = [
        ("blocks", Some(sizing.blocks_bytes)),
        ("write-ahead log", sizing.wal_bytes),
        ("head chunks", sizing.head_chunks_bytes),
    ]
    .into_iter()
    .filter_map(|(name, size)| Some((name, size?)))
    .collect();
    let breakdown: Vec<String> = stored
        .iter()
        .map(|(name, size)| format!("{name} {}", bytes(*size)))
        .collect();
    let unknown = || "no data yet".to_owned();
    let rate = sizing.samples_per_second.map(|rate| format!("{rate:.1}"));
    let projection = format!("samples a second × bytes a sample × {days} d + write-ahead log");
    let rows = [
        (
            "series in memory",
            sizing.head_series.to_string(),
            "prometheus_tsdb_head_series",
        ),
        (
            "chunks in memory",
            sizing.head_chunks.to_string(),
            "prometheus_tsdb_head_chunks",
        ),
        (
            "samples a second",
            rate.unwrap_or_else(unknown),
            "rate(prometheus_tsdb_head_samples_appended_total[5m])",
        ),
        (
            "bytes a sample",
            format!("{:.2}", sizing.bytes_per_sample),
            per_sample,
        ),
        (
            "stored",
            bytes(stored.iter().map(|(_, size)| size).sum()),
            &breakdown.join(", "),
        ),
        (
            "folder on disk",
            sizing.folder_bytes.map_or_else(|| "-".to_owned(), bytes),
            "the data folder of this lab's Prometheus",
        ),
        (
            "retention",
            format!("{days} d"),
            "storage.tsdb.retention.time",
        ),
        (
            "projected",
            sizing.projected_bytes.map_or_else(unknown, bytes),
            &projection,
        ),
    ];

    let mut text = format!("Prometheus at {}\n", sizing.prometheus);
    if sizing.servers > 1 {
        text.push_str(&format!(
            "It has the metrics of {} Prometheus servers; the values are sums over them.\n",
            sizing.servers
        ));
    }
    for (name, value, note) in rows {
        text.push_str(&format!("  {name:<18}{value:>12}  {note}\n"));
    }
    text
}

/// Formats a size with the largest unit that fits.
fn bytes(bytes: u64) -> String {
    let bytes = bytes as f64;
    const UNITS: [(&str, f64); 3] = [
        ("GiB", 1_073_741_824.0),
        ("MiB", 1_048_576.0),
        ("KiB", 1024.0),
    ];
    UNITS.iter().find(|(_, size)| bytes >= *size).map_or_else(
        || format!("{bytes:.0} B"),
        |(unit, size)| format!("{:.1} {unit}", bytes / size),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizing() -> Sizing {
        Sizing {
            prometheus: "http://127.0.0.1:9090".to_owned(),
            servers: 1,
            head_series: 4120,
            head_chunks: 8240,
            samples_per_second: Some(275.0),
            blocks_bytes: 0,
            wal_bytes: Some(3_145_728),
            head_chunks_bytes: Some(1024),
            folder_bytes: Some(4_194_304),
            bytes_per_sample: 2.0,
            bytes_per_sample_origin: Origin::Assumed,
            retention_seconds: 14 * 86_400,
            projected_bytes: Some(668_465_728),
        }
    }

    #[test]
    fn the_table_marks_an_assumption_and_shows_the_projection() {
        let text = text(&sizing());
        assert!(text.contains("2.00  assumed"), "{text}");
        assert!(text.contains("637.5 MiB"), "{text}");
        assert!(text.contains("14 d"), "{text}");
    }

    #[test]
    fn missing_values_are_null_and_not_zero() {
        let unknown = Sizing {
            samples_per_second: None,
            projected_bytes: None,
            ..sizing()
        };
        let value: serde_json::Value = serde_json::from_str(&json(&unknown).unwrap()).unwrap();
        assert!(value["projected_bytes"].is_null());
        assert_eq!(value["bytes_per_sample_origin"], "assumed");
        assert!(text(&unknown).contains("no data yet"));
    }

    #[test]
    fn sizes_have_a_readable_unit() {
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(3_758_096_384), "3.5 GiB");
    }
}
