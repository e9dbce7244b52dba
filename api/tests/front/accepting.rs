//! Acceptances that their requests don't wait for, and requests of one name that come before the first is answered.

use proto_shared::{JobRecord, keys};
use store::{Fault, Operation};
use tokio::time::Instant;

use super::{repeats::named, *};

const FORM: &[Part<'_>] = &[("file", GIF), ("bottom", b"monday")];
const MINUTE: Duration = Duration::from_secs(60);

async fn records(front: &Front) -> Vec<JobRecord> {
    front.store.unfinished_jobs(None).try_collect().await.unwrap()
}

async fn waiting(front: &Front) -> u64 {
    front.broker.depths().await.unwrap().waiting()
}

fn accepted(front: &Front) -> u64 {
    let metrics = front.exposition.text().unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("punchline_api_jobs_accepted_total "));
    line.unwrap().parse().unwrap()
}

/// An api whose queue has room for one job, which another takes while this request is between its record and its message,
/// and its client hangs up.
async fn refused_after_its_record(request: Request<Body>) -> Front {
    let front = front_on(Broker::in_process_with(InProcessConfig { max_waiting_jobs: 1, ..InProcessConfig::default() }));
    front.faults.next(1, Operation::Get, keys::OUTPUTS_PREFIX, Fault::Delay(Duration::from_secs(5)));
    let mut request = tokio_test_task(&front, request);
    at_the_store(&front, &mut request, keys::OUTPUTS_PREFIX).await;
    drop(request);
    assert_eq!(front.post(&[("file", GIF), ("bottom", b"filler")]).await.status, StatusCode::ACCEPTED);
    assert!(front.acceptances.end_by(Instant::now() + MINUTE).await);
    front
}

