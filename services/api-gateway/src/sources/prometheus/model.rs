//! A parser of Prometheus' answers, one series at a time. For an instant query, it keeps only the gathered values.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;
use std::sync::Arc;

use gateway_api::history::SLOTS;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use service_kit::response::at_most;

use super::outcomes::Outcomes;
use super::query::QueryError;
use crate::sources::bounds::{Bounds, TooMuch};
use crate::sources::http_error::shortened;

/// The labels that the gateway reads. A query's result has the labels that the query groups `by`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Labels {
    /// The target's name.
    target: Option<String>,
    /// The outcome of probes: `success`, `failure`, `maintenance`.
    pub outcome: Option<String>,
    /// The window of a recorded series.
    pub window: Option<String>,
    /// The quantile of a recorded series.
    pub quantile: Option<String>,
    /// The phase of probes.
    pub phase: Option<String>,
    /// The reason of failures.
    pub reason: Option<String>,
    /// The name of a proof's sample.
    pub proof: Option<String>,
}

/// A value that is gathered from the samples of an instant query.
pub trait Gather: Default {
    /// Adds a sample: its target, if it has one, its labels, and its finite value.
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64);
}

/// Values by target.
pub type ByTarget = HashMap<Arc<str>, f64>;

/// Probes by target. Targets without data are absent; absent outcomes count 0.
pub type WindowCounts = HashMap<Arc<str>, Outcomes>;

impl Gather for ByTarget {
    fn gather(&mut self, target: Option<&Arc<str>>, _: &Labels, value: f64) {
        if let Some(target) = target {
            self.insert(Arc::clone(target), value);
        }
    }
}

impl Gather for WindowCounts {
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64) {
        if let (Some(target), Some(outcome)) = (target, &labels.outcome) {
            let outcomes = self.entry(Arc::clone(target)).or_default();
            outcomes.add(outcome, value);
        }
    }
}

/// One series of a range query.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The target, if the series has one.
    pub target: Option<Arc<str>>,
    /// The labels except the target.
    pub labels: Labels,
    /// Times in seconds since the epoch, and values: any float, including NaN and infinities.
    pub values: Vec<(f64, f64)>,
}

/// Parses the answer to an instant query. Omits histograms, NaN (the result of 0 / 0) and infinities.
///
/// # Errors
/// Prometheus rejected the query, or the answer is malformed or exceeds a bound.
pub fn vector<G: Gather>(text: impl Read) -> Result<G, QueryError> {
    let Elements(Vector(gathered)) = result(text, "vector")?;
    Ok(gathered)
}

/// Parses the answer to a range query.
///
/// # Errors
/// The same as for [`vector`].
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
        return Err(QueryError::Rejected(shortened(format_args!(
            "{error_type}: {error}"
        ))));
    }
    for warning in response.warnings {
        tracing::warn!(warning = shortened(warning), "Prometheus sent a warning");
    }
    match response.data {
        Some(data) if data.result_type == result_type => Ok(data.result),
        Some(_) => Err(QueryError::Malformed(format!("it is not a {result_type}"))),
        None => Err(QueryError::Malformed("it has no data".to_owned())),
    }
}

/// An answer. Not an enum tagged by `status` and `resultType`, because serde would buffer the whole answer for that.
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

/// The elements of a result, each collected as soon as it is parsed.
struct Elements<T>(T);

/// Collects the elements of a result.
trait Collect: Default {
    fn add(
        &mut self,
        target: Option<&Arc<str>>,
        element: Element,
        bounds: &mut Bounds,
    ) -> Result<(), TooMuch>;
}

/// An element of a result: a sample or a series. Histograms have neither `value` nor `values`.
#[derive(Deserialize)]
struct Element {
    metric: Labels,
    /// The value of an element of a vector.
    value: Option<Point>,
    /// The values of an element of a matrix. The gateway queries at most the slots of a range.
    #[serde(default, deserialize_with = "at_most::list::<_, _, SLOTS>")]
    values: Vec<Point>,
}

#[derive(Default)]
struct Vector<G>(G);

impl<G: Gather> Collect for Vector<G> {
    fn add(
        &mut self,
        target: Option<&Arc<str>>,
        element: Element,
        _: &mut Bounds,
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

impl Collect for Matrix {
    fn add(
        &mut self,
        target: Option<&Arc<str>>,
        element: Element,
        bounds: &mut Bounds,
    ) -> Result<(), TooMuch> {
        if element.values.is_empty() {
            return Ok(());
        }
        bounds.points(element.values.len())?;
        let values = element.values.into_iter();
        self.0.push(Series {
            target: target.map(Arc::clone),
            labels: element.metric,
            values: values.map(|Point(time, value)| (time, value)).collect(),
        });
        Ok(())
    }
}

impl<'de, T: Collect> Deserialize<'de> for Elements<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Collect> Visitor<'de> for List<T> {
            type Value = Elements<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of series")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Elements<T>, A::Error> {
                let mut elements = T::default();
                let mut names = Names::default();
                while let Some(mut element) = list.next_element::<Element>()? {
                    let name = element.metric.target.take();
                    let target = name.map(|name| names.shared(name)).transpose();
                    let target = target.map_err(A::Error::custom)?;
                    let added = elements.add(target.as_ref(), element, &mut names.bounds);
                    added.map_err(A::Error::custom)?;
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// The names of an answer's targets, shared between its series.
#[derive(Default)]
struct Names {
    names: HashSet<Arc<str>>,
    bounds: Bounds,
}

impl Names {
    fn shared(&mut self, name: String) -> Result<Arc<str>, TooMuch> {
        if let Some(shared) = self.names.get(name.as_str()) {
            return Ok(Arc::clone(shared));
        }
        self.bounds.target(&name)?;
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        Ok(name)
    }
}

/// A time and a value. In JSON the value is a string, because JSON has no NaN.
struct Point(f64, f64);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Point;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time and a number as a string")
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
                f.write_str("a number as a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Float, E> {
                text.parse().map(Float).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests;
