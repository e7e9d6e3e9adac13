//! Estimates the storage of a Prometheus, now and at the end of its retention.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Serialize;

use crate::http::prometheus::Prometheus;

/// The bytes per sample if this Prometheus has compacted nothing yet: the upper end of the 1 to 2 bytes in Prometheus'
/// documentation ("Storage", operational aspects).
const ASSUMED_BYTES_PER_SAMPLE: f64 = 2.0;

/// The query for the bytes per sample of the chunks compacted within the last day; NaN if there are none.
const COMPACTED: &str = "sum(increase(prometheus_tsdb_compaction_chunk_size_bytes_sum[1d])) \
    / sum(increase(prometheus_tsdb_compaction_chunk_samples_sum[1d]))";

/// Prometheus' default retention, which it reports as 0s.
const DEFAULT_RETENTION: Duration = Duration::from_secs(15 * 86_400);

/// The origin of the bytes per sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Measured on the chunks that were compacted within the last day.
    Measured,
    /// Assumed, since nothing was compacted within the last day.
    Assumed,
}

/// The report. Its fields are the keys of `sizing --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sizing {
    /// The URL of the server.
    pub prometheus: String,
    /// The number of Prometheus servers whose metrics it has. The other fields are sums over them.
    pub servers: u64,
    /// `prometheus_tsdb_head_series`.
    pub head_series: u64,
    /// `prometheus_tsdb_head_chunks`.
    pub head_chunks: u64,
    /// `rate(prometheus_tsdb_head_samples_appended_total[5m])`; null before the second scrape.
    pub samples_per_second: Option<f64>,
    /// `prometheus_tsdb_storage_blocks_bytes`.
    pub blocks_bytes: u64,
    /// `prometheus_tsdb_wal_storage_size_bytes`, or the size of this lab's write-ahead log on disk; null if another
    /// server is too old to have the metric.
    pub wal_bytes: Option<u64>,
    /// `prometheus_tsdb_head_chunks_storage_size_bytes`; null as for the write-ahead log.
    pub head_chunks_bytes: Option<u64>,
    /// The size of the data folder on disk; null for a Prometheus of another lab.
    pub folder_bytes: Option<u64>,
    /// The bytes per sample in a block.
    pub bytes_per_sample: f64,
    /// The origin of `bytes_per_sample`.
    pub bytes_per_sample_origin: Origin,
    /// The retention in seconds.
    pub retention_seconds: u64,
    /// The bytes at the end of the retention: `samples_per_second × bytes_per_sample × retention_seconds + wal_bytes`.
    pub projected_bytes: Option<u64>,
}

impl Sizing {
    /// Queries the Prometheus at `url`; `data` is its data folder if it is on this machine.
    ///
    /// # Errors
    /// Prometheus does not answer, or has no metrics of itself.
    pub async fn of(url: &str, data: Option<&Path>) -> anyhow::Result<Self> {
        let prometheus = Prometheus::new(url)?;
        let url = prometheus.shown();
        let sum = async |metric: &str| prometheus.scalar(&format!("sum({metric})")).await;
        let bytes = async |metric: &str| anyhow::Ok(sum(metric).await?.map(whole));
        let required = async |metric: &str| {
            let value = bytes(metric).await?;
            value.with_context(|| format!("{url} has no {metric}"))
        };
        let on_disk = |folder: &str| data.map(|data| size_on_disk(&data.join(folder)));

        let Some(servers) = prometheus
            .scalar("count(prometheus_tsdb_head_series)")
            .await?
        else {
            bail!(
                "{url} has no metrics of itself: it has not scraped itself yet (in a lab that takes up to 30 s), or has no \
                 scrape job for itself"
            );
        };
        let samples_per_second =
            sum("rate(prometheus_tsdb_head_samples_appended_total[5m])").await?;
        let (bytes_per_sample, bytes_per_sample_origin) = match prometheus.scalar(COMPACTED).await?
        {
            Some(bytes) => (bytes, Origin::Measured),
            None => (ASSUMED_BYTES_PER_SAMPLE, Origin::Assumed),
        };
        let retention_seconds = retention(&prometheus).await?.as_secs();
        let wal_bytes = bytes("prometheus_tsdb_wal_storage_size_bytes")
            .await?
            .or_else(|| on_disk("wal"));
        let head_chunks_bytes = bytes("prometheus_tsdb_head_chunks_storage_size_bytes").await?;
        Ok(Self {
            prometheus: url.to_owned(),
            servers: whole(servers),
            head_series: required("prometheus_tsdb_head_series").await?,
            head_chunks: required("prometheus_tsdb_head_chunks").await?,
            samples_per_second,
            blocks_bytes: required("prometheus_tsdb_storage_blocks_bytes").await?,
            wal_bytes,
            head_chunks_bytes: head_chunks_bytes.or_else(|| on_disk("chunks_head")),
            folder_bytes: data.map(size_on_disk),
            bytes_per_sample,
            bytes_per_sample_origin,
            retention_seconds,
            projected_bytes: samples_per_second.map(|rate| {
                whole(rate * bytes_per_sample * retention_seconds as f64)
                    .saturating_add(wal_bytes.unwrap_or(0))
            }),
        })
    }
}

/// Rounds a count or size, since all values of PromQL are floats.
fn whole(value: f64) -> u64 {
    value.round() as u64
}

async fn retention(prometheus: &Prometheus) -> anyhow::Result<Duration> {
    let text = prometheus.flag("storage.tsdb.retention.time").await?;
    match gateway_api::duration::parse(&text) {
        Some(Duration::ZERO) => Ok(DEFAULT_RETENTION),
        Some(retention) => Ok(retention),
        None => bail!("its retention {text:?} is not a duration of Prometheus"),
    }
}

/// Returns the size of the files below `folder` in bytes. Files that can't be read, such as removed ones, are skipped.
fn size_on_disk(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(|(path, metadata)| {
            if metadata.is_dir() {
                size_on_disk(&path)
            } else {
                metadata.blocks() * 512
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_on_disk_includes_subfolders() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("wal")).unwrap();
        std::fs::write(folder.path().join("wal/0"), vec![1; 100_000]).unwrap();
        assert!(size_on_disk(folder.path()) >= 100_000);
        assert_eq!(size_on_disk(Path::new("/nonexistent")), 0);
    }
}
