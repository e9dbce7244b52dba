//! Every byte that api and worker log and show, held against every secret they were given: at the levels that say most,
//! through a job, a wrong key, a broker that refuses the password and a store that refuses the secret.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it has read"
)]

use std::{fs, path::Path, time::Duration};

use e2e::{
    binary,
    deadline::within,
    network::Network,
    process::{Process, cluster_env},
    rabbitmq::RabbitMq,
    samples,
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
const BROKER_PASSWORD: &str = "hush/broker@4f1c";
const WRONG_PASSWORD: &str = "hush-no-such-password-91aa";
const WRONG_SECRET: &str = "hush-no-such-secret-77be";
const WRONG_TOKEN: &str = "hush-no-such-token-e02d";
const WRONG_KEY: &str = "hush-no-such-key-c3d5";

/// What must stand nowhere, by what it is.
struct Secrets(Vec<(&'static str, String)>);

/// What a process has said so far, and what it shows.
struct Said {
    by: String,
    bytes: Vec<u8>,
}

impl Said {
    fn log(by: &str, process: &Process) -> Self {
        Self { by: format!("the log of {by}"), bytes: process.log() }
    }

    /// With these words in it: a worker counts a job a moment after its result can be seen.
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

    /// Holds what was said against the secrets, after a look at whether anything was.
    fn check(&self, said_at_least: &str, secrets: &Secrets) {
        assert!(find(&self.bytes, said_at_least.as_bytes()).is_some(), "{} does not say {said_at_least:?}", self.by);
        for (what, secret) in &secrets.0 {
            // As text, and as a list of bytes is printed.
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

/// A key, and the file that lets it in.
fn make_key(folder: &Path) -> (String, String) {
    let made = std::process::Command::new(binary::punchline().unwrap()).args(["key", "bot"]).output().unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let file = folder.join("keys");
    fs::write(&file, lines[3]).unwrap();
    (lines[1].to_owned(), file.to_string_lossy().into_owned())
}

async fn submit(api: &Process, key: &str) -> Response {
    let picture = Part::bytes(samples::animation(1).unwrap()).file_name("cat.gif");
    let form = Form::new().part("file", picture).text("bottom", "monday");
    Client::new().post(api.url("/v1/jobs")).bearer_auth(key).multipart(form).send().await.unwrap()
}

/// Asks until the job is done.
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

/// Starts a process that can't get ready, and waits until it has said why.
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
        let (key, keys_file) = make_key(folder.path());
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

        // The last names the library that knows the password, which is quiet unless it is named.
        for (n, level) in ["debug", "trace", "trace,lapin=trace"].into_iter().enumerate() {
            let env = with(&good, &[("PUNCHLINE_LOG", level), ("PUNCHLINE_STORE_URL", &format!("s3://gifs/secrets-{n}"))]);
            let (api, worker) = tokio::try_join!(Process::api(&env), Process::worker(&env)).unwrap();
            let accepted: Value = submit(&api, &key).await.error_for_status().unwrap().json().await.unwrap();
            let id = accepted["id"].as_str().unwrap();
            done(&api, &key, id).await;
            assert_eq!(submit(&api, WRONG_KEY).await.status(), StatusCode::UNAUTHORIZED);
            // Where a key does not belong.
            for path in [format!("/v1/jobs/{key}"), format!("/{key}"), format!("/v1/jobs/{id}?key={key}")] {
                reqwest::get(api.url(&path)).await.unwrap();
            }
            for (by, process, counted) in
                [("api", &api, "punchline_api_jobs_accepted_total 1"), ("worker", &worker, "punchline_worker_jobs_ended_total")]
            {
                Said::metrics(by, process.url("/metrics"), counted).await.check(counted, &secrets);
            }
            Said::log(&format!("api at {level}"), &api).check(id, &secrets);
            Said::log(&format!("worker at {level}"), &worker).check(id, &secrets);
        }

        let trace = ("PUNCHLINE_LOG", "trace,lapin=trace");
        for role in ["api", "worker"] {
            let env = with(&good, &[trace, ("PUNCHLINE_AMQP_URL", &broker_as(WRONG_PASSWORD))]);
            let why = "cannot connect to the broker";
            Said::log(&format!("{role} with the wrong password"), &refused(role, &env, why).await).check(why, &secrets);
            let env = with(&good, &[trace, ("AWS_SECRET_ACCESS_KEY", WRONG_SECRET), ("AWS_SESSION_TOKEN", WRONG_TOKEN)]);
            let why = "failed, trying again";
            Said::log(&format!("{role} with the wrong secret"), &refused(role, &env, why).await).check(why, &secrets);
        }
    })
    .await;
}
