//! What Prometheus answers to an instant query, as far as the gateway reads it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::QueryError;

/// A value by target. NaN, which is what dividing by no probes gives, and infinities are left out.
pub type ByTarget = HashMap<Arc<str>, f64>;

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Response {
    Success {
        data: Data,
        #[serde(default)]
        warnings: Vec<String>,
    },
    #[serde(rename_all = "camelCase")]
    Error {
        #[serde(default)]
        error_type: String,
        #[serde(default)]
        error: String,
    },
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Element>),
}

#[derive(Deserialize)]
struct Element {
    metric: Labels,
    /// Absent where the element is a histogram.
    value: Option<(f64, String)>,
}

#[derive(Deserialize)]
struct Labels {
    target: Option<String>,
}

/// Reads the answer to a query that is `by (target)`. Elements without a target or a float are left out.
pub(super) fn by_target(body: &[u8]) -> Result<ByTarget, QueryError> {
    let response =
        serde_json::from_slice(body).map_err(|error| QueryError::Malformed(format!("{error}")))?;
    let (elements, warnings) = match response {
        Response::Success {
            data: Data::Vector(elements),
            warnings,
        } => (elements, warnings),
        Response::Error { error_type, error } => {
            return Err(QueryError::Refused(format!("{error_type}: {error}")));
        }
    };
    for warning in warnings {
        tracing::warn!(warning, "Prometheus warns");
    }
    let values = elements.into_iter().filter_map(|element| {
        let value: f64 = element.value?.1.parse().ok()?;
        Some((Arc::from(element.metric.target?), value)).filter(|_| value.is_finite())
    });
    Ok(values.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_read_by_target() {
        let body = br#"{"status":"success","warnings":["slow"],"infos":["x"],"data":{"resultType":"vector","result":[
            {"metric":{"target":"a","zone":"x"},"value":[1700000000.123,"19.5"]},
            {"metric":{"target":"b"},"value":[1700000000,"NaN"]},
            {"metric":{"target":"c"},"value":[1700000000,"+Inf"]},
            {"metric":{"target":"d"},"histogram":[1700000000,{"count":"1"}]},
            {"metric":{"target":"e \"\u00e4\""},"value":[1700000000,"0"]},
            {"metric":{},"value":[1700000000,"3"]}]}}"#;
        let expected = [("a".into(), 19.5), ("e \"ä\"".into(), 0.0)];
        assert_eq!(by_target(body), Ok(expected.into_iter().collect()));
    }

    #[test]
    fn an_error_keeps_what_prometheus_says() {
        let body = br#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
        let expected = QueryError::Refused("execution: too many samples".to_owned());
        assert_eq!(by_target(body), Err(expected));
    }

    #[test]
    fn anything_else_is_malformed() {
        for body in [
            &b""[..],
            b"<html>",
            b"{}",
            b"[]",
            br#"{"status":"success"}"#,
            br#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
            br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":7}]}}"#,
        ] {
            assert!(matches!(by_target(body), Err(QueryError::Malformed(_))));
        }
    }
}
