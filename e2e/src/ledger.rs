//! The account of everything that was answered 202, and its final check against records, results, outputs, dead letters and the api.
//!
//! Kept by the tests that break things, in their own process, where nothing is broken. It reads the store itself and trusts no
//! process of ours. It must never leave out an id because something could not be read.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, aws::AmazonS3, path::Path};
use proto_shared::{JobRecord, JobResult, MediaType, Outcome, keys, queue};

use crate::{
    HarnessError,
    cases::Case,
    client::Client,
    cluster::{Cluster, FOLDER},
};

/// All queues of jobs.
pub const JOB_QUEUES: [&str; 4] = [queue::JOBS, queue::JOBS_EXPRESS, queue::JOBS_V2, queue::JOBS_V2_EXPRESS];

/// By then a process that was killed during the test is running again.
const CONNECTS_WITHIN: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(50);
/// A check holds two decoded animations in memory.
const CHECKS_AT_ONCE: usize = 4;
const READS_AT_ONCE: usize = 16;

/// The ids that were answered 202, each with the case that was submitted.
#[derive(Debug, Default)]
pub struct Ledger(Vec<(String, Arc<Case>)>);

/// What became of everything that was accepted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Ids answered 202.
    pub accepted: usize,
    /// Of them: captioned, with the right picture.
    pub done: usize,
    /// Of them: failed, by code.
    pub failed: BTreeMap<String, usize>,
    /// Of them: cancelled.
    pub cancelled: usize,
    /// Jobs with letters in the store's `dead` folder.
    pub dead_letters: usize,
    /// Records whose id no client knows, because the client was refused or did not get the answer.
    pub unknown_to_clients: usize,
    /// Everything that is not as promised, as text.
    pub faults: Vec<String>,
}

impl Ledger {
    /// Submits all cases at once and records what was accepted.
    ///
    /// # Errors
    /// A case was not accepted, although the client tried again as told, and after each lost connection.
    pub async fn submit(&mut self, client: &Client, cases: &[Arc<Case>]) -> Result<(), HarnessError> {
        let submissions = cases.iter().map(|case| async move {
            let spec = case.spec_json().map_err(std::io::Error::from).map_err(HarnessError::io("write a spec"))?;
            submit_until_answered(client, case, &spec).await
        });
        let ids: Vec<_> = stream::iter(submissions).buffered(cases.len().max(1)).try_collect().await?;
        self.0.extend(ids.into_iter().zip(cases.iter().cloned()));
        Ok(())
    }

    /// Records a job that was submitted elsewhere.
    pub fn accepted(&mut self, id: String, case: &Arc<Case>) {
        self.0.push((id, Arc::clone(case)));
    }

