//! Limits per service: the amount of a resource that all requests and peers may use together.
//!
//! A limit per request is not enough: a thousand requests use it a thousand times. Metrics of each limit show an operator
//! how much is used and how many requests were refused.

pub(crate) mod evicting;

use std::sync::Arc;
use std::time::Duration;

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Creates the limits of one service and exports their metrics:
///
/// - `service_limit_capacity{limit}`: the capacity
/// - `service_limit_in_use{limit}`: the used part of it
/// - `service_limit_refused_total{limit}`: the refusals because the limit was used up
#[derive(Debug, Clone)]
pub struct Limits {
    capacity: IntGaugeVec,
    in_use: IntGaugeVec,
    refused: IntCounterVec,
}

impl Limits {
    /// Registers the metrics. Called once for each service.
    ///
    /// # Errors
    /// The registry already has metrics with these names.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let labels = &["limit"];
        let gauge = |name, help| IntGaugeVec::new(Opts::new(name, help), labels);
        let limits = Self {
            capacity: gauge(
                "service_limit_capacity",
                "The capacity of each limit that all requests and peers share",
            )?,
            in_use: gauge("service_limit_in_use", "The used part of each limit")?,
            refused: IntCounterVec::new(
                Opts::new(
                    "service_limit_refused_total",
                    "Requests and connections refused because a limit was used up",
                ),
                labels,
            )?,
        };
        registry.register(Box::new(limits.capacity.clone()))?;
        registry.register(Box::new(limits.in_use.clone()))?;
        registry.register(Box::new(limits.refused.clone()))?;
        Ok(limits)
    }

    /// Creates a limit. `name` is the value of the label `limit`. The unit of `capacity` depends on the limit: bytes,
    /// connections, queries.
    #[must_use]
    pub fn limit(&self, name: &str, capacity: usize) -> Limit {
        let capacity = capacity.min(Semaphore::MAX_PERMITS);
        self.capacity
            .with_label_values(&[name])
            .set(i64::try_from(capacity).unwrap_or(i64::MAX));
        Limit {
            free: Arc::new(Semaphore::new(capacity)),
            capacity,
            in_use: self.in_use.with_label_values(&[name]),
            refused: self.refused.with_label_values(&[name]),
        }
    }
}

/// A capacity that requests and peers share. Clones share it, too.
#[derive(Debug, Clone)]
pub struct Limit {
    free: Arc<Semaphore>,
    capacity: usize,
    in_use: IntGauge,
    refused: IntCounter,
}

impl Limit {
    /// Returns the capacity.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Acquires `amount` if it is free. Otherwise counts a refusal and returns `None`.
    #[must_use]
    pub fn try_acquire(&self, amount: u32) -> Option<Permit> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(amount).ok();
        self.granted(permit)
    }

    /// Waits in line until `amount` is free, for at most `timeout`. Then counts a refusal and returns `None`.
    pub async fn acquire_within(&self, amount: u32, timeout: Duration) -> Option<Permit> {
        let permit = Arc::clone(&self.free).acquire_many_owned(amount);
        let permit = tokio::time::timeout(timeout, permit).await;
        self.granted(permit.ok().and_then(Result::ok))
    }

    fn granted(&self, permit: Option<OwnedSemaphorePermit>) -> Option<Permit> {
        let Some(permit) = permit else {
            self.refused.inc();
            return None;
        };
        self.in_use
            .add(i64::try_from(permit.num_permits()).unwrap_or(i64::MAX));
        Some(Permit {
            permit,
            in_use: self.in_use.clone(),
        })
    }
}

/// A part of a [`Limit`], released when dropped.
#[derive(Debug)]
pub struct Permit {
    permit: OwnedSemaphorePermit,
    in_use: IntGauge,
}

impl Permit {
    /// Merges another part of the same limit into this one, so that both are released together.
    pub fn merge(&mut self, mut other: Self) {
        if let Some(part) = other.permit.split(other.permit.num_permits()) {
            self.permit.merge(part);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.in_use
            .sub(i64::try_from(self.permit.num_permits()).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(capacity: usize) -> (Limit, Registry) {
        let registry = Registry::new();
        let limits = Limits::register(&registry).unwrap();
        (limits.limit("bytes", capacity), registry)
    }

    fn value(registry: &Registry, name: &str) -> f64 {
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        let metric = &family.unwrap().get_metric()[0];
        metric.get_gauge().get_value() + metric.get_counter().get_value()
    }

    #[test]
    fn a_used_up_limit_counts_refusals() {
        let (limit, registry) = limit(10);
        let mut held = limit.try_acquire(4).unwrap();
        held.merge(limit.try_acquire(6).unwrap());
        assert_eq!(value(&registry, "service_limit_in_use"), 10.0);
        assert!(limit.try_acquire(1).is_none());
        assert_eq!(value(&registry, "service_limit_refused_total"), 1.0);
        drop(held);
        assert_eq!(value(&registry, "service_limit_in_use"), 0.0);
        assert!(limit.try_acquire(10).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn acquire_within_ends_with_a_permit_or_a_refusal() {
        let (limit, registry) = limit(1);
        let held = limit.try_acquire(1).unwrap();
        let second = Duration::from_secs(1);
        assert!(limit.acquire_within(1, second).await.is_none());
        assert_eq!(value(&registry, "service_limit_refused_total"), 1.0);
        let waiting = tokio::spawn({
            let limit = limit.clone();
            async move { limit.acquire_within(1, second).await }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap().is_some());
    }
}
