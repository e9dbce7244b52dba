//! What every backend must do, as functions that tests run against a broker of their own.
//!
//! Called by this crate's tests (in-process, on a paused clock) and by the tests across processes (real
//! RabbitMQ). A check that fails panics, as assertions do; nothing else may call this. Each function takes
//! a broker whose queues are empty and that nobody else uses.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this is test code: what does not hold must stop the test that called")]
#![expect(clippy::missing_panics_doc, reason = "every function here panics when its check fails, by design")]

pub mod dead;
pub mod events;
pub mod jobs;
pub mod newer;
mod support;

use crate::Broker;

pub use support::{event, message, message_in, note};

/// Every check, one after the other; `fresh` gives each the broker of its own, and is told the check's name.
pub async fn all(fresh: impl AsyncFn(&'static str) -> Broker) {
    jobs::a_message_comes_out_as_it_went_in(&fresh("same").await).await;
    jobs::a_message_goes_to_one_consumer(&fresh("one").await).await;
    jobs::an_acked_message_never_comes_again(&fresh("ack").await).await;
    jobs::a_dropped_delivery_is_redelivered(&fresh("drop").await).await;
    jobs::what_is_published_again_counts_from_one(&fresh("again").await).await;
    jobs::a_retry_comes_after_its_delay_as_the_next_attempt(&fresh("retry").await).await;
    jobs::a_delay_without_a_queue_is_refused_and_given_back(&fresh("delay").await).await;
    jobs::a_message_comes_by_its_lane(&fresh("lane").await).await;
    jobs::a_retry_stays_in_its_lane(&fresh("lane-retry").await).await;
    jobs::a_retry_is_counted_while_it_waits(&fresh("retrying").await).await;
    jobs::prefetch_bounds_what_is_in_hand(&fresh("prefetch").await).await;
    jobs::each_lane_has_its_own_prefetch(&fresh("lane-prefetch").await).await;
    jobs::a_stopped_consumer_gets_nothing_new_and_settles_the_rest(&fresh("stop").await).await;
    jobs::what_was_published_is_counted(&fresh("counts").await).await;
    jobs::a_closed_broker_says_so(&fresh("close").await).await;
    dead::a_dead_letter_is_kept_with_its_reason(&fresh("dead").await).await;
    dead::a_dead_letter_stays_until_it_is_acked(&fresh("dead-ack").await).await;
    dead::a_trace_stays_with_its_message(&fresh("trace").await).await;
    dead::malformed_bytes_become_a_dead_letter(&fresh("malformed").await).await;
    dead::poison_becomes_a_dead_letter_after_the_delivery_limit(&fresh("poison").await).await;
    newer::what_a_consumer_does_not_know_waits_for_one_that_does(&fresh("newer").await).await;
    newer::what_is_left_to_others_is_in_nobodys_way(&fresh("newer-way").await).await;
    newer::a_job_of_a_newer_release_is_not_published(&fresh("newer-publish").await).await;
    events::every_subscriber_hears_every_event_in_order(&fresh("events").await).await;
    events::a_filter_lets_only_its_own_through(&fresh("filter").await).await;
    events::a_slow_subscriber_is_told_of_the_gap(&fresh("gap").await).await;
    events::events_need_no_subscriber(&fresh("unheard").await).await;
}
