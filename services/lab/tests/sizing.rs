//! Tests of the estimates of `sizing` from a Prometheus' responses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the message"
)]

use lab::commands::sizing::{Origin, Sizing};
use serde_json::json;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const COMPACTED: &str = "sum(increase(prometheus_tsdb_compaction_chunk_size_bytes_sum[1d])) \
    / sum(increase(prometheus_tsdb_compaction_chunk_samples_sum[1d]))";

/// Starts a Prometheus that answers these queries, and all others with an empty result.
async fn prometheus(retention: &str, answers: &[(&str, &str)]) -> MockServer {
    let server = MockServer::start().await;
    let flags = json!({"status": "success", "data": {"storage.tsdb.retention.time": retention}});
    Mock::given(path("/api/v1/status/flags"))
        .respond_with(ResponseTemplate::new(200).set_body_json(flags))
        .mount(&server)
        .await;
    let vector = |result: serde_json::Value| {
        let body = json!({"status": "success", "data": {"resultType": "vector", "result": result}});
        ResponseTemplate::new(200).set_body_json(body)
    };
    for (query, value) in answers {
        Mock::given(method("GET"))
            .and(path("/api/v1/query"))
            .and(query_param("query", *query))
            .respond_with(vector(json!([{"metric": {}, "value": [1.0, value]}])))
            .mount(&server)
            .await;
    }
    Mock::given(path("/api/v1/query"))
        .respond_with(vector(json!([])))
        .mount(&server)
        .await;
    server
}

const OLD_SERVER: [(&str, &str); 6] = [
    ("count(prometheus_tsdb_head_series)", "1"),
    ("sum(prometheus_tsdb_head_series)", "1491"),
    ("sum(prometheus_tsdb_head_chunks)", "1500"),
    (
        "sum(rate(prometheus_tsdb_head_samples_appended_total[5m]))",
        "100",
    ),
    ("sum(prometheus_tsdb_storage_blocks_bytes)", "1000"),
    (COMPACTED, "NaN"),
];

#[tokio::test]
async fn a_password_in_the_address_is_not_shown() {
    let server = prometheus("14d", &OLD_SERVER).await;
    let url = server.uri().replace("://", "://me:hunter2@");
    let sizing = Sizing::of(&url, None).await.unwrap();
    let shown = server.uri().replace("://", "://me:xxxxx@");
    assert_eq!(sizing.prometheus, shown);
    let empty = prometheus("14d", &[]).await;
    let url = empty.uri().replace("://", "://me:hunter2@");
    let message = format!("{:#}", Sizing::of(&url, None).await.unwrap_err());
    assert!(!message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn without_a_compaction_the_bytes_per_sample_are_assumed() {
    let server = prometheus("14d", &OLD_SERVER).await;
    let sizing = Sizing::of(&server.uri(), None).await.unwrap();
    assert_eq!(sizing.bytes_per_sample_origin, Origin::Assumed);
    assert_eq!(sizing.projected_bytes, Some(100 * 2 * 14 * 86_400));
    assert_eq!((sizing.wal_bytes, sizing.folder_bytes), (None, None));
}

#[tokio::test]
async fn measured_bytes_per_sample_are_used() {
    let mut answers = OLD_SERVER.to_vec();
    answers.retain(|(query, _)| *query != COMPACTED);
    answers.extend([
        (COMPACTED, "1.5"),
        ("sum(prometheus_tsdb_wal_storage_size_bytes)", "7"),
    ]);
    // A server reports its default retention as 0s.
    let server = prometheus("0s", &answers).await;
    let sizing = Sizing::of(&server.uri(), None).await.unwrap();
    assert_eq!(sizing.bytes_per_sample_origin, Origin::Measured);
    assert_eq!(sizing.projected_bytes, Some(100 * 3 * 15 * 86_400 / 2 + 7));
}

#[tokio::test]
async fn without_the_wal_metric_the_folder_is_measured() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("wal")).unwrap();
    std::fs::write(data.path().join("wal/00000000"), vec![1; 50_000]).unwrap();
    let server = prometheus("14d", &OLD_SERVER).await;
    let sizing = Sizing::of(&server.uri(), Some(data.path())).await.unwrap();
    assert!(sizing.wal_bytes.unwrap() >= 50_000);
}

#[tokio::test]
async fn a_server_without_metrics_of_itself_is_an_error() {
    let server = prometheus("14d", &[]).await;
    let error = Sizing::of(&server.uri(), None)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("has no metrics of itself"), "{error}");
}
