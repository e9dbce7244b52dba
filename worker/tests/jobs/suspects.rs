//! What was delivered before: which of it is rendered among others, and which in a process of its own.

use std::sync::{
    Arc, Barrier,
    atomic::{AtomicBool, AtomicU32, Ordering},
};
use std::time::Duration;

use proto_shared::{ErrorCode, Outcome, keys};
use store::{Fault, Operation};
use tokio::sync::Notify;

use crate::fixture::*;

const ANOTHER: &str = "another process";
/// What is rendered in this process, and in one of its own.
const HERE: &[u8] = b"here";
const ELSEWHERE: &str = "elsewhere";

/// Runs a worker until the job is done; whether it was rendered in a process of its own.
async fn is_apart(fixture: &Fixture, message: &proto_shared::JobMessage) -> bool {
    let running = fixture.work(LONG, |_, _| Ok(product(HERE)));
    let Outcome::Done { output, .. } = fixture.outcome(message).await else { panic!("it is done") };
    assert!(running.end().await);
    output.bytes == ELSEWHERE.len() as u64
}

fn fixture() -> Fixture {
    Fixture { isolation: isolated_product(ELSEWHERE), ..house_on("memory:") }
}

#[tokio::test]
async fn what_a_process_died_of_is_rendered_in_one_of_its_own() {
    let fixture = fixture();
    let message = fixture.job(1).await;
    fixture.mark(&message, ANOTHER).await;
    fixture.redeliver(&message, 1).await;
    assert!(is_apart(&fixture, &message).await);
    assert_eq!(fixture.marked_by(&message).await.as_deref(), Some(ANOTHER), "each removes its own");
}

#[tokio::test]
async fn what_came_back_from_a_channel_or_a_broker_is_rendered_among_others() {
    let fixture = fixture();
    for (n, mark, times) in [(1, None, 1), (2, None, 2), (3, Some(THIS), 1), (4, Some(THIS), 2)] {
        let message = fixture.job(n).await;
        if let Some(process) = mark {
            fixture.mark(&message, process).await;
        }
        fixture.redeliver(&message, times).await;
        assert!(!is_apart(&fixture, &message).await, "{mark:?}, delivered {times} times before");
        assert_eq!(fixture.marked_by(&message).await, None, "its work has come to an end");
    }
}

#[tokio::test]
async fn what_was_delivered_often_is_a_suspect_whatever_the_marks_say() {
    for (times, apart) in [(2, false), (3, true), (5, true)] {
        let fixture = fixture();
        let message = fixture.job(1).await;
        fixture.mark(&message, THIS).await;
        fixture.redeliver(&message, times).await;
        assert_eq!(is_apart(&fixture, &message).await, apart, "delivered {times} times before");
    }
}

#[tokio::test]
async fn where_the_store_neither_gives_nor_takes_a_mark_nobody_is_harmed() {
    for operation in [Operation::Get, Operation::Put] {
        let fixture = fixture();
        let message = fixture.job(1).await;
        fixture.faults.all(operation, &keys::job_started(&message.job.id), Fault::Fail);
        fixture.redeliver(&message, 1).await;
        assert!(is_apart(&fixture, &message).await, "{operation:?}");
    }
}

#[tokio::test]
async fn a_first_delivery_costs_no_request() {
    let fixture = fixture();
    let message = fixture.job(1).await;
    fixture.faults.forget();
    fixture.broker.publish(&message).await.unwrap();
    assert!(!is_apart(&fixture, &message).await);
    let mark = keys::job_started(&message.job.id);
    assert!(fixture.faults.asked().iter().all(|(_, key)| *key != mark), "{:?}", fixture.faults.asked());
}

