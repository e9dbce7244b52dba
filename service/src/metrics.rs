//! The metrics registry and its text form.
//!
//! Every crate registers its own metrics in a [`Registry`] at start; then the registry is frozen into
//! an [`Exposition`], which only reads. Names carry their unit (`_seconds`, `_bytes`) and the prefix
//! `punchline_`; labels take values from fixed sets alone, never an id or a path that a user chose.

use std::{fmt, sync::Arc};

pub use prometheus_client::registry::{Metric, Registry, Unit};

/// The `Content-Type` of [`Exposition::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds that a request or a job may take: 1 ms to about 4 min, each bucket twice the one before.
#[must_use]
pub fn seconds_buckets() -> Vec<f64> {
    prometheus_client::metrics::histogram::exponential_buckets(0.001, 2.0, 19).collect()
}

/// Seconds that something may wait in a queue: 1 ms to about an hour.
#[must_use]
pub fn wait_buckets() -> Vec<f64> {
    prometheus_client::metrics::histogram::exponential_buckets(0.001, 2.0, 23).collect()
}

/// A registry whose names begin with `punchline_`.
#[must_use]
pub fn registry() -> Registry {
    Registry::with_prefix("punchline")
}

/// Adds a metric to a registry, and gives it.
pub fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// Adds a metric whose name ends in its unit to a registry, and gives it.
pub fn registered_with_unit<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, unit: Unit, metric: M) -> M {
    registry.register_with_unit(name, help, unit, metric.clone());
    metric
}

/// A registry that can no longer be added to.
#[derive(Clone)]
pub struct Exposition(Arc<Registry>);

impl Exposition {
    /// Freezes a registry.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self(Arc::new(registry))
    }

    /// Every metric, in the `OpenMetrics` text form.
    ///
    /// # Errors
    /// A metric could not be written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.0)?;
        Ok(text)
    }
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exposition")
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;

    use super::*;

    #[test]
    fn names_carry_prefix_and_unit() {
        let mut registry = registry();
        let received: Counter = Counter::default();
        registry.register_with_unit("upload", "Bytes of uploads taken", Unit::Bytes, received.clone());
        received.inc_by(7);
        let text = Exposition::new(registry).text().unwrap();
        assert!(text.contains("punchline_upload_bytes_total 7"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn the_buckets_reach_past_the_longest_job() {
        assert!(seconds_buckets().last().is_some_and(|last| *last > 120.0));
        assert!(wait_buckets().last().is_some_and(|last| *last > 3600.0), "and past a queue that is full");
    }
}
