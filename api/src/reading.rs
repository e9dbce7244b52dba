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
use proto_shared::IdempotencyId;
use store::Store;

use crate::{
    callbacks::Callbacks,
    caller::Caller,
    clients::Clients,
    error::ApiError,
    fetch::{Fetch, Fetched},
    form::{Form, Picture},
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

/// A request whose form was read to its end.
pub(crate) struct Read {
    pub(crate) form: Form,
    pub(crate) idempotency: Option<IdempotencyId>,
    /// How long the client would wait.
    pub(crate) wait: Option<Duration>,
    /// Held to the end of the request: it stands for the bytes that are spooled.
    pub(crate) share: Share,
}

/// A picture that is looked at.
pub(crate) struct Looked {
    pub(crate) picture: Inspected,
    /// Where it may not be stored yet.
    pub(crate) upload: Option<Spooled>,
    /// Held to the end of the request, as the request's own.
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
    pub(crate) async fn read(&self, request: Request, caller: &Caller) -> Result<Read, ApiError> {
        let (longest, pace) = (self.intake.max_body_bytes(), self.pace.0);
        let request = request.map(|body| Body::new(Lingering::new(body, longest, pace)));
        // What costs nothing to refuse comes first, what reads the body last.
        let idempotency = idempotency::id_of(request.headers(), &caller.client)?;
        self.clients.admit(&caller.client)?;
        let wait = prefer::wait(request.headers(), self.longest_wait.0);
        let share = self.intake.admit(request.headers())?;
        let request = request.map(|body| in_sips(Body::new(Paced::new(body, pace))));
        let parts = Multipart::from_request(request, &()).await?;
        let form = Form::read(parts, &self.spool, self.intake.limits.max_bytes, share.expected_bytes).await?;
        Ok(Read { form, idempotency, wait, share })
    }

    /// Gets a picture from where it is, and looks at it.
    pub(crate) async fn look(&self, picture: Picture) -> Result<Looked, ApiError> {
        match picture {
            Picture::File(upload) => {
                Ok(Looked { picture: self.inspector.upload(&upload).await?, upload: Some(upload), share: None })
            }
            Picture::Stored(id) => {
                let _room = self.intake.room(self.intake.limits.max_bytes).await?;
                // Walked again: the limits may have changed since it was stored.
                let bytes = self.store.reuse_source(&id).await?;
                Ok(Looked { picture: self.inspector.stored(id, bytes).await?, upload: None, share: None })
            }
            Picture::Url(url) => {
                let Fetched { upload, share } = self.fetch.get(&url).await?;
                Ok(Looked { picture: self.inspector.upload(&upload).await?, upload: Some(upload), share: Some(share) })
            }
        }
    }
}
