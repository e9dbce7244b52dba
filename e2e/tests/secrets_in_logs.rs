//! Searches every byte that api and worker log and show for every secret that they were given. It runs at the most talkative levels,
//! through a job, a wrong key, a broker that refuses the password, and a store that refuses the secret.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it has read"
)]

use std::{fs, time::Duration};

use e2e::{
    cases::Case,
    deadline::within,
    keyed_server::ApiKey,
    network::Network,
    process::{Process, cluster_env},
    rabbitmq::RabbitMq,
    seaweedfs::SeaweedFs,
};
use reqwest::{
    Client, Response, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

const TEST: Duration = Duration::from_secs(1_200);
const SEEN_WITHIN: Duration = Duration::from_secs(240);

const BROKER_USER: &str = "captioner";
/// With characters that a URL must quote.
const BROKER_PASSWORD: &str = "s3cret/broker@4f1c";
const WRONG_PASSWORD: &str = "s3cret-no-such-password-91aa";
const WRONG_SECRET: &str = "s3cret-no-such-secret-77be";
const WRONG_TOKEN: &str = "s3cret-no-such-token-e02d";
const WRONG_KEY: &str = "s3cret-no-such-key-c3d5";

/// What must not be found anywhere, each with its name.
struct Secrets(Vec<(&'static str, String)>);

/// The log of a process so far, or its metrics.
struct Output {
    by: String,
    bytes: Vec<u8>,
}

impl Output {
    fn log(by: &str, process: &Process) -> Self {
        Self { by: format!("the log of {by}"), bytes: process.log() }
    }

    /// The metrics, once they contain this text: a worker counts a job a moment after its result is visible.
    async fn metrics(by: &str, url: String, words: &str) -> Self {
        let scrape = async || reqwest::get(&url).await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
        let mut bytes = scrape().await;
        while find(&bytes, words.as_bytes()).is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            bytes = scrape().await;
        }
        assert!(find(&bytes, b"punchline_broker_state").is_some(), "the metrics of {by} are there");
        Self { by: format!("the metrics of {by}"), bytes: bytes.to_vec() }
    }

    /// Searches for the secrets, after a check that there is something to search in.
    fn check(&self, must_contain: &str, secrets: &Secrets) {
        assert!(find(&self.bytes, must_contain.as_bytes()).is_some(), "{} does not say {must_contain:?}", self.by);
        for (what, secret) in &secrets.0 {
            // As text, and in the way in which a list of bytes is printed.
            for form in [secret.clone(), format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned()] {
                if let Some(at) = find(&self.bytes, form.as_bytes()) {
                    let around = &self.bytes[at.saturating_sub(200)..(at + form.len() + 20).min(self.bytes.len())];
                    panic!("{} tells {what}: ...{}", self.by, String::from_utf8_lossy(around));
                }
            }
        }
        println!("{}: {} bytes, none of {} secrets", self.by, self.bytes.len(), secrets.0.len());
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Makes a user of the broker with the password.
async fn make_user(rabbitmq: &RabbitMq) {
    for (path, body) in [
        (format!("users/{BROKER_USER}"), json!({"password": BROKER_PASSWORD, "tags": ""})),
        (format!("permissions/%2f/{BROKER_USER}"), json!({"configure": ".*", "write": ".*", "read": ".*"})),
    ] {
        let url = format!("{}/api/{path}", rabbitmq.management_url());
        let put = Client::new().put(url).basic_auth("guest", Some("guest")).json(&body);
        put.send().await.unwrap().error_for_status().unwrap();
    }
}

async fn submit(api: &Process, key: &str) -> Response {
    let picture = Part::bytes(Case::generated(1).source).file_name("cat.gif");
    let form = Form::new().part("file", picture).text("bottom", "monday");
    Client::new().post(api.url("/v1/jobs")).bearer_auth(key).multipart(form).send().await.unwrap()
}

/// Polls until the job is done.
async fn done(api: &Process, key: &str, id: &str) {
    let url = api.url(&format!("/v1/jobs/{id}"));
    let mut state = Value::Null;
    while state != "done" {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let job: Value = Client::new().get(&url).bearer_auth(key).send().await.unwrap().json().await.unwrap();
        state = job["state"].clone();
        assert!(state == "queued" || state == "done", "{job}");
    }
}

/// Starts a process that can't get ready, and waits until its log says why.
async fn refused(role: &str, env: &[(String, String)], why: &str) -> Process {
    let mut process = Process::launch(role, env).unwrap();
    process.wait_logged(why, SEEN_WITHIN).await.unwrap();
    process
}

fn with(env: &[(String, String)], changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = env.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name)).cloned();
    kept.chain(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_logged_or_shown() {
    within(TEST, async {
        let (rabbitmq, store) = tokio::try_join!(RabbitMq::start(), SeaweedFs::start()).unwrap();
        make_user(&rabbitmq).await;
        let folder = tempfile::tempdir().unwrap();
        let ApiKey { key, line } = ApiKey::make("bot").unwrap();
        let keys_file = folder.path().join("keys");
        fs::write(&keys_file, line).unwrap();
        let keys_file = keys_file.to_string_lossy();
        let quoted = BROKER_PASSWORD.replace('/', "%2F").replace('@', "%40");
        let address = rabbitmq.amqp_url().replace("guest:guest@", "@");
        let broker_as = |password: &str| address.replace("//@", &format!("//{BROKER_USER}:{password}@"));
        let secrets = Secrets(vec![
            ("the broker's password", BROKER_PASSWORD.to_owned()),
            ("the broker's password, quoted", quoted.clone()),
            ("the wrong password", WRONG_PASSWORD.to_owned()),
            ("the store's secret", store.secret_key().to_owned()),
            ("the wrong secret", WRONG_SECRET.to_owned()),
            ("the wrong token", WRONG_TOKEN.to_owned()),
            ("the API key", key.clone()),
            ("the wrong API key", WRONG_KEY.to_owned()),
        ]);
        let network = Network::start(&rabbitmq, &store).await.unwrap();
        let good = cluster_env(&network, &rabbitmq, &store, "secrets");
        let good = with(&good, &[("PUNCHLINE_AMQP_URL", &broker_as(&quoted)), ("PUNCHLINE_API_KEYS_FILE", &keys_file)]);

        // The last level names the library that knows the password. It logs nothing unless it is named.
        for (n, level) in ["debug", "trace", "trace,lapin=trace"].into_iter().enumerate() {
            let env = with(&good, &[("PUNCHLINE_LOG", level), ("PUNCHLINE_STORE_URL", &format!("s3://gifs/secrets-{n}"))]);
            let (api, worker) = tokio::try_join!(Process::api(&env), Process::worker(&env)).unwrap();
            let accepted: Value = submit(&api, &key).await.error_for_status().unwrap().json().await.unwrap();
            let id = accepted["id"].as_str().unwrap();
            done(&api, &key, id).await;
            assert_eq!(submit(&api, WRONG_KEY).await.status(), StatusCode::UNAUTHORIZED);
            // In places where a key does not belong.
            for path in [format!("/v1/jobs/{key}"), format!("/{key}"), format!("/v1/jobs/{id}?key={key}")] {
                reqwest::get(api.url(&path)).await.unwrap();
            }
            for (by, process, counted) in
                [("api", &api, "punchline_api_jobs_accepted_total 1"), ("worker", &worker, "punchline_worker_jobs_ended_total")]
            {
                Output::metrics(by, process.url("/metrics"), counted).await.check(counted, &secrets);
            }
            Output::log(&format!("api at {level}"), &api).check(id, &secrets);
            Output::log(&format!("worker at {level}"), &worker).check(id, &secrets);
        }

        let trace = ("PUNCHLINE_LOG", "trace,lapin=trace");
        for role in ["api", "worker"] {
            let env = with(&good, &[trace, ("PUNCHLINE_AMQP_URL", &broker_as(WRONG_PASSWORD))]);
            let why = "cannot connect to the broker";
            Output::log(&format!("{role} with the wrong password"), &refused(role, &env, why).await).check(why, &secrets);
            let env = with(&good, &[trace, ("AWS_SECRET_ACCESS_KEY", WRONG_SECRET), ("AWS_SESSION_TOKEN", WRONG_TOKEN)]);
            let why = "failed, trying again";
            Output::log(&format!("{role} with the wrong secret"), &refused(role, &env, why).await).check(why, &secrets);
        }
    })
    .await;
}
