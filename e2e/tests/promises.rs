//! Promises that one process cannot show: jobs that break workers, a broker and a store that go away, and all of it at
//! once. At the end of each, what was accepted is held against results, outputs and dead letters.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "functions that tests share fail by panicking, and say what was done"
)]

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use e2e::{
    cases::Case,
    client::Client,
    cluster::{Cluster, check_all, submit_all},
    deadline::within,
};
use proto_shared::queue;
use serde_json::Value;

const TEST: Duration = Duration::from_secs(420);
const DONE: Duration = Duration::from_secs(180);
/// Seeds, jobs and how often something is broken: more of it by hand, see README.
const SEEDS: &str = "PUNCHLINE_CHAOS_SEEDS";
const JOBS: &str = "PUNCHLINE_CHAOS_JOBS";

/// One cluster at a time: side by side they would measure each other.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn cases(count: usize) -> Vec<Arc<Case>> {
    Case::many(count).unwrap().into_iter().map(Arc::new).collect()
}

async fn submit_harm(client: &Client, harm: &str) -> String {
    let spec = format!(r#"{{"captions":[{{"text":"fault: {harm}"}}]}}"#);
    client.submit(&Case::generated(7).unwrap().source, &spec).await.unwrap()
}

/// Waits until a job has failed, and replaces workers that end meanwhile.
async fn failed(cluster: &mut Cluster, client: &Client, id: &str) -> Value {
    let deadline = Instant::now() + DONE;
    loop {
        let replaced = cluster.replace_ended_workers().await.unwrap();
        if replaced > 0 {
            println!("{replaced} workers had to be started anew");
        }
        let job = client.job(id).await.unwrap();
        match job["state"].as_str() {
            Some("failed") => return job,
            Some("queued") if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(200)).await,
            _ => panic!("{job} should fail"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_breaks_its_worker_harms_only_itself() {
    let _turn = TURN.lock().await;
    within(TEST, async {
        let mut cluster = Cluster::start_with(2, &[("PUNCHLINE_JOB_TIMEOUT_S", "3")]).await.unwrap();
        let (client, cases) = (cluster.client(), cases(50));
        let (first, second) = cases.split_at(25);
        let mut ids = submit_all(&client, first).await.unwrap();
        let harmful = [("abort", "engine_crashed"), ("panic", "engine_panic"), ("never end", "timeout")];
        let mut dead = Vec::new();
        for (harm, code) in harmful {
            dead.push((submit_harm(&client, harm).await, code));
        }
        ids.extend(submit_all(&client, second).await.unwrap());

        for (id, code) in &dead {
            let job = failed(&mut cluster, &client, id).await;
            assert_eq!(job["error"]["code"], *code, "{job}");
        }
        let faults = check_all(&client, &ids, &cases, DONE).await.unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));

        cluster.replace_ended_workers().await.unwrap();
        cluster.wait_empty(queue::DEAD, DONE).await.unwrap();
        let listed = cluster.command(&["dead", "list"]).unwrap();
        println!("{listed}");
        assert_eq!(listed.lines().count(), dead.len(), "{listed}");
        for (id, code) in &dead {
            assert!(listed.lines().any(|line| line.starts_with(id.as_str()) && line.contains(code)), "{id} {code}: {listed}");
            let shown: Value = serde_json::from_str(&cluster.command(&["dead", "show", id]).unwrap()).unwrap();
            assert_eq!(shown["message"]["job"]["id"], id.as_str());
        }
        let (id, _) = &dead[1];
        cluster.command(&["dead", "replay", id]).unwrap();
        assert_eq!(failed(&mut cluster, &client, id).await["error"]["code"], "engine_panic", "the cause is still there");
        cluster.wait_empty(queue::DEAD, DONE).await.unwrap();
        println!("{}", cluster.command(&["dead", "drop", "--all"]).unwrap());
        assert_eq!(cluster.command(&["dead", "list"]).unwrap(), "no dead letters\n");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_accepted_is_lost_whatever_dies() {
    let _turn = TURN.lock().await;
    let number = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    for seed in number(SEEDS, "1").split(',').map(|seed| seed.trim().parse().unwrap()) {
        let jobs = number(JOBS, "150").parse().unwrap();
        println!("seed {seed}, {jobs} jobs");
        within(TEST * 2, chaos(seed, jobs)).await;
    }
}

async fn chaos(seed: u64, jobs: usize) {
    let mut cluster = Cluster::start(3).await.unwrap();
    let (client, cases) = (cluster.client(), cases(jobs));
    let (ids, died) = tokio::join!(submit_all(&client, &cases), break_things(&mut cluster, seed, jobs));
    let ids = ids.unwrap();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), jobs, "an id was given twice");
    let faults = check_all(&client, &ids, &cases, DONE).await.unwrap();
    assert!(faults.is_empty(), "seed {seed}: {} of {jobs} outputs are wrong:\n{}", faults.len(), faults.join("\n"));
    for name in [queue::JOBS, queue::JOBS_EXPRESS, queue::DEAD] {
        cluster.wait_empty(name, DONE).await.unwrap();
    }
    assert_eq!(cluster.command(&["dead", "list"]).unwrap(), "no dead letters\n", "seed {seed}");
    println!("seed {seed}: {jobs} of {jobs} done, 0 wrong; died: {}", died.join(", "));
}

/// Kills something each time that a further seventh of the jobs has a result; tells what.
async fn break_things(cluster: &mut Cluster, seed: u64, jobs: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut died = Vec::new();
    for part in 1..=6 {
        let wanted = jobs * part / 7;
        let deadline = Instant::now() + DONE;
        while cluster.results().await.is_ok_and(|done| done < wanted) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match random.usize(0..6) {
            4 => {
                cluster.rabbitmq.kill();
                cluster.rabbitmq.restart().await.unwrap();
                died.push("the broker".to_owned());
            }
            5 => {
                cluster.store.kill();
                cluster.store.restart().await.unwrap();
                died.push("the store".to_owned());
            }
            _ => {
                let which = random.usize(0..cluster.workers.len());
                cluster.workers[which].kill();
                died.push(format!("worker {which}"));
            }
        }
        cluster.replace_ended_workers().await.unwrap();
    }
    died
}
