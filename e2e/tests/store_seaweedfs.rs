//! The store over a real S3 (SeaweedFS): the conformance suite, what only a bucket can show, and a server that is
//! down, silent, or comes back.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use e2e::seaweedfs::SeaweedFs;
use futures::{StreamExt, TryStreamExt};
use object_store::{Attribute, ObjectStore, ObjectStoreExt, path::Path};
use proto_shared::{
    Caption, CaptionSpec, ErrorCode, JobId, JobRecord, JobResult, MediaType, Outcome, OutputId, Position, SourceInfo, Style, keys,
};
use store::{Created, S3Settings, Store, StoreConfig, StoreError, conformance, source_id};
use tokio::net::TcpListener;

/// A configuration of the server's bucket, below `prefix`.
fn config(server: &SeaweedFs, prefix: &str) -> StoreConfig {
    StoreConfig { s3: settings(server), ..StoreConfig::new(format!("s3://{}/{prefix}", server.bucket())) }
}

fn settings(server: &SeaweedFs) -> S3Settings {
    S3Settings {
        access_key_id: Some(server.access_key().to_owned()),
        secret_access_key: Some(server.secret_key().to_owned()),
        endpoint: Some(server.endpoint()),
        ..S3Settings::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s3_conforms_with_and_without_a_prefix() {
    let server = SeaweedFs::start().await.unwrap();
    conformance::all(&Store::open(&config(&server, "")).unwrap(), 1).await;
    conformance::all(&Store::open(&config(&server, "deep/er")).unwrap(), 1).await;

    // The same run, so the same ids, twice: the prefixes separate them, and nothing is outside its prefix.
    let mut keys = server.client().unwrap().list(None);
    while let Some(object) = keys.try_next().await.unwrap() {
        let key = object.location.to_string();
        let place = key.strip_prefix("deep/er/").unwrap_or(&key);
        let known = ["jobs/", "sources/", "outputs/", "looks/last.json", "harness-ready"];
        assert!(known.iter().any(|known| place.starts_with(known)), "{key}");
    }
}

#[tokio::test]
async fn an_output_says_what_it_is() {
    let server = SeaweedFs::start().await.unwrap();
    let store = Store::open(&config(&server, "p")).unwrap();
    let id = OutputId::from_bytes([7; 32]);
    store.put_output(&id, MediaType::Webp, Bytes::from_static(b"picture")).await.unwrap();
    let key = Path::from(format!("p/{}", keys::output(&id, MediaType::Webp)));
    let object = server.client().unwrap().get(&key).await.unwrap();
    assert_eq!(object.attributes.get(&Attribute::ContentType).map(AsRef::as_ref), Some("image/webp"));
}

#[tokio::test]
async fn a_missing_bucket_and_a_wrong_secret_are_not_the_absence_of_a_source() {
    let server = SeaweedFs::start().await.unwrap();
    let no_bucket = Store::open(&StoreConfig { s3: settings(&server), ..StoreConfig::new("s3://nowhere") }).unwrap();
    let mut wrong_secret = config(&server, "");
    wrong_secret.s3.secret_access_key = Some("hush-hush".to_owned());
    let no_right = Store::open(&wrong_secret).unwrap();
    for error in [
        no_bucket.ready().await.unwrap_err(),
        no_bucket.get_source(&source_id(b"x")).await.unwrap_err(),
        no_right.ready().await.unwrap_err(),
        no_right.get_source(&source_id(b"x")).await.unwrap_err(),
        no_right.put_source(&source_id(b"x"), Bytes::from_static(b"x")).await.unwrap_err(),
    ] {
        assert!(error.is_passing() && error.code() == ErrorCode::StoreUnavailable, "{error:?}");
        assert!(!format!("{error:?}").contains("hush-hush"));
    }
}

#[tokio::test]
async fn a_server_that_is_killed_is_unavailable_until_it_is_back_with_all_it_had() {
    let mut server = SeaweedFs::start().await.unwrap();
    let mut config = config(&server, "");
    config.retry_timeout = Duration::from_secs(1);
    let store = Store::open(&config).unwrap();
    let id = source_id(b"kept");
    store.put_source(&id, Bytes::from_static(b"kept")).await.unwrap();

    server.kill();
    let began = Instant::now();
    let error = store.get_source(&id).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_passing(), "{error:?}");
    assert!(store.ready().await.is_err());
    assert!(began.elapsed() < Duration::from_secs(25), "{:?} is more than the bounds say", began.elapsed());

    server.restart().await.unwrap();
    assert_eq!(store.get_source(&id).await.unwrap(), "kept");
    store.ready().await.unwrap();
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_on() {
    // The kernel accepts into the backlog: a client is connected, and then hears nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let settings = S3Settings {
        access_key_id: Some("id".to_owned()),
        secret_access_key: Some("secret".to_owned()),
        endpoint: Some(endpoint),
        ..S3Settings::default()
    };
    let timeout = Duration::from_millis(500);
    let store = Store::open(&StoreConfig { s3: settings, request_timeout: timeout, ..StoreConfig::new("s3://gifs") }).unwrap();
    let began = Instant::now();
    for error in
        [store.ready().await.unwrap_err(), store.put_source(&source_id(b"x"), Bytes::from_static(b"x")).await.unwrap_err()]
    {
        assert!(error.is_passing(), "{error:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?} for two operations of 500 ms", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_jobs_than_one_listing_or_one_deletion_takes_are_listed_and_expired() {
    let server = SeaweedFs::start().await.unwrap();
    let store = Store::open(&config(&server, "many")).unwrap();
    let source = source_id(b"x");
    store.put_source(&source, Bytes::from_static(b"x")).await.unwrap();
    let job = |number: u64| {
        let source = SourceInfo { id: source.clone(), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
        let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
        JobRecord::new(JobId::from_bytes(u128::from(number).to_be_bytes()), number, source, spec)
    };
    let (finished, unfinished) = (1_200, 5);
    futures::stream::iter(0..finished + unfinished)
        .map(|number| {
            let (store, job) = (&store, job(number));
            async move {
                assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
                if number < finished {
                    let outcome = Outcome::Cancelled;
                    let result = JobResult { version: 1, id: job.id, finished_at_ms: number, attempts: 1, outcome };
                    assert_eq!(store.create_result(&result).await.unwrap(), Created::New);
                }
            }
        })
        .buffer_unordered(32)
        .collect::<()>()
        .await;
    let listed: Vec<u64> = store.unfinished_jobs(None).map_ok(|job| job.created_at_ms).try_collect().await.unwrap();
    assert_eq!(listed, (finished..finished + unfinished).collect::<Vec<_>>());

    let tomorrow_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + 24 * 60 * 60 * 1000;
    let expired = store.expire(60 * 60 * 1000, u64::try_from(tomorrow_ms).unwrap()).await.unwrap();
    assert_eq!((expired.jobs, expired.sources), (finished, 0));
    assert_eq!(store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap().len() as u64, unfinished);
    assert!(store.get_source(&source).await.is_ok());
    let prefix = Path::from("many/jobs");
    let left: Vec<_> = server.client().unwrap().list(Some(&prefix)).try_collect().await.unwrap();
    assert_eq!(left.len() as u64, unfinished, "no result without a record");
}
