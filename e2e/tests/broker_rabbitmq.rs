//! The broker over a real RabbitMQ: the conformance suite; what only a server can show (full and deleted queues, queues with other
//! arguments, a node that takes no messages); and a node or a network that fails while publishers and consumers use it.

#![expect(clippy::unwrap_used, reason = "what a test's own steps return is checked by stopping the test")]

use std::{collections::HashSet, num::NonZeroU16, time::Duration};

use broker::{AmqpConfig, Broker, BrokerError, Deliveries, Delivery, Filter, Heard, Prefetch, SettleError, conformance};
use conformance::{event, message, message_in, note};
use e2e::{
    proxy::{Mode, Proxy},
    rabbitmq::RabbitMq,
};
use proto_shared::{Lane, event::News, queue};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};

/// Longer than a node's restart and the longest backoff together.
const PATIENCE: Duration = Duration::from_secs(300);

/// A broker with queues of its own on the node, and retries that a test can wait for.
fn config(node: &RabbitMq, name: &str) -> AmqpConfig {
    AmqpConfig {
        queue_prefix: format!("{name}."),
        retry_delays: vec![Duration::from_millis(200), Duration::from_secs(2)],
        ..AmqpConfig::new(node.amqp_url(), format!("test {name}"))
    }
}

async fn connect(node: &RabbitMq, name: &str) -> Broker {
    Broker::connect(&config(node, name)).await.unwrap()
}

