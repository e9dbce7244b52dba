//! The broker on `/metrics`: its state, what this process has seen of it, and how many messages wait where.
//!
//! Used by the three long-running commands. A scrape reads what is known and never waits: the queues are looked at beside
//! it. What is not known, because the broker does not answer, is left out: an old number would be taken for a new one.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use broker::{Broker, BrokerState, Counts, Depths};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};
use proto_shared::Lane;
use service::{Eventual, metrics::Registry};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// Between two looks at the queues.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// For one look.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// Adds the broker to what is scraped, and looks at its queues until `shutdown`.
pub(crate) fn watch(broker: &Eventual<Broker>, registry: &mut Registry, shutdown: &CancellationToken) {
    let view = View { broker: broker.clone(), depths: Arc::default() };
    let (looking, shutdown) = (view.clone().look(), shutdown.clone());
    tokio::spawn(async move { shutdown.run_until_cancelled(looking).await });
    registry.register_collector(Box::new(view));
}

/// What a scrape sees. Clones share it.
#[derive(Clone, Debug)]
struct View {
    broker: Eventual<Broker>,
    depths: Arc<Mutex<Option<Depths>>>,
}

impl View {
    async fn look(self) {
        let broker = self.broker.wait().await;
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let seen = match timeout(LOOK_LIMIT, broker.depths()).await {
                Ok(Ok(depths)) => Some(depths),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "failed to count the messages in the queues");
                    None
                }
                Err(_) => None,
            };
            *self.depths.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        }
    }
}

impl Collector for View {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let broker = self.broker.get();
        // Before the first connection it is as if there were none.
        state(&mut encoder, broker.map_or(BrokerState::Disconnected, Broker::state))?;
        counts(&mut encoder, broker.map(Broker::counts).unwrap_or_default())?;
        match *self.depths.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(seen) => depths(&mut encoder, seen),
            None => Ok(()),
        }
    }
}

fn state(encoder: &mut DescriptorEncoder<'_>, now: BrokerState) -> fmt::Result {
    let help = "How things stand with the broker: 1 for the one state that is.";
    let mut family = encoder.encode_descriptor("broker_state", help, None, MetricType::Gauge)?;
    for state in BrokerState::ALL {
        let labels = [("state", state.as_str())];
        ConstGauge::new(i64::from(state == now)).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn counts(encoder: &mut DescriptorEncoder<'_>, counts: Counts) -> fmt::Result {
    // Named one by one, so that a figure the broker adds is not forgotten here.
    let Counts {
        reconnects,
        consumers_reopened,
        published,
        publish_failed,
        acks_lost,
        from_newer_release,
        events_emitted,
        events_dropped,
    } = counts;
    for (name, help, count) in [
        ("broker_reconnects", "Connections that were lost and came back.", reconnects),
        ("broker_consumers_reopened", "Consumers that ended unasked and receive again.", consumers_reopened),
        ("broker_published", "Jobs whose publishing was confirmed.", published),
        ("broker_publish_failures", "Jobs whose publishing was refused or not confirmed in time.", publish_failed),
        ("broker_acks_lost", "Acknowledgements that reached nobody; each is a redelivery.", acks_lost),
        (
            "broker_messages_from_newer_release",
            "Jobs that need a newer release than this one, put back for a worker that knows them; each time counts.",
            from_newer_release,
        ),
        ("broker_events_emitted", "Events handed over to be sent.", events_emitted),
        ("broker_events_dropped", "Events thrown away instead of waiting.", events_dropped),
    ] {
        ConstCounter::new(count).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
    }
    Ok(())
}

fn depths(encoder: &mut DescriptorEncoder<'_>, depths: Depths) -> fmt::Result {
    let Depths { standard, express, retrying, dead } = depths;
    let help = "Messages that a worker could take now, by lane; a few seconds old.";
    let mut ready = encoder.encode_descriptor("queue_ready_messages", help, None, MetricType::Gauge)?;
    for (lane, count) in [(Lane::Standard, standard), (Lane::Express, express)] {
        gauge(count).encode(ready.encode_family(&[("lane", lane.as_str())])?)?;
    }
    for (name, help, count) in [
        ("queue_retry_messages", "Messages that wait for the time of their next attempt.", retrying),
        ("queue_dead_messages", "Dead letters that no worker has moved to the store yet.", dead),
    ] {
        gauge(count).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
    }
    Ok(())
}

fn gauge(count: u64) -> ConstGauge {
    ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use service::metrics::{Exposition, registry};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_scrape_shows_state_counts_and_depths_and_leaves_out_what_is_not_known() {
        let late = Eventual::from(Broker::in_process());
        let mut registry = registry();
        watch(&late, &mut registry, &CancellationToken::new());
        let exposition = Exposition::new(registry);
        let text = exposition.text().unwrap();
        assert!(text.contains("punchline_broker_state{state=\"connected\"} 1\n"), "{text}");
        assert!(text.contains("punchline_broker_state{state=\"blocked\"} 0\n"), "{text}");
        assert!(text.contains("# TYPE punchline_broker_publish_failures counter\n"), "{text}");
        assert!(text.contains("punchline_broker_publish_failures_total 0\n"), "{text}");
        assert!(!text.contains("queue_"), "nobody has looked yet: {text}");
        tokio::time::sleep(Duration::from_millis(1)).await;
        let text = exposition.text().unwrap();
        for line in ["queue_ready_messages{lane=\"express\"} 0", "queue_retry_messages 0", "queue_dead_messages 0"] {
            assert!(text.contains(&format!("\npunchline_{line}\n")), "{line}: {text}");
        }
        assert!(text.contains("# HELP punchline_queue_ready_messages Messages that"), "{text}");
    }

    #[test]
    fn before_the_first_connection_the_broker_is_away() {
        let mut registry = registry();
        registry.register_collector(Box::new(View { broker: Eventual::default(), depths: Arc::default() }));
        let text = Exposition::new(registry).text().unwrap();
        assert!(text.contains("punchline_broker_state{state=\"disconnected\"} 1\n"), "{text}");
    }
}
