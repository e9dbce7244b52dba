//! The broker over a real RabbitMQ: the conformance suite, what only a server can show (full and deleted queues, queues
//! of other arguments), and a node that is killed under the feet of publishers and consumers.

#![expect(clippy::unwrap_used, reason = "what a test's own steps return is checked by stopping the test")]

use std::{collections::HashSet, num::NonZeroU16, time::Duration};

use broker::{AmqpConfig, Broker, BrokerError, Deliveries, Delivery, SettleError, conformance, conformance::message};
use e2e::rabbitmq::RabbitMq;
use proto_shared::queue;
use tokio::time::{Instant, sleep, timeout};

/// A node's restart and the longest backoff fit in.
const PATIENCE: Duration = Duration::from_secs(90);

/// A broker with queues of its own on the node, and retries that a test can wait for.
fn config(node: &RabbitMq, name: &str) -> AmqpConfig {
    AmqpConfig {
        queue_prefix: format!("{name}."),
        retry_delays: vec![Duration::from_millis(200), Duration::from_millis(900)],
        ..AmqpConfig::new(node.amqp_url(), format!("test {name}"))
    }
}

async fn connect(node: &RabbitMq, name: &str) -> Broker {
    Broker::connect(&config(node, name)).await.unwrap()
}

async fn consume(broker: &Broker, prefetch: u16) -> Deliveries {
    broker.consume(NonZeroU16::new(prefetch).unwrap()).await.unwrap()
}

async fn next(deliveries: &mut Deliveries) -> Delivery {
    timeout(PATIENCE, deliveries.next()).await.unwrap().unwrap()
}

async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Deletes a queue behind the broker's back, as an operator could.
async fn delete_queue(node: &RabbitMq, name: &str) {
    let url = format!("{}/api/queues/%2F/{name}", node.management_url());
    let answer = reqwest::Client::new().delete(url).basic_auth("guest", Some("guest")).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_conforms_and_says_what_is_wrong() {
    let node = RabbitMq::start().await.unwrap();
    conformance::all(async |name| connect(&node, name).await).await;
    a_full_queue_refuses(&node).await;
    queues_of_other_arguments_are_named(&node).await;
    a_deleted_queue_is_made_again(&node).await;
    a_url_that_is_none_is_not_quoted().await;
}

async fn a_full_queue_refuses(node: &RabbitMq) {
    let broker = Broker::connect(&AmqpConfig { max_waiting_jobs: 5, ..config(node, "full") }).await.unwrap();
    let mut accepted = 0;
    let refused = loop {
        // The server looks at the length now and then: a few more than five may get in.
        match broker.publish(&message(accepted)).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
        assert!(accepted < 100, "a queue of at most 5 took 100 messages");
    };
    assert!(matches!(&refused, BrokerError::Full { queue } if queue == "full.punchline.jobs"), "{refused:?}");
    assert!(accepted >= 5);

    // Taking them makes room again, and the refused message was not kept.
    let mut deliveries = consume(&broker, 1).await;
    for number in 0..accepted {
        let delivery = next(&mut deliveries).await;
        assert_eq!(delivery.message(), &message(number));
        delivery.ack().await.unwrap();
    }
    eventually("room in the queue", async || broker.publish(&message(1_000)).await.is_ok()).await;
    assert_eq!(next(&mut deliveries).await.message(), &message(1_000));
}

async fn queues_of_other_arguments_are_named(node: &RabbitMq) {
    connect(node, "other").await.close().await;
    let error = Broker::connect(&AmqpConfig { delivery_limit: 7, ..config(node, "other") }).await.unwrap_err();
    assert!(matches!(&error, BrokerError::TopologyMismatch { queue, .. } if queue == "other.punchline.jobs"), "{error:?}");
    assert!(error.to_string().contains("delivery-limit"), "{error}");
}

async fn a_deleted_queue_is_made_again(node: &RabbitMq) {
    let broker = connect(node, "deleted").await;
    let jobs = format!("deleted.{}", queue::JOBS);
    // A process that only publishes.
    broker.publish(&message(1)).await.unwrap();
    delete_queue(node, &jobs).await;
    broker.publish(&message(2)).await.unwrap();
    // One that consumes.
    let mut deliveries = consume(&broker, 1).await;
    let in_hand = next(&mut deliveries).await;
    assert_eq!(in_hand.message(), &message(2));
    delete_queue(node, &jobs).await;
    eventually("consuming again", async || broker.ready().await.is_ok() && broker.depth().await.is_ok()).await;
    broker.publish(&message(3)).await.unwrap();
    drop(in_hand);
    assert_eq!(next(&mut deliveries).await.message(), &message(3));
}

async fn a_url_that_is_none_is_not_quoted() {
    let error = Broker::connect(&AmqpConfig::new("http://user:hunter2@localhost", "test")).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let closed_port = Broker::connect(&AmqpConfig::new("amqp://user:hunter2@127.0.0.1:1", "test")).await.unwrap_err();
    assert!(matches!(closed_port, BrokerError::Connect(_)), "{closed_port:?}");
    assert!(!format!("{closed_port} {closed_port:?}").contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_loses_nothing_that_was_confirmed() {
    let mut node = RabbitMq::start().await.unwrap();
    let broker = connect(&node, "killed").await;
    let mut deliveries = consume(&broker, 2).await;
    broker.publish(&message(0)).await.unwrap();
    let in_hand = next(&mut deliveries).await;

    // Publishing goes on from several sides until the node dies under it.
    let publishers: Vec<_> = (0..4)
        .map(|lane| {
            let broker = broker.clone();
            tokio::spawn(async move {
                let mut confirmed = Vec::new();
                for number in (1..).map(|n| n * 4 + lane) {
                    let published_at = Instant::now();
                    if broker.publish(&message(number)).await.is_err() {
                        assert!(published_at.elapsed() < Duration::from_secs(6), "a publish outlived its limit");
                        break;
                    }
                    confirmed.push(message(number).job.id);
                }
                confirmed
            })
        })
        .collect();
    eventually("a hundred messages", async || broker.depth().await.is_ok_and(|depth| depth >= 100)).await;
    node.kill();
    eventually("not ready", async || broker.ready().await.is_err()).await;
    let mut confirmed = HashSet::from([message(0).job.id]);
    for publisher in publishers {
        confirmed.extend(publisher.await.unwrap());
    }
    // All of the hundred but the one that each publisher had under way.
    assert!(confirmed.len() > 90, "{}", confirmed.len());

    node.restart().await.unwrap();
    eventually("ready again", async || broker.ready().await.is_ok()).await;
    let too_late = in_hand.ack().await;
    assert!(matches!(too_late, Err(SettleError::Lost)), "{too_late:?}");
    // The same consumer, without being asked again. What was not confirmed may have arrived as well.
    while !confirmed.is_empty() {
        let delivery = next(&mut deliveries).await;
        confirmed.remove(&delivery.message().job.id);
        delivery.ack().await.unwrap();
    }
    broker.publish(&message(1_000_000)).await.unwrap();
    let last = message(1_000_000).job.id;
    loop {
        let delivery = next(&mut deliveries).await;
        let id = delivery.message().job.id.clone();
        delivery.ack().await.unwrap();
        if id == last {
            break;
        }
    }
    broker.close().await;
}
