//! Promise 10: you can tell what happened, a cancellation takes effect at once, and one client's many jobs do not delay another's few.

use std::{
    collections::HashMap,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use e2e::{cases::Case, client::Client, cluster::Cluster, deadline::within, keyed_server::ApiKey, ledger::Ledger};
use proto_shared::{Event, News};
use samples::minimal::many_frames;

use crate::{DONE, TEST, broker, case, cases, events, heard, started, turn};

/// A frame takes 20 ms, the whole job 40 s. The limit includes the whole way of the next job.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_stops_within_a_frame_and_the_counters_balance() {
    let _turn = turn().await;
    within(TEST, async {
        let cluster = Cluster::start_with(1, &[("PUNCHLINE_PARALLELISM", "1")]).await.unwrap();
        let (client, broker, mut ledger) = (cluster.client(), broker(&cluster).await, Ledger::default());
        let mut events = events(&broker).await;
        ledger.submit(&client, &cases(30)).await.unwrap();
        let spec = r#"{"captions":[{"text":"fault: slow frames"}]}"#;
        // Forty seconds of work.
        let slow = Arc::new(Case { name: "slow".to_owned(), source: many_frames(2_000), spec: case(0).spec.clone() });
        let id = client.submit(&slow.source, spec).await.unwrap();
        started(&mut events, &id).await;
        let asked_at = Instant::now();
        client.cancel(&id).await.unwrap();
        let is_end = |event: &Event| event.job.as_str() == id && event.news.is_final();
        assert_eq!(heard(&mut events, is_end).await.0.news, News::Cancelled);
        // The worker has one thread: another job is done only after the first has freed it.
        ledger.submit(&client, &[case(10_001)]).await.unwrap();
        let next = ledger.ids().last().unwrap().to_owned();
        client.wait_done(&next, DONE).await.unwrap();
        let freed = asked_at.elapsed();
        println!("cancelled, and the next job done, after {} ms", freed.as_millis());
        assert!(freed < SOON, "{freed:?}");
        ledger.accepted(id, &slow);
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        assert!(balance.faults.is_empty(), "{:?}", balance.faults);
        assert_eq!((balance.done, balance.cancelled), (31, 1), "{balance}");

        let api = metrics(cluster.api.url("/metrics")).await;
        let worker = metrics(cluster.workers[0].url("/metrics")).await;
        let accepted = api["punchline_api_jobs_accepted_total"];
        let known = api["punchline_api_jobs_known_total"];
        let ended: f64 = worker.iter().filter(|(name, _)| name.starts_with("punchline_worker_jobs_total")).map(|(_, n)| n).sum();
        println!("accepted {accepted}, known {known}, ended {ended}");
        assert!((accepted - known - ended).abs() < 0.5, "{api:?}\n{worker:?}");
    })
    .await;
}

/// One api accepts the job, a worker does it, a client watches it through another api, and through a third when that one is killed.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_through_any_api_sees_it_happen() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(0).await.unwrap();
        let mut watched = cluster.another_api().await.unwrap();
        let third = cluster.another_api().await.unwrap();
        // Six seconds of work.
        let id = cluster.client().submit(&many_frames(300), r#"{"captions":[{"text":"fault: slow frames"}]}"#).await.unwrap();
        let mut events = Client::new(watched.url("")).events(&id, None).await.unwrap();
        let mut told = vec![events.next().await.unwrap().unwrap()];
        cluster.add_worker().await.unwrap();
        while told.last().unwrap().name != "progress" {
            told.push(events.next().await.unwrap().unwrap());
        }
        assert_eq!(told.iter().map(|told| told.name.as_str()).collect::<Vec<_>>(), ["queued", "started", "progress"]);

        watched.kill();
        let mut events = Client::new(third.url("")).events(&id, Some(&told[2].id)).await.unwrap();
        let mut later = Vec::new();
        while let Some(event) = events.next().await.unwrap() {
            later.push(event);
        }
        let (end, progress) = later.split_last().unwrap();
        assert!(progress.iter().all(|event| event.name == "progress"), "{later:?}");
        let frames = progress.iter().map(|event| event.data["frames_done"].as_u64().unwrap()).collect::<Vec<_>>();
        assert!(frames.is_sorted() && frames.len() > 2, "{frames:?}");
        assert_eq!((end.name.as_str(), &end.data["job"]), ("done", &cluster.client().job(&id).await.unwrap()));
        println!("progress through the third api: {frames:?} of 300");
    })
    .await;
}

/// The many jobs wait in the standard lane, and the few overtake them in the express lane.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_few_jobs_does_not_wait_for_one_with_many() {
    let _turn = turn().await;
    within(TEST, async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        let keys = ["bulk", "small"].map(|name| ApiKey::make(name).unwrap());
        fs::write(&file, keys.each_ref().map(|key| key.line.as_str()).concat()).unwrap();
        // Few in hand: if a worker had all jobs in hand, none would be left to overtake.
        let mut cluster = Cluster::start_with(0, &[("PUNCHLINE_PARALLELISM", "4")]).await.unwrap();
        cluster.restart_api(&[("PUNCHLINE_API_KEYS_FILE", &file.to_string_lossy())]).await.unwrap();
        let [bulk, small] = keys.map(|key| Client::with_key(cluster.api.url(""), &key.key));

        let mut ledger = Ledger::default();
        ledger.submit(&bulk, &cases(200)).await.unwrap();
        ledger.submit(&small, &[case(10_200), case(10_201), case(10_202)]).await.unwrap();
        cluster.add_worker().await.unwrap();
        ledger.wait_finished(&cluster, DONE).await.unwrap();
        // By the time at which each was finished: polling would count jobs that a fast worker finished after the last of the few.
        let mut finished = Vec::new();
        for (n, id) in ledger.ids().enumerate() {
            let job = if n < 200 { &bulk } else { &small }.wait_done(id, DONE).await.unwrap();
            finished.push(job["finished_at"].as_str().unwrap().to_owned());
        }
        let (many, few) = finished.split_at(200);
        let last = few.iter().max().unwrap();
        let before = many.iter().filter(|finished| *finished < last).count();
        println!("the small client's three jobs were done when {before} of the 200 before them were");
        assert!(before < 100, "{before}");
    })
    .await;
}

/// The metrics of a process, by name and labels.
async fn metrics(url: String) -> HashMap<String, f64> {
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
    samples.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}
