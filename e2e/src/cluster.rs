//! A small production installation: a RabbitMQ, an S3 store, one api process and some workers, with a network between them.
//!
//! Called by the tests that break one of these parts. It must never hide an error of a part: a wait that ends too late is an error.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use futures::TryStreamExt as _;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use proto_shared::JobRecord;
use serde_json::{Value, json};

use crate::{
    HarnessError, binary,
    client::Client,
    network::Network,
    process::{Process, cluster_env},
    rabbitmq::RabbitMq,
    seaweedfs::SeaweedFs,
};

pub(crate) const FOLDER: &str = "e2e";
/// How long after its start a node's management may need to accept a policy.
const POLICY_WITHIN: Duration = Duration::from_secs(600);

/// The running parts. They are stopped in the order of the fields.
#[derive(Debug)]
pub struct Cluster {
    /// They take jobs from the same queues.
    pub workers: Vec<Process>,
    /// Answers the requests.
    pub api: Process,
    /// Has the queues.
    pub rabbitmq: RabbitMq,
    /// Has the objects.
    pub store: SeaweedFs,
    /// Between api and its servers.
    pub api_network: Network,
    /// Between the workers and their servers.
    pub worker_network: Network,
    /// Address space of each worker that is started from now on.
    pub worker_memory_kb: Option<u32>,
    settings: Vec<(String, String)>,
}

impl Cluster {
    /// Starts everything and waits until all of it is ready.
    ///
    /// # Errors
    /// A part is not installed or does not get ready.
    pub async fn start(workers: usize) -> Result<Self, HarnessError> {
        Self::start_with(workers, &[]).await
    }

