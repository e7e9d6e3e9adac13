//! What Prometheus answers to a query, as far as the gateway reads it.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::QueryError;
use crate::http_error::shortened;

/// The labels that the gateway reads. A query's result has those that it is `by`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Labels {
    /// The target's name.
    pub target: Option<String>,
    /// `success`, `failure`, `maintenance`.
    pub outcome: Option<String>,
    /// The window of a recorded series.
    pub window: Option<String>,
    /// The quantile of a recorded series.
    pub quantile: Option<String>,
    /// What a probe did.
    pub phase: Option<String>,
    /// What a probe failed for.
    pub reason: Option<String>,
    /// What a sample proves.
    pub proof: Option<String>,
}

/// One element of an instant vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its labels.
    pub labels: Labels,
    /// Any float but NaN and the infinities.
    pub value: f64,
}

/// One series of a range query.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Times in seconds since the epoch, and values: any float, NaN and infinities included.
    pub values: Vec<(f64, f64)>,
}

/// Without an enum tagged by `status`: serde would keep the whole of it in memory before reading it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response<T> {
    status: Status,
    data: Option<T>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error: String,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Success,
    Error,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Vector {
    Vector(Vec<VectorElement>),
}

#[derive(Deserialize)]
struct VectorElement {
    metric: Labels,
    /// Absent where the element is a histogram.
    value: Option<Point>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Matrix {
    Matrix(Vec<MatrixElement>),
}

#[derive(Deserialize)]
struct MatrixElement {
    metric: Labels,
    /// Absent where the elements are histograms.
    #[serde(default)]
    values: Vec<Point>,
}

/// A time and a value, the latter as text because JSON has no NaN.
struct Point(f64, f64);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Point;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time and a number as text")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Point, A::Error> {
                let time = pair.next_element()?;
                let value = pair.next_element::<Float>()?;
                let (Some(time), Some(Float(value))) = (time, value) else {
                    return Err(Error::invalid_length(1, &self));
                };
                Ok(Point(time, value))
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

struct Float(f64);

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Float;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number as text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Float, E> {
                text.parse().map(Float).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Reads the answer to an instant query. Histograms, NaN, which is what dividing by nothing gives, and infinities are
/// left out.
///
/// # Errors
/// Prometheus refuses the query, or the answer is none.
pub fn vector(body: &[u8]) -> Result<Vec<Sample>, QueryError> {
    let Vector::Vector(elements) = data(body)?;
    let samples = elements.into_iter().filter_map(|element| {
        let Point(_, value) = element.value?;
        value.is_finite().then_some(Sample {
            labels: element.metric,
            value,
        })
    });
    Ok(samples.collect())
}

/// Reads the answer to a range query.
///
/// # Errors
/// Prometheus refuses the query, or the answer is none.
pub fn matrix(body: &[u8]) -> Result<Vec<Series>, QueryError> {
    let Matrix::Matrix(elements) = data(body)?;
    let series = elements.into_iter().map(|element| Series {
        labels: element.metric,
        values: element
            .values
            .into_iter()
            .map(|Point(time, value)| (time, value))
            .collect(),
    });
    Ok(series.collect())
}

fn data<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, QueryError> {
    let malformed = |error: serde_json::Error| QueryError::Malformed(shortened(error));
    let response: Response<T> = serde_json::from_slice(body).map_err(malformed)?;
    if response.status == Status::Error {
        let Response {
            error_type, error, ..
        } = response;
        return Err(QueryError::Refused(shortened(format_args!(
            "{error_type}: {error}"
        ))));
    }
    for warning in response.warnings {
        tracing::warn!(warning = shortened(warning), "Prometheus warns");
    }
    let no_data = || QueryError::Malformed("it has no data".to_owned());
    response.data.ok_or_else(no_data)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_vector_keeps_the_labels_the_gateway_reads_and_numbers_only() {
        let body = br#"{"status":"success","warnings":["slow"],"infos":["x"],"data":{"resultType":"vector","result":[
            {"metric":{"target":"a","zone":"x","outcome":"success"},"value":[1700000000.123,"19.5"]},
            {"metric":{"target":"b"},"value":[1700000000,"NaN"]},
            {"metric":{"target":"c"},"value":[1700000000,"+Inf"]},
            {"metric":{"target":"d"},"histogram":[1700000000,{"count":"1"}]},
            {"metric":{"target":"e \"\u00e4\""},"value":[1700000000,"0"]},
            {"metric":{},"value":[1700000000,"3"]}]}}"#;
        let target = |target: &str| Labels {
            target: Some(target.to_owned()),
            ..Labels::default()
        };
        let success = Labels {
            outcome: Some("success".to_owned()),
            ..target("a")
        };
        let expected = [
            (success, 19.5),
            (target("e \"ä\""), 0.0),
            (Labels::default(), 3.0),
        ];
        let expected = expected.map(|(labels, value)| Sample { labels, value });
        assert_eq!(vector(body), Ok(expected.to_vec()));
    }

    #[test]
    fn a_matrix_keeps_its_times() {
        let body = br#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"target":"a"},"values":[[1700000000,"1"],[1700000960.5,"+Inf"]]},
            {"metric":{"target":"b"},"histograms":[[1700000000,{"count":"1"}]]}]}}"#;
        let series = matrix(body).unwrap();
        assert_eq!(
            series[0].values,
            [(1_700_000_000.0, 1.0), (1_700_000_960.5, f64::INFINITY)]
        );
        assert_eq!(series[1].values, []);
    }

    #[test]
    fn an_error_keeps_what_prometheus_says() {
        let body = br#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
        let expected = QueryError::Refused("execution: too many samples".to_owned());
        assert_eq!(vector(body), Err(expected));
    }

    #[test]
    fn anything_else_is_malformed() {
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
        assert!(matches!(matrix(vector), Err(QueryError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn a_damaged_answer_is_refused_or_read(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let body = br#"{"status":"success","data":{"resultType":"vector","result":[
                {"metric":{"target":"a","window":"5m"},"value":[1700000000.123,"19.5"]}]}}"#;
            let at = at.index(body.len());
            prop_assert!(vector(&body[..at]).is_err());
            let mut body = *body;
            body[at] = byte;
            if let Ok(samples) = vector(&body) {
                prop_assert!(samples.iter().all(|sample| sample.value.is_finite()));
            }
            let _ = matrix(&body);
        }
    }
}
