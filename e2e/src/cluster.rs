//! Punchline as it runs in production, small: a RabbitMQ, an S3 store, one api process and some workers.
//!
//! Used by the tests that lose one of these parts. Whatever they do, every job must have one result at the end.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore, path::Path};
use serde_json::Value;

use crate::{
    HarnessError, binary,
    cases::Case,
    client::Client,
    process::{Process, cluster_env},
    rabbitmq::RabbitMq,
    seaweedfs::SeaweedFs,
};

const FOLDER: &str = "e2e";

/// The running parts. They end in the order of the fields.
#[derive(Debug)]
pub struct Cluster {
    /// Each takes jobs from the one queue.
    pub workers: Vec<Process>,
    /// Takes the requests.
    pub api: Process,
    /// Holds the queue.
    pub rabbitmq: RabbitMq,
    /// Holds the objects.
    pub store: SeaweedFs,
    env: Vec<(String, String)>,
}

impl Cluster {
    /// Starts everything and waits until all of it is ready.
    ///
    /// # Errors
    /// A part is not installed or does not get ready.
    pub async fn start(workers: usize) -> Result<Self, HarnessError> {
        Self::start_with(workers, &[]).await
    }

    /// The same, with settings of the processes beside those that lead them to each other.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_with(workers: usize, settings: &[(&str, &str)]) -> Result<Self, HarnessError> {
        let (rabbitmq, store) = tokio::try_join!(RabbitMq::start(), SeaweedFs::start())?;
        let mut env = cluster_env(&rabbitmq, &store, FOLDER);
        env.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let api = Process::api(&env).await?;
        let mut started = Vec::with_capacity(workers);
        for _ in 0..workers {
            started.push(Process::worker(&env).await?);
        }
        Ok(Self { workers: started, api, rabbitmq, store, env })
    }

    /// Starts workers in the place of those that have ended, as whoever watches over processes does. Says how many.
    ///
    /// # Errors
    /// One does not get ready.
    pub async fn replace_ended_workers(&mut self) -> Result<usize, HarnessError> {
        let mut replaced = 0;
        for worker in &mut self.workers {
            if !worker.is_running() {
                *worker = Process::worker(&self.env).await?;
                replaced += 1;
            }
        }
        Ok(replaced)
    }

    /// What a `punchline` command prints that works on this broker and store.
    ///
    /// # Errors
    /// It fails; the error holds what it says.
    pub fn command(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        let program = binary::punchline().map_err(|e| HarnessError::io("find punchline")(std::io::Error::other(e)))?;
        let env = self.env.iter().map(|(name, value)| (name, value));
        let ran = std::process::Command::new(program).args(arguments).env_clear().envs(env).output();
        let ran = ran.map_err(HarnessError::io("run punchline"))?;
        if !ran.status.success() {
            let said = String::from_utf8_lossy(&ran.stderr).into_owned();
            return Err(HarnessError::io("run punchline")(std::io::Error::other(said)));
        }
        Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    }

    /// A client of the api process.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.api.url(""))
    }

    /// How many jobs have a result.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn results(&self) -> Result<usize, HarnessError> {
        self.count("jobs", "/result.json").await
    }

    /// How many outputs are stored.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn outputs(&self) -> Result<usize, HarnessError> {
        // Each has a summary beside it.
        self.count("outputs", ".gif").await
    }

    /// Messages in a queue, those in a worker's hand included, as the broker's management says: a few seconds late.
    ///
    /// # Errors
    /// It does not answer, or knows no such queue.
    pub async fn messages(&self, queue: &str) -> Result<u64, HarnessError> {
        let url = format!("{}/api/queues/%2f/{queue}", self.rabbitmq.management_url());
        let answer = reqwest::Client::new().get(url).basic_auth("guest", Some("guest")).send().await?;
        let body: Value = answer.error_for_status()?.json().await?;
        // A queue that has not reported yet has no number; it is not taken for an empty one.
        Ok(body["messages"].as_u64().unwrap_or(u64::MAX))
    }

    /// Waits until no message is in a queue.
    ///
    /// # Errors
    /// Some still are at the deadline.
    pub async fn wait_empty(&self, queue: &str, within: Duration) -> Result<(), HarnessError> {
        let poll = async {
            while !matches!(self.messages(queue).await, Ok(0)) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let timed_out = |_| HarnessError::NotInTime { what: format!("{queue} empty"), within, log: self.rabbitmq.log_tail() };
        tokio::time::timeout(within, poll).await.map_err(timed_out)
    }

    async fn count(&self, folder: &str, ending: &str) -> Result<usize, HarnessError> {
        let client = self.store.client()?;
        let objects: Vec<_> = client.list(Some(&Path::from(format!("{FOLDER}/{folder}")))).try_collect().await?;
        Ok(objects.iter().filter(|object| object.location.as_ref().ends_with(ending)).count())
    }
}

/// Submits every case at once, as many at a time as there are, and gives the ids in the same order.
///
/// # Errors
/// One was not accepted.
pub async fn submit_all(client: &Client, cases: &[Arc<Case>]) -> Result<Vec<String>, HarnessError> {
    let submissions = cases.iter().map(|case| async move {
        let spec = serde_json::to_string(&case.spec).map_err(std::io::Error::from);
        client.submit(&case.source, &spec.map_err(HarnessError::io("write a spec"))?).await
    });
    stream::iter(submissions).buffered(cases.len().max(1)).try_collect().await
}

/// Waits for every job, fetches its output and holds it to its case. Gives every fault there is.
///
/// # Errors
/// A job failed or is not done in time.
pub async fn check_all(
    client: &Client,
    ids: &[String],
    cases: &[Arc<Case>],
    within: Duration,
) -> Result<Vec<String>, HarnessError> {
    let checks = ids.iter().zip(cases).map(|(id, case)| async move {
        client.wait_done(id, within).await?;
        let (output, case) = (client.output(id).await?, Arc::clone(case));
        let fault = tokio::task::spawn_blocking(move || case.fault(&output)).await;
        fault.map_err(|error| HarnessError::io("check an output")(std::io::Error::other(error)))
    });
    // Few at a time: each holds two decoded animations.
    let faults: Vec<_> = stream::iter(checks).buffer_unordered(4).try_collect().await?;
    Ok(faults.into_iter().flatten().collect())
}

/// Waits until every job is done.
///
/// # Errors
/// One failed or is not done in time.
pub async fn wait_all(client: &Client, ids: &[String], within: Duration) -> Result<(), HarnessError> {
    stream::iter(ids).map(|id| client.wait_done(id, within)).buffer_unordered(16).try_for_each(|_| async { Ok(()) }).await
}