    /// The ids, in the order of their cases.
    #[must_use]
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(id, _)| id.as_str())
    }

    /// Waits until everything accepted has a result and no message waits, then compares everything.
    ///
    /// # Errors
    /// The store could not be read. What is not as it should be is a fault in the balance.
    pub async fn settle(&self, cluster: &Cluster, within: Duration) -> Result<Balance, HarnessError> {
        let deadline = Instant::now() + within;
        self.wait_finished(cluster, within).await?;
        let mut faults = Vec::new();
        for name in JOB_QUEUES.into_iter().chain([queue::DEAD]) {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_secs(20));
            if let Err(error) = cluster.wait_empty(name, left).await {
                faults.push(error.to_string());
            }
        }
        self.reconcile(cluster, faults).await
    }

    /// Waits until everything accepted has a result, or the time has passed.
    ///
    /// # Errors
    /// The store could not be read.
    pub async fn wait_finished(&self, cluster: &Cluster, within: Duration) -> Result<(), HarnessError> {
        let deadline = Instant::now() + within;
        while self.unfinished(cluster).await? > 0 && Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Waits for every job and compares its output with its case, through the api alone. For a service whose store the test can't read.
    ///
    /// # Errors
    /// A job failed, or is not done in time.
    pub async fn faults_by_api(&self, client: &Client, within: Duration) -> Result<Vec<String>, HarnessError> {
        let checks = self.0.iter().map(|(id, case)| async move {
            client.wait_done(id, within).await?;
            Ok::<_, HarnessError>(fault(case, client.output(id).await?).await.err())
        });
        let faults: Vec<_> = stream::iter(checks).buffer_unordered(CHECKS_AT_ONCE).try_collect().await?;
        Ok(faults.into_iter().flatten().collect())
    }

    /// How many accepted jobs have no result.
    ///
    /// # Errors
    /// The store could not be read.
    pub async fn unfinished(&self, cluster: &Cluster) -> Result<usize, HarnessError> {
        let results = listed(&cluster.store.client()?, "jobs").await?;
        Ok(self.ids().filter(|id| !results.contains(&format!("{FOLDER}/jobs/{id}/result.json"))).count())
    }

    async fn reconcile(&self, cluster: &Cluster, faults: Vec<String>) -> Result<Balance, HarnessError> {
        let store = cluster.store.client()?;
        let (jobs, outputs, dead) = tokio::try_join!(listed(&store, "jobs"), listed(&store, "outputs"), listed(&store, "dead"))?;
        // A job has one letter for each death, in a folder named by its id.
        let dead: HashSet<_> = dead.iter().filter_map(|key| key.split('/').nth(2)).map(str::to_owned).collect();
        let ids: HashSet<_> = self.ids().collect();
        let mut balance = Balance { accepted: self.0.len(), dead_letters: dead.len(), faults, ..Balance::default() };
        if ids.len() != self.0.len() {
            balance.faults.push("an id was given twice".to_owned());
        }
        let records = jobs.iter().filter_map(|key| key.strip_suffix("/job.json")?.rsplit('/').next());
        balance.unknown_to_clients = records.filter(|id| !ids.contains(id)).count();

        let client = cluster.client();
        let checks = self.0.iter().map(|(id, case)| check(&store, &client, id, case, &outputs));
        let ends: Vec<_> = stream::iter(checks).buffered(CHECKS_AT_ONCE).collect().await;
        for ((id, case), end) in self.0.iter().zip(ends) {
            match end {
                Ok(Outcome::Done { .. }) => balance.done += 1,
                Ok(Outcome::Failed { code, .. }) => *balance.failed.entry(code.as_str().to_owned()).or_default() += 1,
                Ok(Outcome::Cancelled) => balance.cancelled += 1,
                Err(fault) => balance.faults.push(format!("{id} ({}): {fault}", case.name)),
            }
        }
        self.find_orphans(&store, &outputs, &dead, &mut balance).await?;
        Ok(balance)
    }

    /// Finds what should not be in the store: dead letters of jobs that were never accepted or did not fail, outputs that no result names.
    async fn find_orphans(
        &self,
        store: &AmazonS3,
        outputs: &HashSet<String>,
        dead: &HashSet<String>,
        balance: &mut Balance,
    ) -> Result<(), HarnessError> {
        let jobs = listed(store, "jobs").await?;
        let results = jobs.iter().filter(|key| key.ends_with("/result.json")).cloned();
        let read = stream::iter(results).map(|key| async move { read(store, &key).await }).buffer_unordered(READS_AT_ONCE);
        let mut named = HashSet::new();
        let mut failed = HashSet::new();
        for bytes in read.try_collect::<Vec<_>>().await? {
            match serde_json::from_slice::<JobResult>(&bytes) {
                Ok(JobResult { outcome: Outcome::Done { output, .. }, .. }) => {
                    named.insert(format!("{FOLDER}/{}", keys::output(&output.id, output.media)));
                }
                Ok(JobResult { id, outcome: Outcome::Failed { .. }, .. }) => {
                    failed.insert(id.as_str().to_owned());
                }
                Ok(_) => {}
                Err(error) => balance.faults.push(format!("a result that does not parse: {error}")),
            }
        }
        let summary = |key: &str| Path::from(key).extension() == Some("json");
        let pictures = outputs.iter().filter(|key| !summary(key));
        balance.faults.extend(pictures.filter(|key| !named.contains(*key)).map(|key| format!("{key} belongs to no result")));
        balance
            .faults
            .extend(dead.difference(&failed).map(|id| format!("the dead letter of {id} is of a job that did not fail")));
        Ok(())
    }
}

