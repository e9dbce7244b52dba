//! How many jobs a second one queue of RabbitMQ passes on this machine: published with a confirm each, and taken and acked, by the
//! code that api and worker run.

use std::{
    num::NonZeroU16,
    sync::Arc,
    time::{Duration, Instant},
};

use broker::{AmqpConfig, Broker, Prefetch, conformance};
use e2e::rabbitmq::RabbitMq;
use futures::{StreamExt as _, future::join_all, stream};
use proto_shared::Lane;
use tokio::sync::watch;

const JOBS: u32 = 20_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures, and asserts nothing of it: benches/service/scaling.sh"]
async fn rates_of_quorum_queues() {
    let rabbitmq = RabbitMq::start().await.unwrap();
    let connect = async |prefix: String| {
        let mut config = AmqpConfig::new(rabbitmq.amqp_url(), "rates");
        config.queue_prefix = prefix;
        config.confirm_channels = 64;
        Arc::new(Broker::connect(&config).await.unwrap())
    };
    println!("| what | a second |\n| --- | ---: |");
    for publishers in [1, 16, 64] {
        let broker = connect(format!("publish{publishers}.")).await;
        row(&format!("published and confirmed, {publishers} at a time"), JOBS, published(&broker, JOBS, publishers).await);
        let consumers = if publishers == 1 { 1 } else { 4 };
        let prefetch = if publishers == 64 { 100 } else { 6 };
        let what = format!("taken and acked, {consumers} consumers with {prefetch} in hand");
        row(&what, JOBS, taken(&broker, JOBS, consumers, prefetch).await);
    }
    let broker = connect("both.".to_owned()).await;
    let both = Instant::now();
    tokio::join!(published(&broker, JOBS, 64), taken(&broker, JOBS, 4, 100));
    row("both at once: through the queue", JOBS, both.elapsed());
    let brokers = join_all((0..4).map(|n| connect(format!("four{n}.")))).await;
    let four = Instant::now();
    join_all(brokers.iter().map(async |broker| tokio::join!(published(broker, JOBS / 4, 16), taken(broker, JOBS / 4, 1, 100))))
        .await;
    row("the same over four queues of the node", JOBS, four.elapsed());
}

async fn published(broker: &Broker, count: u32, at_once: usize) -> Duration {
    let began = Instant::now();
    let publishing =
        (0..count).map(|n| async move { broker.publish(&conformance::message_in(Lane::Standard, n)).await.unwrap() });
    stream::iter(publishing).buffer_unordered(at_once).for_each(async |()| {}).await;
    began.elapsed()
}

async fn taken(broker: &Arc<Broker>, count: u32, consumers: u32, prefetch: u16) -> Duration {
    let began = Instant::now();
    let prefetch = Prefetch::each(NonZeroU16::new(prefetch).unwrap());
    let (tally, _) = watch::channel(0);
    let working = (0..consumers).map(|_| {
        let (broker, tally, mut all) = (Arc::clone(broker), tally.clone(), tally.subscribe());
        tokio::spawn(async move {
            let mut deliveries = broker.consume(prefetch).await.unwrap();
            let all_taken = async { all.wait_for(|&taken| taken >= count).await.map(drop) };
            tokio::pin!(all_taken);
            loop {
                tokio::select! {
                    biased;
                    delivery = deliveries.next() => {
                        delivery.unwrap().ack().await.unwrap();
                        tally.send_modify(|taken| *taken += 1);
                    }
                    _ = &mut all_taken => return,
                }
            }
        })
    });
    for ended in join_all(working).await {
        ended.unwrap();
    }
    began.elapsed()
}

fn row(what: &str, jobs: u32, took: Duration) {
    println!("| {what} | {:.0} |", f64::from(jobs) / took.as_secs_f64());
}