/// The mark stands while the job can do harm, and no longer, whichever end its attempt comes to.
#[tokio::test]
async fn a_mark_stands_as_long_as_the_attempt_whatever_that_comes_to() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum End {
        Done,
        Refused,
        Panic,
        Retry,
        Cancelled,
        GraceOver,
    }
    for end in [End::Done, End::Refused, End::Panic, End::Retry, End::Cancelled, End::GraceOver] {
        let fixture = house_on("memory:");
        let message = fixture.job(1).await;
        fixture.redeliver(&message, 1).await;
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (begins, goes_on) = (begun.clone(), go_on.clone());
        let grace = if end == End::GraceOver { Duration::from_millis(1) } else { LONG };
        let running = fixture.work(grace, move |_, unwanted| {
            begins.notify_one();
            while !goes_on.load(Ordering::SeqCst) && !unwanted.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            match end {
                End::Refused => Err(caption::Error::NoFrames),
                End::Panic => panic!("unlucky"),
                _ => Ok(product(HERE)),
            }
        });
        begun.notified().await;
        assert_eq!(fixture.marked_by(&message).await.as_deref(), Some(THIS), "{end:?}");
        match end {
            End::Retry => fixture.faults.next(1, Operation::Put, keys::OUTPUTS_PREFIX, Fault::Fail),
            End::Cancelled => {
                let result = proto_shared::JobResult {
                    version: proto_shared::job::VERSION,
                    id: message.job.id.clone(),
                    finished_at_ms: 1,
                    attempts: 1,
                    outcome: Outcome::Cancelled,
                };
                let _ = fixture.store.create_result(&result).await.unwrap();
                let event = proto_shared::Event::of(&message.job, 1, proto_shared::News::Cancelled);
                fixture.broker.emit(&event);
            }
            End::GraceOver => running.shutdown.cancel(),
            _ => {}
        }
        if !matches!(end, End::Cancelled | End::GraceOver) {
            go_on.store(true, Ordering::SeqCst);
        }
        until(async || fixture.marked_by(&message).await.is_none().then_some(())).await;
        if end != End::GraceOver {
            fixture.outcome(&message).await;
        }
        go_on.store(true, Ordering::SeqCst);
        assert_eq!(running.end().await, end != End::GraceOver, "{end:?}");
        assert_eq!(fixture.marked_by(&message).await, None, "{end:?}");
    }
}

/// A channel goes away while its worker lives: the message comes again while the job is still rendered.
#[tokio::test]
async fn what_this_process_still_works_on_is_not_rendered_twice() {
    let fixture = fixture();
    let message = fixture.job(1).await;
    let (runs, go_on) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
    let (counted, goes_on) = (runs.clone(), go_on.clone());
    let running = fixture.work(LONG, move |_, _| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            goes_on.wait();
        }
        Ok(product(HERE))
    });
    fixture.broker.publish(&message).await.unwrap();
    until(async || (runs.load(Ordering::SeqCst) == 1).then_some(())).await;
    fixture.broker.publish_again(&message).await.unwrap();
    running.counted("punchline_worker_deliveries_total 2").await;
    go_on.wait();
    running.counted(r#"punchline_worker_jobs_total{outcome="duplicate"} 1"#).await;
    assert_eq!((running.ended("done"), runs.load(Ordering::SeqCst)), (1, 1));
    assert!(running.end().await);
}

#[tokio::test]
async fn a_job_that_its_process_dies_of_becomes_a_dead_letter_and_the_worker_lives() {
    let fixture = Fixture { isolation: shell("kill -ABRT $$"), ..house_on("memory:") };
    let (bad, good) = (fixture.job(13).await, fixture.job(1).await);
    fixture.mark(&bad, ANOTHER).await;
    fixture.redeliver(&bad, 1).await;
    let running = fixture.work(LONG, |_, _| Ok(product(HERE)));
    fixture.broker.publish(&good).await.unwrap();
    assert_eq!(code_of(&fixture.outcome(&bad).await), ErrorCode::EngineCrashed);
    assert!(matches!(fixture.outcome(&good).await, Outcome::Done { .. }));
    running.counted(r#"punchline_worker_jobs_total{outcome="dead"} 1"#).await;
    let letter = fixture.dead(&bad).await;
    assert!(running.end().await);
    assert!(letter.reason.starts_with("engine_crashed: ") && letter.reason.contains("signal: 6"), "{}", letter.reason);
}
