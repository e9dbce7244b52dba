//! Promise 5: a poison job harms only itself.

use std::time::{Duration, Instant};

use e2e::{client::Client, cluster::Cluster, deadline::within, ledger::Ledger};
use proto_shared::queue;
use serde_json::Value;

use crate::{DONE, TEST, case, cases, turn};

/// What each job does to its worker, and the code of its failure.
const HARMFUL: [(&str, &str); 4] =
    [("abort", "engine_crashed"), ("panic", "engine_panic"), ("never end", "timeout"), ("eat memory", "engine_crashed")];
/// A job that ends its process does so at most twice before it is known. There are three of them here, and one that only panics.
const MOST_ENDS: usize = 6;
/// The address space of a worker here, as in a container: more than a suspect gets.
const WORKER_MEMORY_KB: u32 = 4 << 20;

async fn submit_harm(client: &Client, harm: &str) -> String {
    let spec = format!(r#"{{"captions":[{{"text":"fault: {harm}"}}]}}"#);
    client.submit(&case(7).source, &spec).await.unwrap()
}

/// Waits until a job has failed, and replaces and counts workers that end in the meantime.
async fn failed(cluster: &mut Cluster, client: &Client, id: &str, replaced: &mut usize) -> Value {
    let deadline = Instant::now() + DONE;
    loop {
        *replaced += cluster.replace_ended_workers().await.unwrap();
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
    let _turn = turn().await;
    within(TEST, async {
        // Longer than a worker runs on after a thread did not stop. A job that waits for that thread is given back when the worker ends,
        // and is not given up.
        let mut cluster = Cluster::start_with(0, &[("PUNCHLINE_JOB_TIMEOUT_S", "15")]).await.unwrap();
        cluster.worker_memory_kb = Some(WORKER_MEMORY_KB);
        for _ in 0..2 {
            cluster.add_worker().await.unwrap();
        }
        let (client, cases, mut ledger) = (cluster.client(), cases(50), Ledger::default());
        let (first, second) = cases.split_at(25);
        ledger.submit(&client, first).await.unwrap();
        let mut dead = Vec::new();
        for (harm, code) in HARMFUL {
            dead.push((submit_harm(&client, harm).await, code));
        }
        ledger.submit(&client, second).await.unwrap();

        let mut replaced = 0;
        for (id, code) in &dead {
            let job = failed(&mut cluster, &client, id, &mut replaced).await;
            assert_eq!(job["error"]["code"], *code, "{job}");
        }
        replaced += cluster.replace_ended_workers().await.unwrap();
        println!("{replaced} workers had to be started anew");
        assert!(replaced <= MOST_ENDS, "{replaced} workers ended");
        for (id, _) in &dead {
            ledger.accepted(id.clone(), &cases[0]);
        }
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        assert!(balance.faults.is_empty(), "{:#?}", balance.faults);
        assert_eq!((balance.done, balance.dead_letters), (cases.len(), dead.len()), "{balance}");
        look_replay_and_drop(&mut cluster, &client, &dead).await;
    })
    .await;
}

async fn look_replay_and_drop(cluster: &mut Cluster, client: &Client, dead: &[(String, &str)]) {
    let listed = cluster.command(&["dead", "list"]).await.unwrap();
    println!("$ punchline dead list\n{listed}");
    assert_eq!(listed.lines().count(), dead.len(), "{listed}");
    for (id, code) in dead {
        assert!(listed.lines().any(|line| line.starts_with(id.as_str()) && line.contains(code)), "{id} {code}: {listed}");
        let shown: Value = serde_json::from_str(&cluster.command(&["dead", "show", id]).await.unwrap()).unwrap();
        assert_eq!(shown["message"]["job"]["id"], id.as_str());
    }
    let (id, _) = &dead[1];
    println!("$ punchline dead show {id}\n{}", cluster.command(&["dead", "show", id]).await.unwrap());
    println!("$ punchline dead replay {id}\n{}", cluster.command(&["dead", "replay", id]).await.unwrap());
    assert_eq!(failed(cluster, client, id, &mut 0).await["error"]["code"], "engine_panic", "the cause is still there");
    cluster.wait_empty(queue::DEAD, DONE).await.unwrap();
    println!("$ punchline dead drop --all\n{}", cluster.command(&["dead", "drop", "--all"]).await.unwrap());
    assert_eq!(cluster.command(&["dead", "list"]).await.unwrap(), "no dead letters\n");
}