async fn consume(broker: &Broker, prefetch: u16) -> Deliveries {
    broker.consume(Prefetch::each(NonZeroU16::new(prefetch).unwrap())).await.unwrap()
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

/// Deletes a queue or an exchange without the `broker` crate, as an operator could.
async fn delete(node: &RabbitMq, kind: &str, name: &str) {
    let url = format!("{}/api/{kind}/%2F/{name}", node.management_url());
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
    a_deleted_retry_queue_is_made_again(&node).await;
    a_newer_message_is_kept_while_no_copy_of_it_is_taken(&node).await;
    a_url_that_is_none_is_not_quoted().await;
    closed_connections_come_back_and_the_gap_is_told(&node).await;
    a_blocked_node_refuses_jobs_and_takes_acks(&node).await;
}

async fn a_full_queue_refuses(node: &RabbitMq) {
    let broker = Broker::connect(&AmqpConfig { max_waiting_jobs: 5, ..config(node, "full") }).await.unwrap();
    let mut accepted = 0;
    let refused = loop {
        // The server checks the length at intervals: a few more than five may get in.
        match broker.publish(&message(accepted)).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
        assert!(accepted < 100, "a queue of at most 5 took 100 messages");
    };
    assert!(matches!(&refused, BrokerError::Full { queue } if queue == "full.punchline.jobs"), "{refused:?}");
    assert!(accepted >= 5);
    assert!(matches!(broker.can_publish(Lane::Standard), Err(BrokerError::Full { .. })));
    assert!(broker.can_publish(Lane::Express).is_ok());
    // The other lane has a limit of its own.
    broker.publish(&message_in(Lane::Express, 2_000)).await.unwrap();

    // After they are taken there is room again, and the refused message was not kept.
    let mut deliveries = broker.consume(Prefetch::each(NonZeroU16::MIN)).await.unwrap();
    let mut expected: HashSet<_> = (0..accepted).map(|number| message(number).job.id).collect();
    expected.insert(message(2_000).job.id);
    while !expected.is_empty() {
        let delivery = next(&mut deliveries).await;
        assert!(expected.remove(&delivery.message().job.id), "{delivery:?}");
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
    delete(node, "queues", &jobs).await;
    broker.publish(&message(2)).await.unwrap();
    // One that consumes.
    let mut deliveries = consume(&broker, 1).await;
    let in_hand = next(&mut deliveries).await;
    assert_eq!(in_hand.message(), &message(2));
    delete(node, "queues", &jobs).await;
    eventually("consuming again", async || broker.ready().await.is_ok() && broker.depths().await.is_ok()).await;
    broker.publish(&message(3)).await.unwrap();
    drop(in_hand);
    assert_eq!(next(&mut deliveries).await.message(), &message(3));
}

async fn a_deleted_retry_queue_is_made_again(node: &RabbitMq) {
    let broker = connect(node, "unretried").await;
    let delay = broker.retry_delays()[0];
    let name = format!("unretried.{}", queue::retry(delay));
    let mut deliveries = consume(&broker, 1).await;
    broker.publish(&message_in(Lane::Express, 1)).await.unwrap();
    for (attempt, missing) in [(1, ["queues"].as_slice()), (2, &["exchanges"]), (3, &["queues", "exchanges"])] {
        let delivery = next(&mut deliveries).await;
        for kind in missing {
            delete(node, kind, &name).await;
        }
        assert_eq!((delivery.attempt(), delivery.lane()), (attempt, Lane::Express));
        delivery.retry(delay, note(attempt)).await.unwrap();
    }
    next(&mut deliveries).await.ack().await.unwrap();
}

/// Publishes without the `broker` crate, as another release could. Returns whether the queue took the message.
async fn publish_raw(node: &RabbitMq, queue: &str, payload: &str) -> bool {
    let url = format!("{}/api/exchanges/%2F/amq.default/publish", node.management_url());
    let properties = serde_json::json!({"delivery_mode": 2});
    let body = serde_json::json!({
        "properties": properties, "routing_key": queue, "payload": payload, "payload_encoding": "string"
    });
    let client = reqwest::Client::new();
    let answer = client.post(url).basic_auth("guest", Some("guest")).body(body.to_string()).send().await.unwrap();
    answer.status().is_success()
}

/// If the retry queue has no room for a message of a newer release, the message stays in hand. To give it back again and again would
/// make a dead letter of it.
async fn a_newer_message_is_kept_while_no_copy_of_it_is_taken(node: &RabbitMq) {
    let delay = Duration::from_secs(600);
    let config = AmqpConfig { retry_delays: vec![delay], max_waiting_jobs: 1, ..config(node, "kept") };
    let broker = Broker::connect(&config).await.unwrap();
    let (jobs, retry) = (format!("kept.{}", queue::JOBS_V2), format!("kept.{}", queue::retry(delay)));
    let mut full = 0;
    // The server checks the length at intervals: a few more than one may get in.
    while publish_raw(node, &retry, "no room").await {
        full += 1;
        assert!(full < 100, "a queue of at most 1 took 100 messages");
    }
    assert!(publish_raw(node, &jobs, r#"{"job":{"version":99},"added":"later"}"#).await);
    let mut deliveries = consume(&broker, 1).await;
    // Longer than two tries take.
    let nothing = timeout(Duration::from_secs(25), deliveries.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    let depths = broker.depths().await.unwrap();
    assert_eq!((depths.retrying, depths.waiting(), depths.dead), (full, 0, 0));
    assert_eq!(broker.counts().from_newer_release, 1, "it came once, and is kept");
    delete(node, "queues", &format!("{retry}/contents")).await;
    eventually("the copy is taken", async || broker.depths().await.unwrap().retrying == 1).await;
    assert_eq!((broker.depths().await.unwrap().dead, broker.counts().from_newer_release), (0, 1));
}

async fn closed_connections_come_back_and_the_gap_is_told(node: &RabbitMq) {
    let broker = connect(node, "closed").await;
    let mut deliveries = consume(&broker, 1).await;
    let mut events = broker.subscribe(Filter::Every).await.unwrap();
    broker.publish(&message(1)).await.unwrap();
    let in_hand = next(&mut deliveries).await;
    node.ctl(&["close_all_connections", "tested"]).await.unwrap();
    assert_eq!(timeout(PATIENCE, events.next()).await.unwrap(), Some(Heard::Gap));
    let too_late = in_hand.ack().await;
    assert!(matches!(too_late, Err(SettleError::Lost)), "{too_late:?}");
    let again = next(&mut deliveries).await;
    assert_eq!((again.message(), again.redelivered()), (&message(1), true));
    again.ack().await.unwrap();
    eventually("ready", async || broker.ready().await.is_ok()).await;
    broker.emit(&event(1, News::Done));
    assert_eq!(timeout(PATIENCE, events.next()).await.unwrap(), Some(Heard::Event(event(1, News::Done))));
    // Five consumers are opened again: those of the four queues of jobs, one of which had the message, and the subscription.
    let counted = || {
        let counts = broker.counts();
        (counts.reconnects, counts.consumers_reopened, counts.acks_lost)
    };
    eventually("all is open again", async || counted() >= (2, 5, 1)).await;
    assert_eq!(counted(), (2, 5, 1));
    assert_eq!(broker.outage(), None);
}

async fn a_blocked_node_refuses_jobs_and_takes_acks(node: &RabbitMq) {
    let broker = connect(node, "blocked").await;
    let mut deliveries = consume(&broker, 2).await;
    for number in [0, 1] {
        broker.publish(&message(number)).await.unwrap();
    }
    let (failed, in_hand) = (next(&mut deliveries).await, next(&mut deliveries).await);
    node.ctl(&["set_vm_memory_high_watermark", "0"]).await.unwrap();
    // The first publish may have to wait until the block is noticed.
    let first = broker.publish(&message(2)).await.unwrap_err();
    assert!(matches!(first, BrokerError::Blocked), "{first:?}");
    let asked_at = Instant::now();
    assert!(matches!(broker.publish(&message(3)).await, Err(BrokerError::Blocked)));
    assert!(matches!(broker.ready().await, Err(BrokerError::Blocked)));
    assert!(matches!(broker.can_publish(Lane::Standard), Err(BrokerError::Blocked)));
    // At once, although a publish may take up to five seconds.
    assert!(asked_at.elapsed() < Duration::from_secs(2), "{:?}", asked_at.elapsed());
    broker.emit(&event(1, News::Done));
    eventually("the event is dropped", async || broker.counts().events_dropped == 1).await;
    assert_eq!(broker.outage(), None, "a restart of ours would not help");
    in_hand.ack().await.unwrap();
    // A retry can't be published now, so it stays in hand. Given back at once, it would soon be a dead letter.
    let (delay, asked_at) = (broker.retry_delays()[1], Instant::now());
    let kept = failed.retry(delay, note(1)).await;
    assert!(matches!(kept, Err(SettleError::Copy(BrokerError::Blocked))), "{kept:?}");
    let again = next(&mut deliveries).await;
    assert!(asked_at.elapsed() >= delay, "{:?}", asked_at.elapsed());
    assert_eq!((again.message(), again.redelivered()), (&message(0), true));
    again.ack().await.unwrap();
    eventually("nothing waits", async || broker.depths().await.is_ok_and(|depths| depths.waiting() == 0)).await;

    node.ctl(&["set_vm_memory_high_watermark", "0.6"]).await.unwrap();
    eventually("ready again", async || broker.ready().await.is_ok()).await;
    broker.publish(&message(4)).await.unwrap();
    // A message that was sent just when the block began may have been accepted after it.
    loop {
        let delivery = next(&mut deliveries).await;
        let last = delivery.message() == &message(4);
        delivery.ack().await.unwrap();
        if last {
            break;
        }
    }
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

    // Several publishers go on until the node dies.
    let publishers: Vec<_> = (0..4)
        .map(|lane| {
            let broker = broker.clone();
            tokio::spawn(async move {
                let mut confirmed = Vec::new();
                for number in (1..).map(|n| n * 4 + lane) {
                    let published_at = Instant::now();
                    if broker.publish(&message(number)).await.is_err() {
                        assert!(published_at.elapsed() < Duration::from_secs(15), "a publish outlived its limit of 5 s");
                        break;
                    }
                    confirmed.push(message(number).job.id);
                }
                confirmed
            })
        })
        .collect();
    eventually("a hundred messages", async || broker.depths().await.is_ok_and(|depths| depths.standard >= 100)).await;
    node.kill();
    eventually("not ready", async || broker.ready().await.is_err()).await;
    let mut confirmed = HashSet::from([message(0).job.id]);
    for publisher in publishers {
        confirmed.extend(publisher.await.unwrap());
    }
    // All of the hundred except the one that each publisher was waiting for.
    assert!(confirmed.len() > 90, "{}", confirmed.len());

    node.restart().await.unwrap();
    eventually("ready again", async || broker.ready().await.is_ok()).await;
    let too_late = in_hand.ack().await;
    assert!(matches!(too_late, Err(SettleError::Lost)), "{too_late:?}");
    // The same consumer, without being opened again. Messages that were not confirmed may have arrived too.
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

/// A broker behind a network that fails, with a heartbeat that a test can wait for.
async fn connect_through(proxy: &Proxy, name: &str) -> Broker {
    let url = format!("amqp://guest:guest@{}/%2f", proxy.address());
    let (connect_timeout, publish_timeout) = (Duration::from_secs(10), Duration::from_secs(3));
    let config = AmqpConfig {
        queue_prefix: format!("{name}."),
        heartbeat: Duration::from_secs(1),
        connect_timeout,
        publish_timeout,
        ..AmqpConfig::new(url, format!("test {name}"))
    };
    Broker::connect(&config).await.unwrap()
}

/// The port of a relay to the node whose clients don't seem to know `basic.cancel`: the node tells their consumers nothing when
/// it forgets them, as it tells nothing to one that came while its queue was being deleted.
async fn relay_without_cancels(node: &RabbitMq) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, node) = (listener.local_addr().unwrap().port(), node.amqp_port());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", node)).await.unwrap();
            tokio::spawn(async move {
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                let up = async {
                    let (mut chunk, knows) = (vec![0; 64 * 1024], b"consumer_cancel_notifyt\x01");
                    loop {
                        let read = from_client.read(&mut chunk).await?;
                        if let Some(at) = chunk[..read].windows(knows.len()).position(|bytes| bytes == knows) {
                            chunk[at + knows.len() - 1] = 0;
                        }
                        if read == 0 {
                            return to_server.shutdown().await;
                        }
                        to_server.write_all(&chunk[..read]).await?;
                    }
                };
                let _ = tokio::join!(up, tokio::io::copy(&mut from_server, &mut to_client));
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_the_node_gives_nothing_is_renewed() {
    let node = RabbitMq::start().await.unwrap();
    let (heartbeat, connect_timeout) = (Duration::from_secs(1), Duration::from_secs(10));
    let url = node.amqp_url_at(relay_without_cancels(&node).await);
    let broker = Broker::connect(&AmqpConfig { heartbeat, connect_timeout, url, ..config(&node, "forgotten") }).await.unwrap();
    let mut deliveries = consume(&broker, 2).await;
    // While a message is in hand nothing is renewed, or it would be given back.
    broker.publish(&message(0)).await.unwrap();
    let in_hand = next(&mut deliveries).await;
    sleep(4 * heartbeat).await;
    in_hand.ack().await.unwrap();
    for number in 1..4 {
        delete(&node, "queues", &format!("forgotten.{}", queue::JOBS)).await;
        // The publisher makes the queue again.
        broker.publish(&message(number)).await.unwrap();
        let delivery = next(&mut deliveries).await;
        assert_eq!(delivery.message(), &message(number));
        delivery.ack().await.unwrap();
    }
    assert_eq!(broker.counts().reconnects, 0);
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_network_is_noticed_and_survived() {
    let node = RabbitMq::start().await.unwrap();
    for mode in [Mode::BlackHole, Mode::HalfOpen] {
        let name = format!("{mode:?}");
        let proxy = Proxy::start(node.amqp_port()).await.unwrap();
        let broker = connect_through(&proxy, &name).await;
        let mut deliveries = consume(&broker, 1).await;
        broker.publish(&message(1)).await.unwrap();
        let in_hand = next(&mut deliveries).await;

        proxy.set(mode);
        let lost_at = Instant::now();
        let refused = broker.publish(&message(2)).await;
        assert!(refused.is_err() && lost_at.elapsed() < Duration::from_secs(8), "{mode:?}: {:?}", lost_at.elapsed());
        broker.emit(&event(1, News::Done));
        eventually("not ready", async || broker.ready().await.is_err()).await;
        // Two heartbeats of a second, and half a second until they are checked.
        assert!(lost_at.elapsed() < Duration::from_secs(12), "{mode:?}: {:?}", lost_at.elapsed());
        eventually("a lasting outage", async || broker.outage().is_some_and(|outage| outage > Duration::from_secs(2))).await;

        // In the meantime the job goes to a consumer whose network works, and which declares nothing new.
        let config = AmqpConfig { queue_prefix: format!("{name}."), ..AmqpConfig::new(node.amqp_url(), "test other") };
        let other = Broker::connect(&config).await.unwrap();
        let mut elsewhere = consume(&other, 1).await;
        let again = next(&mut elsewhere).await;
        assert_eq!((again.message(), again.redelivered()), (&message(1), true));
        assert!(lost_at.elapsed() < Duration::from_secs(60), "{mode:?}: {:?}", lost_at.elapsed());
        again.ack().await.unwrap();
        elsewhere.stop().await;

        proxy.set(Mode::Pass);
        eventually("ready again", async || broker.ready().await.is_ok()).await;
        assert_eq!(broker.outage(), None);
        let too_late = in_hand.ack().await;
        assert!(matches!(too_late, Err(SettleError::Lost)), "{too_late:?}");
        broker.publish(&message(3)).await.unwrap();
        // The refused one may have been on its way when the black hole ended.
        loop {
            let delivery = next(&mut deliveries).await;
            let last = delivery.message() == &message(3);
            delivery.ack().await.unwrap();
            if last {
                break;
            }
        }
        assert_eq!(broker.counts().acks_lost, 1);
        broker.close().await;
    }
}