/// Goes on until a request is at a question to the store that takes its time.
async fn at_the_store(front: &Front, request: &mut futures::future::BoxFuture<'static, ()>, prefix: &str) {
    for _ in 0..100_000 {
        assert!(futures::poll!(&mut *request).is_pending(), "the store takes its time");
        if front.faults.count(Operation::Get, prefix) > 0 && !records(front).await.is_empty() {
            return;
        }
        tokio::task::yield_now().await;
    }
    unreachable!("the request never came to {prefix}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_after_the_record_leaves_a_job_that_is_queued_and_counted() {
    let front = front();
    front.faults.next(1, Operation::Get, keys::OUTPUTS_PREFIX, Fault::Delay(Duration::from_secs(5)));
    let mut request = tokio_test_task(&front, post(FORM));
    at_the_store(&front, &mut request, keys::OUTPUTS_PREFIX).await;
    drop(request);
    assert_eq!((records(&front).await.len(), waiting(&front).await), (1, 0), "between the record and the message");
    // As at a shutdown: it is waited for.
    assert!(front.acceptances.end_by(Instant::now() + MINUTE).await);
    assert_eq!((waiting(&front).await, accepted(&front)), (1, 1));
    assert_eq!(next_message(&front.broker).await.job, records(&front).await[0]);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_time_is_over_after_the_record_leaves_a_job_that_is_queued_and_counted() {
    let front = front_with(&ApiConfig { request_timeout: Duration::from_secs(2), ..config() });
    front.faults.next(1, Operation::Get, keys::OUTPUTS_PREFIX, Fault::Delay(Duration::from_secs(5)));
    assert_eq!(front.post(FORM).await.refusal(), (408, ErrorCode::Timeout));
    assert_eq!((records(&front).await.len(), waiting(&front).await), (1, 0), "between the record and the message");
    assert!(front.acceptances.end_by(Instant::now() + MINUTE).await);
    assert_eq!((waiting(&front).await, accepted(&front)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_the_queue_refuses_is_taken_back_though_its_client_has_hung_up() {
    let front = refused_after_its_record(post(FORM)).await;
    let filler = next_message(&front.broker).await.job;
    assert_eq!((records(&front).await, waiting(&front).await, accepted(&front)), (vec![filler], 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_ever() {
    let front = front();
    front.faults.next(1, Operation::Get, keys::OUTPUTS_PREFIX, Fault::Delay(MINUTE / 4));
    let mut request = tokio_test_task(&front, post(FORM));
    at_the_store(&front, &mut request, keys::OUTPUTS_PREFIX).await;
    let begun = Instant::now();
    assert!(!front.acceptances.end_by(begun + MINUTE / 12).await);
    assert_eq!(begun.elapsed(), MINUTE / 12);
}

#[tokio::test]
async fn a_record_whose_answer_is_lost_is_taken_back_and_one_that_has_a_name_is_counted() {
    let front = front();
    front.faults.next(1, Operation::Create, keys::JOBS_PREFIX, Fault::LoseAnswer);
    assert_eq!(front.post(FORM).await.refusal(), (503, ErrorCode::StoreUnavailable));
    assert_eq!((records(&front).await, accepted(&front)), (Vec::new(), 0));

    front.faults.next(1, Operation::Create, keys::JOBS_PREFIX, Fault::LoseAnswer);
    assert_eq!(front.send(named(FORM, "order-7")).await.refusal(), (503, ErrorCode::StoreUnavailable));
    assert_eq!((records(&front).await.len(), waiting(&front).await, accepted(&front)), (1, 0, 1));
    let again = front.send(named(FORM, "order-7")).await;
    assert_eq!((again.status, waiting(&front).await, accepted(&front)), (StatusCode::ACCEPTED, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn four_requests_of_one_name_at_a_full_queue_are_refused_and_none_is_told_202_without_a_message() {
    let front = refused_after_its_record(named(FORM, "order-7")).await;
    assert_eq!((records(&front).await.len(), accepted(&front)), (2, 2), "one that has a name stays, and is counted");
    for _ in 0..3 {
        let answers = futures::future::join_all((0..4).map(|_| front.send(named(FORM, "order-7")))).await;
        for answer in answers {
            assert_eq!(answer.refusal(), (503, ErrorCode::BrokerUnavailable));
        }
    }
    next_message(&front.broker).await;
    let again = front.send(named(FORM, "order-7")).await;
    assert_eq!((again.status, waiting(&front).await), (StatusCode::ACCEPTED, 1));
    assert_eq!(next_message(&front.broker).await.job.id.as_str(), again.json()["id"]);
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_name_at_the_same_time_share_one_publish_and_later_ones_its_mark() {
    let front = front();
    let first = front.send(named(FORM, "order-7")).await;
    assert_eq!((first.status, waiting(&front).await), (StatusCode::ACCEPTED, 1));
    // The mark takes its time, so that all meet.
    front.faults.next(1, Operation::Put, keys::JOBS_PREFIX, Fault::Delay(Duration::from_secs(1)));
    let answers = futures::future::join_all((0..4).map(|_| front.send(named(FORM, "order-7")))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::ACCEPTED));
    assert_eq!(waiting(&front).await, 2, "it may have died before its message: once more, for all four");
    for _ in 0..3 {
        assert_eq!(front.send(named(FORM, "order-7")).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!((waiting(&front).await, accepted(&front)), (2, 1), "the store says that it is queued");
}

#[tokio::test]
async fn a_repeat_takes_no_room_and_stores_nothing_and_is_still_held_against_the_first() {
    let front = front_with(&ApiConfig { uploads_in_flight_bytes: 1_000_000, ..config() });
    let first = front.send(named(FORM, "order-7")).await;
    // Another has all the room that there is.
    let held = Request::post("/v1/jobs")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::CONTENT_LENGTH, 1_250_000)
        .body(Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>()))
        .unwrap();
    let mut other = tokio_test_task(&front, held);
    for _ in 0..100 {
        assert!(futures::poll!(&mut other).is_pending());
        tokio::task::yield_now().await;
    }
    let filler = front.post(&[("file", &vec![0; 100_000]), ("bottom", b"a")]).await;
    assert_eq!(filler.refusal(), (429, ErrorCode::TooManyUploads));

    let before = front.faults.count(Operation::Head, keys::SOURCES_PREFIX);
    let again = front.send(named(FORM, "order-7")).await;
    assert_eq!((again.status, again.json()), (StatusCode::ACCEPTED, first.json()));
    assert_eq!(front.faults.count(Operation::Head, keys::SOURCES_PREFIX), before, "its source was not asked for");
    let other_picture = [GIF, b"\0"].concat();
    let mistaken = front.send(named(&[("file", &other_picture), ("bottom", b"monday")], "order-7")).await;
    assert_eq!(mistaken.refusal(), (422, ErrorCode::IdempotencyMismatch));
    let mistaken = front.send(named(&[("file", GIF), ("bottom", b"tuesday")], "order-7")).await;
    assert_eq!(mistaken.refusal(), (422, ErrorCode::IdempotencyMismatch));
}
