//! Reads Prometheus' answer to a query series by series. Of an instant query, only the values made from its samples are kept.

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
    /// A phase of a probe.
    pub phase: Option<String>,
    /// Why a probe failed.
    pub reason: Option<String>,
    /// The proof that a sample is part of.
    pub proof: Option<String>,
}

/// A value that is gathered from an instant query's samples.
pub trait Gather: Default {
    /// Adds a sample: its target, if it has one, all its labels, and any float but NaN and the infinities.
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64);
}

/// A value by target.
pub type ByTarget = HashMap<Arc<str>, f64>;

/// Probes by target. A target without data is not in it; an outcome that is absent counts 0.
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
    /// Its target, if it has one.
    pub target: Option<Arc<str>>,
    /// Its labels.
    pub labels: Labels,
    /// Times in seconds since the epoch, and values: any float, NaN and infinities included.
    pub values: Vec<(f64, f64)>,
}

/// Reads the answer to an instant query. Histograms, NaN (the result of dividing by nothing) and infinities are left out.
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

/// The elements of a result, each collected as soon as it is read.
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

/// The targets that an answer has named, each kept once.
#[derive(Default)]
struct Names {
    known: HashSet<Arc<str>>,
    bounds: Bounds,
}

impl Names {
    fn shared(&mut self, name: String) -> Result<Arc<str>, TooMuch> {
        if let Some(known) = self.known.get(name.as_str()) {
            return Ok(Arc::clone(known));
        }
        self.bounds.target(&name)?;
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
mod tests;
