//! Promise 7: broker trouble is survived and seen.

use std::{
    env,
    time::{Duration, Instant},
};

use e2e::{
    client::Client,
    cluster::Cluster,
    deadline::within,
    ledger::{JOB_QUEUES, Ledger},
    process::Process,
    proxy::Mode,
};
use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::Value;

use crate::{DONE, TEST, case, cases, turn, until};

const CONSUMING_AGAIN: Duration = Duration::from_secs(60);
/// Two heartbeats of 10 s, and the time until readiness is checked.
const SEEN: Duration = Duration::from_secs(40);

/// Whether the worker reports that its broker is well.
async fn well(cluster: &Cluster) -> bool {
    let report = async { reqwest::get(cluster.workers[0].url("/readyz")).await?.json::<Value>().await };
    report.await.is_ok_and(|report| {
        let checks = report["checks"].as_array().into_iter().flatten();
        checks.filter(|check| check["name"] == "broker").any(|check| check["ok"] == true)
    })
}

async fn status(url: &str) -> u16 {
    reqwest::get(url).await.map_or(0, |answer| answer.status().as_u16())
}

/// Submits a job and waits until it is done. The only worker has then done it, so it consumes.
async fn consumes(cluster: &Cluster, ledger: &mut Ledger, seed: u64) {
    ledger.submit(&cluster.client(), &[case(seed)]).await.unwrap();
    let id = ledger.ids().last().unwrap().to_owned();
    cluster.client().wait_done(&id, CONSUMING_AGAIN).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_consumes_again_within_a_minute_of_whatever_befell_its_broker() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(1).await.unwrap();
        let (mut ledger, mut seed) = (Ledger::default(), 7_000);
        consumes(&cluster, &mut ledger, seed).await;
        let process = cluster.workers[0].pid();

        for trouble in ["killed and restarted", "connections closed", "queues deleted"] {
            match trouble {
                "killed and restarted" => {
                    cluster.rabbitmq.kill();
                    until("readiness says so", SEEN, async || !well(&cluster).await).await;
                    cluster.rabbitmq.restart().await.unwrap();
                }
                "connections closed" => {
                    cluster.rabbitmq.ctl(&["close_all_connections", "tested"]).await.unwrap();
                }
                _ => {
                    for queue in JOB_QUEUES {
                        cluster.rabbitmq.ctl(&["delete_queue", queue]).await.unwrap();
                    }
                }
            }
            seed += 1;
            let begun = Instant::now();
            consumes(&cluster, &mut ledger, seed).await;
            println!("{trouble}: the next job was done after {:.1} s", begun.elapsed().as_secs_f64());
        }
        for mode in [Mode::Reset, Mode::BlackHole, Mode::HalfOpen] {
            let broken_at = Instant::now();
            cluster.worker_network.broker.set(mode);
            until("readiness says so", SEEN, async || !well(&cluster).await).await;
            let seen_s = broken_at.elapsed().as_secs_f64();
            cluster.worker_network.broker.set(Mode::Pass);
            seed += 1;
            let begun = Instant::now();
            consumes(&cluster, &mut ledger, seed).await;
            let again_s = begun.elapsed().as_secs_f64();
            println!("{mode:?}: told after {seen_s:.1} s; the next job was done {again_s:.1} s after the mend");
            until("well again", CONSUMING_AGAIN, async || well(&cluster).await).await;
        }
        assert!(cluster.workers[0].is_running() && cluster.workers[0].pid() == process, "it was not restarted");
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        balance.assert_all_done();
    })
    .await;
}

/// For how many seconds the broker is away, for a longer outage than a suite has time for.
const AWAY_S: &str = "PUNCHLINE_E2E_BROKER_AWAY_S";

/// All reads are answered, a submit is refused in time, and no process asks for a restart or is taken out of service.
async fn reads_and_refuses(client: &Client, cluster: &Cluster, done: &str, seed: u64) {
    let paths = [format!("/v1/jobs/{done}"), format!("/v1/jobs/{done}/result"), format!("/v1/jobs/{done}/events")];
    let others = ["/v1/gallery", "/v1/info", "/readyz", "/healthz", "/startupz"].map(str::to_owned);
    for path in paths.iter().chain(&others) {
        assert_eq!(client.get(path).await.unwrap().status, StatusCode::OK, "{path}");
    }
    assert_eq!(status(&cluster.workers[0].url("/healthz")).await, 200, "a restart of a worker mends no broker");
    let case = case(seed);
    let form = Form::new().part("file", Part::bytes(case.source.clone())).text("spec", case.spec_json().unwrap());
    let answer = client.post(form).await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(answer.retry_after_s.is_some_and(|seconds| seconds > 0), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_without_its_broker_answers_reads_and_only_submits_are_refused() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(1).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        let away = Duration::from_secs(env::var(AWAY_S).ok().and_then(|s| s.parse().ok()).unwrap_or(20));
        consumes(&cluster, &mut ledger, 7_100).await;
        let done = ledger.ids().last().unwrap().to_owned();
        // Accepted, and for the most part not done when the broker goes away.
        ledger.submit(&client, &cases(20)).await.unwrap();
        cluster.rabbitmq.kill();
        let (gone_at, mut rounds, mut seed) = (Instant::now(), 0, 7_200);
        // An api that starts in the meantime gets ready for reads.
        let mut fresh = Process::launch("api", &cluster.env(&cluster.api_network)).unwrap();
        fresh.wait_ready(DONE).await.unwrap();
        let fresh_client = Client::new(fresh.url(""));
        while gone_at.elapsed() < away {
            for client in [&client, &fresh_client] {
                seed += 1;
                reads_and_refuses(client, &cluster, &done, seed).await;
            }
            rounds += 1;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        println!("broker away {:.0} s: {rounds} rounds of reads at two apis, all 200", gone_at.elapsed().as_secs_f64());
        cluster.rabbitmq.restart().await.unwrap();
        let begun = Instant::now();
        // Both accept jobs again by themselves.
        for (client, seed) in [(&client, 7_900), (&fresh_client, 7_901)] {
            ledger.submit(client, &[case(seed)]).await.unwrap();
        }
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("all done {:.1} s after it was back: {balance}", begun.elapsed().as_secs_f64());
        balance.assert_all_done();
    })
    .await;
}
