use proptest::prelude::*;

use super::*;

/// Gathers all samples as target, outcome and value.
#[derive(Debug, Default, PartialEq)]
struct Samples(Vec<(Option<String>, Option<String>, f64)>);

impl Gather for Samples {
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64) {
        let target = target.map(ToString::to_string);
        self.0.push((target, labels.outcome.clone(), value));
    }
}

fn vector(body: &[u8]) -> Result<Samples, QueryError> {
    super::vector(body)
}

#[test]
fn a_vector_keeps_known_labels_and_finite_values() {
    let body = br#"{"status":"success","warnings":["slow"],"infos":["x"],"data":{"resultType":"vector","result":[
        {"metric":{"target":"a","zone":"x","outcome":"success"},"value":[1700000000.123,"19.5"]},
        {"metric":{"target":"b"},"value":[1700000000,"NaN"]},
        {"metric":{"target":"c"},"value":[1700000000,"+Inf"]},
        {"metric":{"target":"d"},"histogram":[1700000000,{"count":"1"}]},
        {"metric":{"target":"e \"\u00e4\""},"value":[1700000000,"0"]},
        {"metric":{},"value":[1700000000,"3"]}]}}"#;
    let text = |text: &str| Some(text.to_owned());
    let expected = vec![
        (text("a"), text("success"), 19.5),
        (text("e \"ä\""), None, 0.0),
        (None, None, 3.0),
    ];
    assert_eq!(vector(body), Ok(Samples(expected)));
}

#[test]
fn a_matrix_keeps_its_times() {
    let body = br#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"target":"a"},"values":[[1700000000,"1"],[1700000960.5,"+Inf"]]},
        {"metric":{"target":"b"},"histograms":[[1700000000,{"count":"1"}]]}]}}"#;
    let series = matrix(&body[..]).unwrap();
    assert_eq!(series[0].target.as_deref(), Some("a"));
    assert_eq!(
        series[0].values,
        [(1_700_000_000.0, 1.0), (1_700_000_960.5, f64::INFINITY)]
    );
    assert_eq!(series.len(), 1, "histograms are omitted");
}

#[test]
fn an_error_contains_prometheus_message() {
    let body = br#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    let expected = QueryError::Rejected("execution: too many samples".to_owned());
    assert_eq!(vector(body), Err(expected));
}

#[test]
fn other_answers_are_malformed() {
    for body in [
        &b""[..],
        b"<html>",
        b"{}",
        b"[]",
        br#"{"status":"success"}"#,
        br#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#,
        br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":7}]}}"#,
        br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}}"#,
        br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#,
        br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}"#,
    ] {
        assert!(matches!(vector(body), Err(QueryError::Malformed(_))));
    }
    let vector = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    assert!(matches!(matrix(&vector[..]), Err(QueryError::Malformed(_))));
}

/// The error of an answer with these series.
fn error(result_type: &str, series: impl Iterator<Item = String>) -> String {
    let series: Vec<_> = series.collect();
    let series = series.join(",");
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"{result_type}","result":[{series}]}}}}"#
    );
    let outcome = if result_type == "vector" {
        vector(body.as_bytes()).map(|_| ())
    } else {
        matrix(body.as_bytes()).map(|_| ())
    };
    outcome.unwrap_err().to_string()
}

#[test]
fn too_many_targets_are_rejected_at_the_first_above_the_limit() {
    let named = |number| format!(r#"{{"metric":{{"target":"{number}"}},"value":[1,"1"]}}"#);
    let text = error("vector", (0..600_000).map(named));
    assert!(text.contains("more than 50000 targets"), "{text}");
    let long = "x".repeat(60_000);
    let named = |number| format!(r#"{{"metric":{{"target":"{number}{long}"}},"value":[1,"1"]}}"#);
    let text = error("vector", (0..1_000).map(named));
    assert!(text.contains("more than 32 MiB"), "{text}");
}

#[test]
fn too_many_points_are_rejected() {
    let points = |count| vec![r#"[1,"1"]"#; count].join(",");
    let series = |count| {
        format!(
            r#"{{"metric":{{"target":"a"}},"values":[{}]}}"#,
            points(count)
        )
    };
    let text = error("matrix", std::iter::once(series(SLOTS + 1)));
    assert!(text.contains("at most 90 elements"), "{text}");
    let text = error("matrix", std::iter::repeat_n(series(SLOTS), 40_000));
    assert!(text.contains("more than 3000000 points"), "{text}");
}

#[test]
fn the_order_of_an_answers_fields_does_not_matter() {
    let body = br#"{"data":{"result":[{"value":[1,"2"],"metric":{}}],"resultType":"vector"},"status":"success"}"#;
    assert_eq!(vector(body), Ok(Samples(vec![(None, None, 2.0)])));
}

proptest! {
    #[test]
    fn a_damaged_answer_does_not_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let body = br#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"target":"a","window":"5m"},"value":[1700000000.123,"19.5"]}]}}"#;
        let at = at.index(body.len());
        prop_assert!(vector(&body[..at]).is_err());
        let mut body = *body;
        body[at] = byte;
        if let Ok(samples) = vector(&body) {
            prop_assert!(samples.0.iter().all(|(_, _, value)| value.is_finite()));
        }
        let _ = matrix(&body[..]);
    }
}
