//! What is logged of a job, from the request that asks for it to its end: every line names the job and its trace.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use proto_shared::JobId;
use serde_json::Value;
use store::{Fault, Operation};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, prelude::*};

use crate::{
    TURN,
    fixture::{Fixture, PANICS, REFUSED, until},
};

/// What was written, in the form that `PUNCHLINE_LOG_FORMAT=json` gives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A field of a line or of a span that it stands in.
fn field<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    let spans = line["spans"].as_array().into_iter().flatten();
    std::iter::once(line).chain(spans).find_map(|holder| holder[name].as_str())
}

fn traceparent(n: u64) -> (String, String) {
    let trace = format!("4bf92f3577b34da6a3ce929d{n:08x}");
    (format!("00-{trace}-00f067aa0ba902b7-01"), trace)
}

/// What is logged while the guard is held.
fn logged(filter: &str) -> (Log, DefaultGuard) {
    let log = Log::default();
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(log.clone());
    let told = tracing_subscriber::registry().with(EnvFilter::new(filter)).with(json);
    (log, tracing::subscriber::set_default(told))
}

#[tokio::test]
async fn one_trace_leads_from_the_request_to_the_end() {
    let _turn = TURN.lock().await;
    let (log, _told) = logged("api=debug,worker=debug,broker=debug,service=debug");
    let mut fixture = Fixture::new();
    let mut traces = BTreeMap::new();
    let mut ids: Vec<JobId> = Vec::new();
    let mut working = None;
    for (n, caption) in (1_u64..).zip(["suspect", "plain", REFUSED, PANICS, "given up"]) {
        if caption == "given up" {
            fixture.faults.next(3, Operation::Put, "outputs/", Fault::Fail);
        }
        let (header, trace) = traceparent(n);
        let id = fixture.submit_with(caption, &[("traceparent", &header)]).await;
        if working.is_none() {
            fixture.give_back(1).await;
            fixture.die_with(&id).await;
            working = Some(fixture.work());
        }
        fixture.ended(&id).await;
        traces.insert(id.to_string(), trace);
        ids.push(id);
    }
    until(async || (fixture.sum("worker_dead_letters_total") == 3).then_some(())).await;
    fixture.stop();
    working.unwrap().await.unwrap();

    let lines = log.lines();
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in &lines {
        if let Some(id) = field(line, "job_id") {
            assert_eq!(field(line, "trace_id"), traces.get(id).map(String::as_str), "{line}");
            told.entry(id).or_default().push(line["message"].as_str().unwrap());
        }
        // Nobody says anything of a job without saying of which.
        let named = field(line, "job_id").is_some() && field(line, "trace_id").is_some();
        let in_a_job = line["spans"].as_array().is_some_and(|spans| spans.iter().any(|span| span["name"] == "job"));
        assert!(named || !in_a_job && traces.keys().all(|id| !line.to_string().contains(id.as_str())), "{line}");
    }
    let (queued, defect) = (["queued", "request", "taken"], "the job failed by a defect of ours");
    let suspected = "a worker process died with this job in hand: a suspect";
    for (id, expected) in ids.iter().zip([
        &[suspected, defect][..],
        &["done"],
        &["the job failed"],
        &[defect],
        &["the attempt failed", "the attempt failed", "the last attempt failed"],
    ]) {
        let (told, expected) = (&told[id.as_str()], [&queued[..], expected].concat());
        for message in &expected {
            let count = |all: &[&str]| all.iter().filter(|one| one == &message).count();
            assert!(count(told) >= count(&expected), "{message:?} is missing: {told:?}");
        }
    }
    for id in [&ids[0], &ids[3], &ids[4]] {
        assert!(told[id.as_str()].iter().any(|message| message.starts_with("a dead letter is kept")), "{told:?}");
    }

    // What is kept leads back to the request too.
    for id in &ids {
        let record = fixture.store.get_job(id).await.unwrap().unwrap();
        assert_eq!(record.trace().unwrap().trace.to_string(), traces[id.as_str()]);
    }
    let letter = fixture.store.get_dead(&ids[4]).await.unwrap().unwrap().message.unwrap();
    assert_eq!((letter.attempt, letter.job.trace().unwrap().trace.to_string()), (3, traces[ids[4].as_str()].clone()));
}

#[tokio::test]
async fn where_only_warnings_are_logged_they_name_job_and_trace_as_well() {
    let _turn = TURN.lock().await;
    let (log, _told) = logged("warn");
    let mut fixture = Fixture::new();
    let working = fixture.work();
    let (header, trace) = traceparent(1);
    let id = fixture.submit_with(REFUSED, &[("traceparent", &header)]).await;
    until(async || (fixture.sum("worker_jobs_total") == 1).then_some(())).await;
    fixture.stop();
    working.await.unwrap();
    let lines = log.lines();
    let failed = lines.iter().find(|line| line["message"] == "the job failed").unwrap();
    assert_eq!((field(failed, "job_id"), field(failed, "trace_id")), (Some(id.as_str()), Some(trace.as_str())), "{failed}");
}
