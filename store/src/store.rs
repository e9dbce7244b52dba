//! The store as api and worker see it: sources, job records, results, outputs.
//!
//! Cheap to clone; every clone speaks to the same backend. Records are created, never changed; sources and
//! outputs are named by their contents, so writing one twice is harmless.

use std::fmt;

use bytes::Bytes;
use futures::{TryStreamExt, stream::BoxStream};
use proto_shared::{JobId, JobRecord, JobResult, MediaType, OutputId, SourceId, keys};

use crate::{Created, StoreConfig, StoreError, objects::Objects, records, source_id};

/// Below it nothing is ever stored, so listing it costs one small answer.
const PROBE_PREFIX: &str = "ready";

/// A handle to the configured backend.
#[derive(Clone)]
pub struct Store {
    objects: Objects,
}

/// An output on its way out.
pub struct OutputStream {
    /// The length of the whole.
    pub len_bytes: u64,
    /// Its bytes, in order. An error ends it: what came before is then not the whole.
    pub stream: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Store {
    /// Opens the store that the configuration names. A missing directory is made; S3 is not spoken to until
    /// the first operation, so ask [`Store::ready`].
    ///
    /// # Errors
    /// A URL or setting that cannot be used, by the name of its variable.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Ok(Self { objects: Objects::open(config)? })
    }

    /// Stores a source under the hash of its bytes, unless it stands there already.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn put_source(&self, bytes: Bytes) -> Result<SourceId, StoreError> {
        let id = source_id(&bytes);
        let key = keys::source(&id);
        if self.objects.head_bytes(&key).await? != Some(bytes.len() as u64) {
            self.objects.put(&key, "application/octet-stream", bytes).await?;
        }
        Ok(id)
    }

    /// A whole source.
    ///
    /// # Errors
    /// [`StoreError::SourceNotFound`], or the backend did not give it.
    pub async fn get_source(&self, id: &SourceId) -> Result<Bytes, StoreError> {
        let source = self.objects.get(&keys::source(id)).await?;
        source.ok_or_else(|| StoreError::SourceNotFound(id.clone()))
    }

    /// Whether a source is stored.
    ///
    /// # Errors
    /// The backend did not say.
    pub async fn has_source(&self, id: &SourceId) -> Result<bool, StoreError> {
        Ok(self.objects.head_bytes(&keys::source(id)).await?.is_some())
    }

    /// Writes a job record where none stands.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn create_job(&self, job: &JobRecord) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::job_record(&job.id), job).await
    }

    /// A job record, if there is one.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_job(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
        records::get(&self.objects, &keys::job_record(id)).await
    }

    /// Writes how a job ended, where nothing stands: the first writer's word is final.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn create_result(&self, result: &JobResult) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::job_result(&result.id), result).await
    }

    /// How a job ended, if it did.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_result(&self, id: &JobId) -> Result<Option<JobResult>, StoreError> {
        records::get(&self.objects, &keys::job_result(id)).await
    }

    /// Stores an output. A rerun writes the same bytes over themselves.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn put_output(&self, id: &OutputId, media: MediaType, bytes: Bytes) -> Result<(), StoreError> {
        self.objects.put(&keys::output(id, media), media.mime(), bytes).await
    }

    /// An output, piece by piece.
    ///
    /// # Errors
    /// [`StoreError::OutputNotFound`], or the backend did not give it.
    pub async fn get_output(&self, id: &OutputId, media: MediaType) -> Result<OutputStream, StoreError> {
        let found = self.objects.stream(&keys::output(id, media)).await?;
        let (len_bytes, stream) = found.ok_or_else(|| StoreError::OutputNotFound(id.clone()))?;
        Ok(OutputStream { len_bytes, stream })
    }

    /// The job records without a result, oldest first, for a start after a crash. It lists every job there
    /// is, so it is for the embedded store, not for a bucket of millions. A record that does not parse is
    /// skipped with a warning.
    ///
    /// # Errors
    /// The backend did not give the listing or a record.
    pub async fn unfinished_jobs(&self) -> Result<Vec<JobRecord>, StoreError> {
        records::unfinished(&self.objects).await
    }

    /// Whether the backend answers, credentials and bucket included.
    ///
    /// # Errors
    /// It does not, and why.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.objects.list(PROBE_PREFIX).try_next().await.map(drop)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive() // the backend's own Debug may show keys
    }
}

impl fmt::Debug for OutputStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputStream").field("len_bytes", &self.len_bytes).finish_non_exhaustive()
    }
}
