//! What the api counts. Labels come from fixed sets: routes as they are written in the router, codes.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
};
use proto_shared::ErrorCode;
use service::metrics::{Registry, Unit, seconds_buckets};

/// The api's metrics; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram>,
    refused: Family<CodeLabels, Counter>,
    accepted: Counter,
    ended: Family<EndLabels, Counter>,
    known: Counter,
    upload_bytes: Counter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EndLabels {
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(seconds_buckets())),
            refused: Family::default(),
            accepted: Counter::default(),
            ended: Family::default(),
            known: Counter::default(),
            upload_bytes: Counter::default(),
        };
        registry.register("api_requests", "Requests answered, by route and status", metrics.requests.clone());
        registry.register_with_unit(
            "api_request",
            "From a request's head to its response's head",
            Unit::Seconds,
            metrics.request_seconds.clone(),
        );
        registry.register("api_refused", "Requests refused, by code", metrics.refused.clone());
        registry.register("api_jobs_known", "Jobs whose output stood already", metrics.known.clone());
        registry.register("api_jobs_accepted", "Jobs recorded: each of them ends", metrics.accepted.clone());
        registry.register("api_jobs_ended", "Jobs whose result the front wrote, by outcome", metrics.ended.clone());
        registry.register_with_unit(
            "api_upload",
            "Bytes of pictures taken in uploads",
            Unit::Bytes,
            metrics.upload_bytes.clone(),
        );
        metrics
    }

    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create_owned(&RequestLabels { route: route.to_owned(), status }).inc();
        self.request_seconds.get_or_create_owned(&RouteLabels { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    pub(crate) fn refused(&self, code: ErrorCode) {
        self.refused.get_or_create_owned(&CodeLabels { code: code.as_str() }).inc();
    }

    /// Its output was stored already.
    pub(crate) fn known(&self) {
        self.known.inc();
    }

    /// The api was the first to write its result.
    pub(crate) fn done(&self) {
        self.ended.get_or_create_owned(&EndLabels { outcome: "done" }).inc();
    }

    /// The same, because nobody wants it.
    pub(crate) fn cancelled(&self) {
        self.ended.get_or_create_owned(&EndLabels { outcome: "cancelled" }).inc();
    }

    /// Its record was created, be it by a request that fails after it: then the job is found and queued later.
    pub(crate) fn accepted(&self) {
        self.accepted.inc();
    }

    pub(crate) fn uploaded(&self, bytes: u64) {
        self.upload_bytes.inc_by(bytes);
    }
}

/// What callbacks count.
#[derive(Clone, Debug)]
pub(crate) struct CallbackMetrics(Family<ResultLabels, Counter>);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

impl CallbackMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let attempts = Family::default();
        registry.register("api_callbacks", "Attempts to call back, by what became of them", attempts.clone());
        let metrics = Self(attempts);
        // From the start, so that a rate is known at the first of each.
        for result in [DELIVERED, FAILED, GIVEN_UP] {
            metrics.of(result);
        }
        metrics
    }

    pub(crate) fn delivered(&self) {
        self.of(DELIVERED).inc();
    }

    /// It comes again.
    pub(crate) fn failed(&self) {
        self.of(FAILED).inc();
    }

    /// It was the last.
    pub(crate) fn given_up(&self) {
        self.of(GIVEN_UP).inc();
    }

    fn of(&self, result: &'static str) -> Counter {
        self.0.get_or_create_owned(&ResultLabels { result })
    }
}

const DELIVERED: &str = "delivered";
const FAILED: &str = "failed";
const GIVEN_UP: &str = "given_up";
