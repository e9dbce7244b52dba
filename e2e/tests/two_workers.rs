//! The whole way on real parts, without faults: 200 GIFs through one api process, RabbitMQ, two workers and an S3 store.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use e2e::{cases::Case, cluster::Cluster, deadline::within, ledger::Ledger};

const JOBS: usize = 200;
const TEST: Duration = Duration::from_secs(1_800);
const DONE: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_uploads_at_once_come_back_captioned() {
    within(TEST, async {
        let cluster = Cluster::start(2).await.unwrap();
        let cases: Vec<_> = Case::many(JOBS).unwrap().into_iter().map(Arc::new).collect();
        let mut ledger = Ledger::default();
        let begun = Instant::now();
        ledger.submit(&cluster.client(), &cases).await.unwrap();
        let accepted_s = begun.elapsed().as_secs_f64();
        while cluster.results().await.unwrap() < JOBS {}
        let seconds = begun.elapsed().as_secs_f64();
        let rate = f64::from(u32::try_from(JOBS).unwrap()) / seconds;
        println!("{JOBS} jobs accepted in {accepted_s:.1} s, done in {seconds:.1} s: {rate:.1} jobs/s");
        ledger.settle(&cluster, DONE).await.unwrap().assert_all_done();
        assert_eq!((cluster.results().await.unwrap(), cluster.outputs().await.unwrap()), (JOBS, JOBS));
    })
    .await;
}