    /// As [`Cluster::start`], with more settings for the processes than the addresses of each other.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_with(workers: usize, settings: &[(&str, &str)]) -> Result<Self, HarnessError> {
        let (rabbitmq, store) = tokio::try_join!(RabbitMq::start(), SeaweedFs::start())?;
        let networks = tokio::try_join!(Network::start(&rabbitmq, &store), Network::start(&rabbitmq, &store))?;
        let (api_network, worker_network) = networks;
        let settings: Vec<_> = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut api_env = cluster_env(&api_network, &rabbitmq, &store, FOLDER);
        api_env.extend(settings.iter().cloned());
        let api = Process::api(&api_env).await?;
        let mut cluster =
            Self { workers: Vec::new(), api, rabbitmq, store, api_network, worker_network, worker_memory_kb: None, settings };
        for _ in 0..workers {
            cluster.add_worker().await?;
        }
        Ok(cluster)
    }

    /// Starts one more worker.
    ///
    /// # Errors
    /// It does not get ready.
    pub async fn add_worker(&mut self) -> Result<(), HarnessError> {
        let worker = start_worker(&self.env(&self.worker_network), self.worker_memory_kb).await?;
        self.workers.push(worker);
        Ok(())
    }

    /// Kills the api and starts it again at the same address, with these settings in addition to its own.
    ///
    /// # Errors
    /// It does not get ready.
    pub async fn restart_api(&mut self, settings: &[(&str, &str)]) -> Result<(), HarnessError> {
        let mut env = self.env(&self.api_network);
        env.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.api.replace_api(&env).await
    }

    /// Starts one more api.
    ///
    /// # Errors
    /// It does not get ready.
    pub async fn another_api(&self) -> Result<Process, HarnessError> {
        Process::api(&self.env(&self.api_network)).await
    }

    /// The settings of a process behind this network.
    #[must_use]
    pub fn env(&self, network: &Network) -> Vec<(String, String)> {
        let mut env = cluster_env(network, &self.rabbitmq, &self.store, FOLDER);
        env.extend(self.settings.iter().cloned());
        env
    }

    /// Starts a worker in place of each one that has ended, as a supervisor does, and returns how many. A worker that its first job
    /// kills before it is ready is left for the next call.
    ///
    /// # Errors
    /// A worker does not get ready, and does not end either.
    pub async fn replace_ended_workers(&mut self) -> Result<usize, HarnessError> {
        let mut replaced = 0;
        let (env, memory_kb) = (self.env(&self.worker_network), self.worker_memory_kb);
        for worker in &mut self.workers {
            if !worker.is_running() {
                match start_worker(&env, memory_kb).await {
                    Ok(started) => *worker = started,
                    Err(HarnessError::Ended { .. }) => {}
                    Err(error) => return Err(error),
                }
                replaced += 1;
            }
        }
        Ok(replaced)
    }

    /// The output of a `punchline` command on this broker and store.
    ///
    /// # Errors
    /// It fails; the error has its standard error.
    pub async fn command(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        // Through the api's network: tests disturb the workers' one as a rule.
        let env = self.env(&self.api_network);
        let mut command = tokio::process::Command::new(binary::punchline()?);
        let ran = command.args(arguments).env_clear().envs(env).stdin(Stdio::null()).output().await;
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

    /// How many jobs have a record.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn records(&self) -> Result<usize, HarnessError> {
        self.count("jobs", "/job.json").await
    }

    /// The record of a job.
    ///
    /// # Errors
    /// There is no such record.
    pub async fn record(&self, id: &str) -> Result<JobRecord, HarnessError> {
        let object = self.store.client()?.get(&Path::from(format!("{FOLDER}/jobs/{id}/job.json"))).await?;
        let parsed = serde_json::from_slice(&object.bytes().await?);
        parsed.map_err(|error| HarnessError::io("read a record")(error.into()))
    }

    /// How many outputs are stored.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn outputs(&self) -> Result<usize, HarnessError> {
        // Each has a summary beside it.
        self.count("outputs", ".gif").await
    }

    /// Messages in a queue, unacked ones included, by the broker's management: a few seconds late.
    ///
    /// # Errors
    /// It does not answer, or knows no such queue.
    pub async fn messages(&self, queue: &str) -> Result<u64, HarnessError> {
        // A queue that has not reported yet has no number. It does not count as empty.
        Ok(self.managed_queue(queue).await?["messages"].as_u64().unwrap_or(u64::MAX))
    }

    /// Unacked messages of a queue, by the node itself: half a second late.
    ///
    /// # Errors
    /// It does not answer, or knows no such queue.
    pub async fn in_hand(&self, queue: &str) -> Result<u64, HarnessError> {
        self.queue_column(queue, "messages_unacknowledged").await
    }

    /// Ready messages of a queue, by the node itself.
    ///
    /// # Errors
    /// As [`Cluster::in_hand`].
    pub async fn waiting(&self, queue: &str) -> Result<u64, HarnessError> {
        self.queue_column(queue, "messages_ready").await
    }

    /// Ready and unacked messages of every queue, by the node itself.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn queues(&self) -> Result<String, HarnessError> {
        self.rabbitmq.ctl(&["list_queues", "name", "messages_ready", "messages_unacknowledged"]).await
    }

    /// Sets or removes an operator's limit for the length of each lane's queue. A node that has just been started accepts AMQP before it
    /// accepts this, so the request is repeated for a while.
    ///
    /// # Errors
    /// The node does not accept it.
    pub async fn bound_queues(&self, max_length: Option<u32>) -> Result<(), HarnessError> {
        let url = format!("{}/api/policies/%2f/bound", self.rabbitmq.management_url());
        let http = reqwest::Client::new();
        let asked = Instant::now();
        loop {
            let request = match max_length {
                Some(max_length) => http.put(&url).json(&json!({
                    "pattern": "^punchline.jobs", "apply-to": "queues", "definition": {"max-length": max_length},
                })),
                None => http.delete(&url),
            };
            let answer = request.basic_auth("guest", Some("guest")).send().await;
            match answer.and_then(reqwest::Response::error_for_status) {
                Ok(_) => return Ok(()),
                Err(error) if asked.elapsed() > POLICY_WITHIN => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
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

    async fn managed_queue(&self, queue: &str) -> Result<Value, HarnessError> {
        let url = format!("{}/api/queues/%2f/{queue}", self.rabbitmq.management_url());
        let answer = reqwest::Client::new().get(url).basic_auth("guest", Some("guest")).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn queue_column(&self, queue: &str, column: &str) -> Result<u64, HarnessError> {
        let table = self.rabbitmq.ctl(&["list_queues", "name", column]).await?;
        let row = table.lines().find_map(|row| row.strip_prefix(queue)?.trim().parse().ok());
        row.ok_or_else(|| HarnessError::io(format!("find {queue} in {table}"))(std::io::ErrorKind::NotFound.into()))
    }

    async fn count(&self, folder: &str, ending: &str) -> Result<usize, HarnessError> {
        let client = self.store.client()?;
        let objects: Vec<_> = client.list(Some(&Path::from(format!("{FOLDER}/{folder}")))).try_collect().await?;
        Ok(objects.iter().filter(|object| object.location.as_ref().ends_with(ending)).count())
    }
}

async fn start_worker(env: &[(String, String)], memory_kb: Option<u32>) -> Result<Process, HarnessError> {
    match memory_kb {
        None => Process::worker(env).await,
        Some(memory_kb) => Process::worker_within(memory_kb, env).await,
    }
}
