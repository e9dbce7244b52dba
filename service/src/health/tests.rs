//! Checks that hold, fail, hang and come back, under a paused clock.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::*;

fn switch(up: &Arc<AtomicBool>) -> impl Fn() -> std::future::Ready<Result<(), String>> + use<> {
    let up = up.clone();
    move || std::future::ready(if up.load(Ordering::SeqCst) { Ok(()) } else { Err("down".to_owned()) })
}

#[tokio::test(start_paused = true)]
async fn readiness_follows_the_checks_and_names_what_is_down() {
    let up = Arc::new(AtomicBool::new(true));
    let health = Health::new(CancellationToken::new()).check("store", Decides::Readiness, || async { Ok(()) }).check(
        "broker",
        Decides::Readiness,
        switch(&up),
    );
    assert!(health.ready().await.ok);
    up.store(false, Ordering::SeqCst);
    tokio::time::advance(KEPT_FOR).await;
    health.ready().await;
    tokio::time::advance(READY_GRACE + KEPT_FOR).await;
    let report = health.ready().await;
    assert!(!report.ok);
    assert!(report.checks[0].ok);
    assert_eq!(report.checks[1], Finding { name: "broker", ok: false, message: Some("down".into()) });
    tokio::time::advance(VITAL_GRACE * 2).await;
    assert!(health.live().await.ok, "a check that is not vital never kills");
    up.store(true, Ordering::SeqCst);
    assert!(health.ready().await.ok, "at once when it is back");
}

#[tokio::test(start_paused = true)]
async fn readiness_outlasts_a_blip_of_what_has_held_before_and_of_nothing_else() {
    let up = Arc::new(AtomicBool::new(false));
    let health = Health::new(CancellationToken::new()).check("store", Decides::Readiness, switch(&up));
    let told = health.ready().await;
    assert_eq!((told.ok, told.checks[0].ok), (false, false), "it has never held");
    up.store(true, Ordering::SeqCst);
    tokio::time::advance(KEPT_FOR).await;
    assert!(health.ready().await.ok);
    for _blip in 0..3 {
        up.store(false, Ordering::SeqCst);
        // The promise is 30 s, whatever the constant says.
        for _ in 0..=30 {
            tokio::time::advance(KEPT_FOR).await;
            let told = health.ready().await;
            assert_eq!((told.ok, told.checks[0].ok), (true, false));
        }
        up.store(true, Ordering::SeqCst);
        tokio::time::advance(KEPT_FOR).await;
        assert!(health.ready().await.checks[0].ok);
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_only_told_or_vital_makes_no_process_unready() {
    let down = Arc::new(AtomicBool::new(false));
    let health = Health::new(CancellationToken::new())
        .check("store", Decides::Readiness, || async { Ok(()) })
        .check("broker", Decides::Nothing, switch(&down))
        .check("consumers", Decides::Liveness, switch(&down));
    assert!(health.started().await.ok, "it starts without them");
    for _ in 0..2 {
        let report = health.ready().await;
        assert_eq!(report.checks.iter().map(|found| found.ok).collect::<Vec<_>>(), [true, false, false]);
        assert!(report.ok, "{report:?}");
        tokio::time::advance(VITAL_GRACE * 2).await;
    }
    assert!(!health.live().await.ok);
}

#[tokio::test(start_paused = true)]
async fn liveness_fails_only_after_a_vital_check_failed_for_minutes_on_end() {
    let up = Arc::new(AtomicBool::new(false));
    let health = Health::new(CancellationToken::new()).check("broker", Decides::Liveness, switch(&up));
    health.ready().await;
    assert!(health.live().await.ok);
    tokio::time::advance(VITAL_GRACE).await;
    assert!(health.live().await.ok);
    tokio::time::advance(KEPT_FOR).await;
    assert!(!health.live().await.ok);
    up.store(true, Ordering::SeqCst);
    tokio::time::advance(KEPT_FOR).await;
    health.ready().await;
    assert!(health.live().await.ok);
    up.store(false, Ordering::SeqCst);
    tokio::time::advance(KEPT_FOR).await;
    health.ready().await;
    assert!(health.live().await.ok, "the count begins anew");
}

#[tokio::test(start_paused = true)]
async fn liveness_answers_while_a_check_hangs_and_learns_what_it_finds() {
    let health = Health::new(CancellationToken::new()).check("broker", Decides::Liveness, std::future::pending);
    assert!(health.live().now_or_never().is_some_and(|report| report.ok));
    tokio::time::sleep(CHECK_TIMEOUT + KEPT_FOR).await;
    let report = health.live().now_or_never().unwrap();
    assert!(report.ok && !report.checks[0].ok, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_process_has_started_once_everything_was_there() {
    let up = Arc::new(AtomicBool::new(false));
    let health = Health::new(CancellationToken::new()).check("broker", Decides::Readiness, switch(&up));
    assert!(!health.started().await.ok);
    up.store(true, Ordering::SeqCst);
    tokio::time::advance(KEPT_FOR).await;
    assert!(health.started().await.ok);
    up.store(false, Ordering::SeqCst);
    tokio::time::advance(KEPT_FOR).await;
    health.ready().await;
    tokio::time::advance(READY_GRACE + KEPT_FOR).await;
    assert!(!health.ready().await.ok);
    assert!(health.started().await.ok);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_hangs_fails_and_probes_share_one_run() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let health = Health::new(CancellationToken::new()).check("store", Decides::Readiness, move || {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    });
    let reports = join_all((0..10).map(|_| health.ready())).await;
    assert!(reports.iter().all(|r| !r.ok && r.checks[0].message.as_deref() == Some("no answer in 2 s")));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_draining_process_is_alive_but_not_ready() {
    let token = CancellationToken::new();
    let health = Health::new(token.clone());
    assert!(health.ready().await.ok);
    token.cancel();
    assert!(!health.ready().await.ok);
    assert!(health.live().await.ok);
}
