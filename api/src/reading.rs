//! Reading a request that brings a picture: its head first, then its form within bounds, then the picture itself.
//!
//! `jobs` and `batch` begin with it. It refuses what costs nothing to refuse before it reads a byte of the body, and
//! accepts nothing: what it has read is forgotten unless `accept` makes it a job.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{FromRef, FromRequest as _, Multipart, Request},
};
use fonts::Fonts;
use proto_shared::{IdempotencyId, JobRecord, SourceId};
use store::Store;

use crate::{
    callbacks::Callbacks,
    caller::Caller,
    clients::Clients,
    error::ApiError,
    fetch::{Fetch, Fetched},
    form::{FileGoes, Form, Picture, Upload},
    idempotency,
    inspect::{Inspected, Inspector},
    intake::{Intake, Share},
    linger::Lingering,
    pace::Paced,
    prefer,
    sips::in_sips,
    spool::{Spool, Spooled},
    state::ApiState,
};

/// How long a body may come too slowly.
#[derive(Clone, Copy)]
pub(crate) struct Pace(pub(crate) Duration);

/// How long a client may wait for its job, within the time of a request.
#[derive(Clone, Copy)]
pub(crate) struct LongestWait(pub(crate) Duration);

/// What reading touches.
pub(crate) struct Reading {
    pub(crate) fonts: Fonts,
    pub(crate) callbacks: Callbacks,
    pub(crate) clients: Clients,
    store: Store,
    intake: Arc<Intake>,
    inspector: Inspector,
    spool: Spool,
    pace: Pace,
    longest_wait: LongestWait,
    fetch: Fetch,
}

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Job,
    Batch,
}

/// A request whose form was read to its end.
pub(crate) struct Read {
    pub(crate) form: Form,
    pub(crate) idempotency: Option<IdempotencyId>,
    /// The job that a request of this name has made before. The form's file was not kept then.
    pub(crate) first: Option<JobRecord>,
    /// How long the client would wait.
    pub(crate) wait: Option<Duration>,
    /// It stands for the bytes that are spooled, and goes where they go.
    pub(crate) share: Option<Share>,
}

/// A picture that is looked at.
pub(crate) struct Looked {
    pub(crate) picture: Inspected,
    /// Where it may not be stored yet.
    pub(crate) upload: Option<Spooled>,
    /// It stands for the bytes that are spooled, and goes where they go.
    pub(crate) share: Option<Share>,
}

impl FromRef<ApiState> for Reading {
    fn from_ref(state: &ApiState) -> Self {
        let ApiState { fonts, callbacks, clients, store, intake, inspector, spool, pace, longest_wait, .. } = state.clone();
        Self { fonts, callbacks, clients, store, intake, inspector, spool, pace, longest_wait, fetch: Fetch::from_ref(state) }
    }
}

impl Reading {
    /// Reads a request's head and form.
    ///
    /// Of a job that was asked for before under this name only the hash of its file is wanted, to see that it is the same
    /// request: it takes nothing of the room for uploads, and is neither kept, inspected nor stored. It must be read to its
    /// end all the same. What a client calls two requests says nothing of what is in them, and answering the second with the
    /// first one's job, unread, would give someone who reuses a name by mistake the wrong picture without a word. The look-up
    /// comes before the first byte is read: whoever waits for `100 Continue` waits for it, and of all others what fits the
    /// socket's buffers comes meanwhile.
    ///
    /// The jobs of a batch have a name each, of which some may have been accepted and others not: it needs its file.
    pub(crate) async fn read(&self, request: Request, caller: &Caller, wanted: Wanted) -> Result<Read, ApiError> {
        let (longest, pace) = (self.intake.max_body_bytes(), self.pace.0);
        let request = request.map(|body| Body::new(Lingering::new(body, longest, pace)));
        // What costs nothing to refuse comes first, what reads the body last.
        let idempotency = idempotency::id_of(request.headers(), &caller.client)?;
        self.clients.admit(&caller.client)?;
        let wait = prefer::wait(request.headers(), self.longest_wait.0);
        let expected_bytes = self.intake.expected_bytes(request.headers())?;
        let first = match &idempotency {
            Some(name) if wanted == Wanted::Job => self.made_by(name).await?,
            _ => None,
        };
        let (share, file_goes) = match &first {
            None => (Some(self.intake.share(&caller.client, expected_bytes)?), FileGoes::To(&self.spool)),
            Some(_) => (None, FileGoes::Nowhere),
        };
        let request = request.map(|body| in_sips(Body::new(Paced::new(body, pace))));
        let parts = Multipart::from_request(request, &()).await?;
        let form = Form::read(parts, file_goes, self.intake.limits.max_bytes, expected_bytes).await?;
        Ok(Read { form, idempotency, first, wait, share })
    }

    /// The job that a request of this name has made, if it came so far.
    async fn made_by(&self, name: &IdempotencyId) -> Result<Option<JobRecord>, ApiError> {
        let Some(record) = self.store.get_idempotency(name).await? else { return Ok(None) };
        Ok(self.store.get_job(&record.job).await?)
    }

    /// The id of a picture that was stored before if this is the request that brought it.
    pub(crate) async fn source_of(&self, picture: Picture, caller: &Caller) -> Result<SourceId, ApiError> {
        Ok(match picture {
            Picture::File(Upload::Hashed(id)) | Picture::Stored(id) => id,
            Picture::File(Upload::Kept(upload)) => upload.id,
            Picture::Url(url) => self.fetch.get(&url, &caller.client).await?.upload.id,
        })
    }

    /// Gets a picture from where it is, and looks at it. `share` is what its form has taken.
    pub(crate) async fn look(&self, picture: Picture, share: Option<Share>, caller: &Caller) -> Result<Looked, ApiError> {
        match picture {
            Picture::File(Upload::Kept(upload)) => {
                Ok(Looked { picture: self.inspector.upload(&upload).await?, upload: Some(upload), share })
            }
            Picture::File(Upload::Hashed(_)) => Err(ApiError::Internal("a file that was not kept can't be looked at".to_owned())),
            Picture::Stored(id) => {
                let _room = self.intake.room(self.intake.limits.max_bytes).await?;
                // Walked again: the limits may have changed since it was stored.
                let bytes = self.store.reuse_source(&id).await?;
                Ok(Looked { picture: self.inspector.stored(id, bytes).await?, upload: None, share: None })
            }
            Picture::Url(url) => {
                // The form had no file, and the largest one must fit.
                drop(share);
                let Fetched { upload, share } = self.fetch.get(&url, &caller.client).await?;
                Ok(Looked { picture: self.inspector.upload(&upload).await?, upload: Some(upload), share: Some(share) })
            }
        }
    }
}
