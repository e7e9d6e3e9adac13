//! Reads Prometheus' answer to a query series by series: of an instant query, only what the gateway makes of a sample is kept.

use std::collections::HashSet;
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use service_kit::answer::at_most;

use super::QueryError;
use crate::bounds::{Kept, TooMuch};
use crate::http_error::shortened;
use crate::range::SLOTS;

/// The labels that the gateway reads. A query's result has those that it is `by`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Labels {
    /// The target's name.
    target: Option<String>,
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

/// What an instant query's samples add up to.
pub trait Gather: Default {
    /// Takes a sample: its target, if it has one, all its labels, and any float but NaN and the infinities.
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64);
}

/// One series of a range query.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its target, if it has one.
    pub target: Option<Arc<str>>,
    /// Its labels.
    pub labels: Labels,
    /// Times in seconds since the epoch, and values: any float, NaN and infinities included.
    pub values: Vec<(f64, f64)>,
}

/// Reads the answer to an instant query. Histograms, NaN, which is what dividing by nothing gives, and infinities are
/// left out.
///
/// # Errors
/// Prometheus refuses the query, or the answer is none, or too much.
pub fn vector<G: Gather>(text: impl Read) -> Result<G, QueryError> {
    let Elements(Vector(gathered)) = result(text, "vector")?;
    Ok(gathered)
}

/// Reads the answer to a range query.
///
/// # Errors
/// As [`vector`].
pub fn matrix(text: impl Read) -> Result<Vec<Series>, QueryError> {
    let Elements(Matrix(series)) = result(text, "matrix")?;
    Ok(series)
}

fn result<T>(text: impl Read, result_type: &str) -> Result<T, QueryError>
where
    T: for<'de> Deserialize<'de>,
{
    let malformed = |error: serde_json::Error| QueryError::Malformed(shortened(error));
    let response: Response<T> = serde_json::from_reader(text).map_err(malformed)?;
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
    match response.data {
        Some(data) if data.result_type == result_type => Ok(data.result),
        Some(_) => Err(QueryError::Malformed(format!("it is no {result_type}"))),
        None => Err(QueryError::Malformed("it has no data".to_owned())),
    }
}

/// Without enums tagged by `status` and `resultType`: serde would keep the whole of it in memory before reading it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response<T> {
    status: Status,
    data: Option<Data<T>>,
    #[serde(default, deserialize_with = "at_most::list::<_, _, 100>")]
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
#[serde(rename_all = "camelCase")]
struct Data<T> {
    result_type: String,
    result: T,
}

/// The elements of a result, each taken as soon as it is read.
struct Elements<T>(T);

/// Takes the elements of a result.
trait Take: Default {
    fn take(
        &mut self,
        target: Option<&Arc<str>>,
        element: Element,
        kept: &mut Kept,
    ) -> Result<(), TooMuch>;
}

/// Where they are histograms, there is neither.
#[derive(Deserialize)]
struct Element {
    metric: Labels,
    /// Of an element of a vector.
    value: Option<Point>,
    /// Of an element of a matrix: the gateway asks for no more than the slots of a range.
    #[serde(default, deserialize_with = "at_most::list::<_, _, SLOTS>")]
    values: Vec<Point>,
}

#[derive(Default)]
struct Vector<G>(G);

impl<G: Gather> Take for Vector<G> {
    fn take(
        &mut self,
        target: Option<&Arc<str>>,
        element: Element,
        _: &mut Kept,
    ) -> Result<(), TooMuch> {
        if let Some(Point(_, value)) = element.value
            && value.is_finite()
        {
            self.0.gather(target, &element.metric, value);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Matrix(Vec<Series>);

impl Take for Matrix {
    fn take(
        &mut self,
        target: Option<&Arc<str>>,
        element: Element,
        kept: &mut Kept,
    ) -> Result<(), TooMuch> {
        if element.values.is_empty() {
            return Ok(());
        }
        kept.points(element.values.len())?;
        let values = element.values.into_iter();
        self.0.push(Series {
            target: target.map(Arc::clone),
            labels: element.metric,
            values: values.map(|Point(time, value)| (time, value)).collect(),
        });
        Ok(())
    }
}

impl<'de, T: Take> Deserialize<'de> for Elements<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Take> Visitor<'de> for List<T> {
            type Value = Elements<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of series")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Elements<T>, A::Error> {
                let mut taken = T::default();
                let mut names = Names::default();
                while let Some(mut element) = list.next_element::<Element>()? {
                    let name = element.metric.target.take();
                    let target = name.map(|name| names.shared(name)).transpose();
                    let target = target.map_err(A::Error::custom)?;
                    let took = taken.take(target.as_ref(), element, &mut names.kept);
                    took.map_err(A::Error::custom)?;
                }
                Ok(Elements(taken))
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// The targets that an answer has named, each kept once.
#[derive(Default)]
struct Names {
    known: HashSet<Arc<str>>,
    kept: Kept,
}

impl Names {
    fn shared(&mut self, name: String) -> Result<Arc<str>, TooMuch> {
        if let Some(known) = self.known.get(name.as_str()) {
            return Ok(Arc::clone(known));
        }
        self.kept.target(&name)?;
        let name: Arc<str> = name.into();
        self.known.insert(Arc::clone(&name));
        Ok(name)
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All samples: target, outcome, value.
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
    fn a_vector_keeps_the_labels_the_gateway_reads_and_numbers_only() {
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
        assert_eq!(series.len(), 1, "histograms are left out");
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
        assert!(matches!(matrix(&vector[..]), Err(QueryError::Malformed(_))));
    }

    /// What is said of an answer of these series.
    fn refusal(result_type: &str, series: impl Iterator<Item = String>) -> String {
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
    fn an_answer_of_hundreds_of_thousands_of_targets_is_refused_at_the_first_that_is_too_many() {
        let named = |number| format!(r#"{{"metric":{{"target":"{number}"}},"value":[1,"1"]}}"#);
        let refused = refusal("vector", (0..600_000).map(named));
        assert!(refused.contains("more than 50000 targets"), "{refused}");
        let long = "x".repeat(60_000);
        let named =
            |number| format!(r#"{{"metric":{{"target":"{number}{long}"}},"value":[1,"1"]}}"#);
        let refused = refusal("vector", (0..1_000).map(named));
        assert!(refused.contains("more than 32 MiB"), "{refused}");
    }

    #[test]
    fn points_that_nobody_asked_for_are_refused() {
        let points = |count| vec![r#"[1,"1"]"#; count].join(",");
        let series = |count| {
            format!(
                r#"{{"metric":{{"target":"a"}},"values":[{}]}}"#,
                points(count)
            )
        };
        let refused = refusal("matrix", std::iter::once(series(SLOTS + 1)));
        assert!(refused.contains("at most 90 elements"), "{refused}");
        let refused = refusal("matrix", std::iter::repeat_n(series(SLOTS), 40_000));
        assert!(refused.contains("more than 3000000 points"), "{refused}");
    }

    #[test]
    fn the_order_of_an_answers_fields_is_nobodys_business() {
        let body = br#"{"data":{"result":[{"value":[1,"2"],"metric":{}}],"resultType":"vector"},"status":"success"}"#;
        assert_eq!(vector(body), Ok(Samples(vec![(None, None, 2.0)])));
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
                prop_assert!(samples.0.iter().all(|(_, _, value)| value.is_finite()));
            }
            let _ = matrix(&body[..]);
        }
    }
}
