//! Promise 4: running twice is harmless.

use std::collections::HashSet;

use e2e::{client::Client, cluster::Cluster, deadline::within, interceptor::Action, ledger::Ledger};
use futures::future::join_all;
use proto_shared::JobMessage;

use crate::{DONE, TEST, broker, case, turn};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_ten_times_makes_one_result() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(0).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        ledger.submit(&client, &[case(4_000)]).await.unwrap();
        let id = ledger.ids().next().unwrap().to_owned();
        let broker = broker(&cluster).await;
        let message = JobMessage::first(cluster.record(&id).await.unwrap());
        for published in join_all((0..10).map(|_| broker.publish(&message))).await {
            published.unwrap();
        }
        // Three workers have rendered it before the first may store its output.
        let intercepted = cluster.worker_network.store.intercept("PUT /gifs/e2e/outputs/", Action::HoldRequest, usize::MAX);
        for _ in 0..3 {
            cluster.add_worker().await.unwrap();
        }
        intercepted.wait_hits(3).await;
        drop(intercepted);
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("one job, eleven messages, three workers: {balance}");
        balance.assert_all_done();
        assert_eq!((cluster.results().await.unwrap(), cluster.outputs().await.unwrap()), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_is_the_same_job_at_whatever_api() {
    let _turn = turn().await;
    within(TEST, async {
        let cluster = Cluster::start(1).await.unwrap();
        let other = cluster.another_api().await.unwrap();
        let (clients, case) = ([cluster.client(), Client::new(other.url(""))], case(4_100));
        let spec = case.spec_json().unwrap();
        let requests = (0..10).map(|n| clients[n % 2].submit_as("the-one", &case.source, &spec));
        let ids: HashSet<_> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        let mut ledger = Ledger::default();
        ledger.accepted(ids.into_iter().next().unwrap(), &case);
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("ten requests of one key at two api processes: {balance}");
        balance.assert_all_done();
        assert_eq!(cluster.results().await.unwrap(), 1);
    })
    .await;
}
