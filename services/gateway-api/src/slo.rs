//! `GET /api/v1/slo`: objectives, error budgets and burn rates.

use std::collections::BTreeMap;
use std::sync::Arc;

use http_client::at_most;
use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::PAGE_MAX;
use crate::availability::Figures;
use crate::json::{count, nullable};

/// The windows that Prometheus records, by their `window` label, the shortest first.
pub const WINDOWS: [&str; 8] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "14d"];

/// The window of the error budgets, the longest recorded one. Prometheus must retain its data for at least this long.
pub const BUDGET_WINDOW: &str = WINDOWS[7];

/// Objectives and error budgets of a page of targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Slo {
    /// The time of this answer.
    pub generated_at: Timestamp,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// The matching targets, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<TargetSlo>,
}

/// One target's objectives and error budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetSlo {
    /// The target's name.
    pub target: Arc<str>,
    /// The ratio of probes that should succeed; null if none is configured.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0, maximum = 1))]
    pub slo_objective: Option<f64>,
    /// The remaining share of the error budget of 14 days: 1 is untouched, 0 used up, below 0 overspent. Null if unknown.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, maximum = 1))]
    pub error_budget_remaining_ratio: Option<f64>,
    /// The seconds within which 95 % of the responses should arrive; null if none is configured.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub latency_objective_seconds: Option<f64>,
    /// The figures of each window.
    pub windows: Windows,
}

/// One target's figures over one window that ends now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WindowFigures {
    /// Successful and failed probes, and the availability calculated from them.
    #[serde(flatten)]
    pub figures: Figures,
    /// Probes inside a maintenance window.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub maintenance: f64,
    /// The share of the due probes whose outcome is known; null if the number of due probes is unknown.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0, maximum = 1))]
    pub coverage: Option<f64>,
    /// The share of the window in each state.
    pub shares: Shares,
    /// The rate at which the error budget is consumed: 1 consumes it in exactly 14 days. Null if unknown.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub burn_rate: Option<f64>,
}

/// The share of a window that a target spent in each state. The shares add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shares {
    /// Up.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    pub up: f64,
    /// Down.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    pub down: f64,
    /// In a maintenance window.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    pub maintenance: f64,
    /// Unknown: the share of the due probes whose outcome is unknown.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    pub unknown: f64,
}

/// The figures of each window that Prometheus records, in the order of [`WINDOWS`].
#[derive(Debug, Clone, PartialEq)]
pub struct Windows(pub [WindowFigures; WINDOWS.len()]);

impl Windows {
    /// Returns each window's name and figures, the shortest window first.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &WindowFigures)> {
        WINDOWS.into_iter().zip(&self.0)
    }
}

impl Serialize for Windows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Windows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut figures = BTreeMap::<String, WindowFigures>::deserialize(deserializer)?;
        let figures = WINDOWS.map(|window| figures.remove(window).ok_or(window));
        let missing = figures.iter().find_map(|it| it.as_ref().err().copied());
        let figures: Vec<_> = figures.into_iter().flatten().collect();
        let windows = <[_; WINDOWS.len()]>::try_from(figures);
        let windows = windows.map_err(|_| missing.unwrap_or_default());
        windows.map(Self).map_err(D::Error::missing_field)
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    use super::{WINDOWS, WindowFigures, Windows};

    impl PartialSchema for Windows {
        fn schema() -> RefOr<Schema> {
            let object = ObjectBuilder::new();
            let described = WINDOWS.iter().fold(object, |object, window| {
                let figures = Ref::from_schema_name("WindowFigures");
                object.property(*window, figures).required(*window)
            });
            described.build().into()
        }
    }

    impl ToSchema for Windows {
        fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            schemas.push(("WindowFigures".to_owned(), WindowFigures::schema()));
            WindowFigures::schemas(schemas);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_window_is_required_and_keeps_its_order() {
        let figures = json!({"success": 3, "failures": 1, "availability": "75.00%", "availability_percent": 75.0,
            "maintenance": 0, "coverage": 1.0, "burn_rate": null,
            "shares": {"up": 0.75, "down": 0.25, "maintenance": 0.0, "unknown": 0.0}});
        let all = |windows: &[&str]| {
            let windows = windows.iter().map(|it| ((*it).to_owned(), figures.clone()));
            serde_json::from_value::<Windows>(Value::Object(windows.collect()))
        };
        let windows = all(&WINDOWS).unwrap();
        let text = serde_json::to_string(&windows).unwrap();
        let places: Vec<_> = WINDOWS
            .iter()
            .map(|window| text.find(&format!("\"{window}\"")).unwrap())
            .collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.contains("\"success\":3,"), "{text}");
        let error = all(&WINDOWS[..7]).unwrap_err().to_string();
        assert!(error.contains("missing field `14d`"), "{error}");
    }
}
