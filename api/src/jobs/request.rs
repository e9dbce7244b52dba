//! Reading a request that makes jobs: its head first, then its form within bounds, then what the form asks for.
//!
//! `create` and `batch` begin with it. It refuses what costs nothing to refuse before it reads a byte of the body, and accepts
//! nothing: what it has read is forgotten unless `accept` makes it a job.

use std::{sync::Arc, time::Duration};

use axum::extract::{FromRequest as _, Multipart, Request};
use fonts::Fonts;
use proto_shared::{IdempotencyId, JobRecord, Platforms, Presets};
use store::{Store, StoreError};

use super::{
    form::{Form, FormRefusal},
    idempotency::{self, IdempotencyKeyRefusal},
    prefer,
};
use crate::{
    callbacks::handle::Callbacks,
    front::{
        caller::Caller,
        clients::{ClientRefusal, Clients},
    },
    pictures::{
        budget::{BudgetRefusal, Reservation},
        drain::drained,
        pace::paced,
        upload::{BodyRefusal, Pictures},
    },
    problem::refusals,
};

refusals! {
    /// Why a request is not read to its end.
    pub(crate) enum RequestRefusal:
        Key(IdempotencyKeyRefusal),
        Client(ClientRefusal),
        Budget(BudgetRefusal),
        Store(StoreError),
        Body(BodyRefusal),
        Form(FormRefusal)
    {}
}

/// What reading touches. Clones share it.
#[derive(Clone)]
pub(crate) struct Requests {
    pub(crate) fonts: Fonts,
    pub(crate) presets: Arc<Presets>,
    pub(crate) platforms: Arc<Platforms>,
    pub(crate) callbacks: Callbacks,
    pub(crate) clients: Clients,
    pub(crate) store: Store,
    pub(crate) pictures: Arc<Pictures>,
    /// How long a body may come too slowly.
    pub(crate) body_stall: Duration,
    /// How long a client may wait for its job, within the time of a request.
    pub(crate) longest_wait: Duration,
}

/// What a request makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Makes {
    OneJob,
    ManyJobs,
}

/// A request whose form was read to its end.
pub(crate) struct JobRequest {
    pub(crate) form: Form,
    pub(crate) idempotency: Option<IdempotencyId>,
    /// The job that a request of this name has made before. The form's file was not kept then.
    pub(crate) first: Option<JobRecord>,
    /// How long the client would wait.
    pub(crate) wait: Option<Duration>,
    /// For the file's bytes: held for as long as they are.
    pub(crate) reservation: Option<Reservation>,
}

impl Requests {
    /// Reads a request's head and form.
    ///
    /// Of a job that was asked for before under this name only the hash of its file is wanted, to see that it is the same
    /// request: it takes nothing of the budget for uploads, and is neither kept, inspected nor stored. It must be read to its
    /// end all the same. What a client calls two requests says nothing of what is in them, and answering the second with the
    /// first one's job, unread, would give someone who reuses a name by mistake the wrong picture without a word. The look-up
    /// comes before the first byte is read. A client that waits for `100 Continue` waits for it; from all others, as much arrives
    /// meanwhile as fits the socket's buffers.
    ///
    /// The jobs of a batch have a name each, of which some may have been accepted and others not: it needs its file.
    pub(crate) async fn read(&self, request: Request, caller: &Caller, makes: Makes) -> Result<JobRequest, RequestRefusal> {
        let (budget, stall) = (&self.pictures.budget, self.body_stall);
        let request = request.map(|body| drained(body, budget.max_body_bytes(), stall));
        // What costs nothing to refuse comes first, what reads the body last.
        let idempotency = idempotency::id_of(request.headers(), &caller.client)?;
        self.clients.admit(&caller.client)?;
        let wait = prefer::wait(request.headers(), self.longest_wait);
        let expected_bytes = budget.expected_bytes(request.headers())?;
        let first = match &idempotency {
            Some(name) if makes == Makes::OneJob => self.made_by(name).await?,
            _ => None,
        };
        let (reservation, spool) = match &first {
            None => (Some(budget.reserve(&caller.client, expected_bytes)?), Some(&self.pictures.spool)),
            Some(_) => (None, None),
        };
        let request = request.map(|body| paced(body, stall));
        let parts = Multipart::from_request(request, &()).await.map_err(BodyRefusal::from)?;
        let form = Form::read(parts, spool, budget.limits.largest_file_bytes(), expected_bytes).await?;
        Ok(JobRequest { form, idempotency, first, wait, reservation })
    }

    /// The job that a request of this name has made, if it came so far.
    async fn made_by(&self, name: &IdempotencyId) -> Result<Option<JobRecord>, StoreError> {
        let Some(record) = self.store.get_idempotency(name).await? else { return Ok(None) };
        self.store.get_job(&record.job).await
    }
}