/// A client that loses its connection does not know whether its job was accepted, and submits again.
async fn submit_until_answered(client: &Client, case: &Case, spec: &str) -> Result<String, HarnessError> {
    let deadline = Instant::now() + CONNECTS_WITHIN;
    loop {
        match client.submit(&case.source, spec).await {
            Err(HarnessError::Http(_)) if Instant::now() < deadline => tokio::time::sleep(POLL).await,
            answer => return answer,
        }
    }
}

/// How a job ended by its result. It is an error if record, result, output and api disagree, or if the picture is wrong.
async fn check(
    store: &AmazonS3,
    client: &Client,
    id: &str,
    case: &Arc<Case>,
    outputs: &HashSet<String>,
) -> Result<Outcome, String> {
    let text = |error: HarnessError| error.to_string();
    let record = read(store, &format!("{FOLDER}/jobs/{id}/job.json")).await.map_err(text)?;
    let record: JobRecord = serde_json::from_slice(&record).map_err(|error| format!("its record: {error}"))?;
    let result = read(store, &format!("{FOLDER}/jobs/{id}/result.json")).await.map_err(text)?;
    let result: JobResult = serde_json::from_slice(&result).map_err(|error| format!("its result: {error}"))?;
    if record.id != result.id || record.id.as_str() != id {
        return Err(format!("record and result are of {} and {}", record.id, result.id));
    }
    let shown = client.job(id).await.map_err(text)?;
    let state = match &result.outcome {
        Outcome::Done { .. } => "done",
        Outcome::Failed { .. } => "failed",
        Outcome::Cancelled => "cancelled",
    };
    if shown["state"] != state {
        return Err(format!("it is {state}, and the api says {shown}"));
    }
    if let Outcome::Done { output, .. } = &result.outcome {
        let key = format!("{FOLDER}/{}", keys::output(&output.id, output.media));
        if output.media == MediaType::Gif && !outputs.contains(&key) {
            return Err(format!("it is done, and its output {key} is not stored"));
        }
        let picture = client.output(id).await.map_err(text)?;
        if picture.len() as u64 != output.bytes {
            return Err(format!("its output has {} bytes where its result says {}", picture.len(), output.bytes));
        }
        fault(case, picture).await?;
    }
    Ok(result.outcome)
}

/// Compares an output with its case. What is wrong with it is the error.
async fn fault(case: &Arc<Case>, picture: Bytes) -> Result<(), String> {
    let case = Arc::clone(case);
    let fault = tokio::task::spawn_blocking(move || case.fault(&picture)).await.map_err(|error| error.to_string())?;
    fault.map_or(Ok(()), Err)
}

async fn listed(store: &AmazonS3, folder: &str) -> Result<HashSet<String>, HarnessError> {
    let objects = store.list(Some(&Path::from(format!("{FOLDER}/{folder}"))));
    Ok(objects.map_ok(|object| object.location.to_string()).try_collect().await?)
}

async fn read(store: &AmazonS3, key: &str) -> Result<Bytes, HarnessError> {
    Ok(store.get(&Path::from(key)).await?.bytes().await?)
}

impl Balance {
    /// Asserts that all jobs are done, and that there are no faults and no dead letters.
    ///
    /// # Panics
    /// They are not.
    #[track_caller]
    pub fn assert_all_done(&self) {
        assert!(self.faults.is_empty(), "{self}\n{}", self.faults.join("\n"));
        assert_eq!((self.done, self.dead_letters), (self.accepted, 0), "{self}");
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, done, failed, cancelled, dead_letters, unknown_to_clients, faults } = self;
        let failures: usize = failed.values().sum();
        write!(
            f,
            "{accepted} accepted = {done} done + {failures} failed + {cancelled} cancelled + {} not accounted for; \
             {dead_letters} dead letters, {unknown_to_clients} jobs whose clients do not know their ids, {} faults",
            accepted.saturating_sub(done + failures + cancelled),
            faults.len()
        )
    }
}
