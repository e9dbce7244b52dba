//! The HTTP side of a process: the api's routes, and what must run beside them. `api` and `serve` have it.
//!
//! Beside the routes run: hearing of jobs, counting again what each client has in the queue, callbacks, and the acceptances
//! whose requests have gone.

use anyhow::Context as _;
use api::{Acceptances, ApiConfig, ApiParts, CallbackSchedule, Callbacks, Clients, Courier, EventSubscribers, Ids, Signer};
use broker::Broker;
use fonts::Fonts;
use service::{
    ApiKeys, Clock, Eventual, FrontListeners, Health,
    config::{CommonSettings, HttpSettings, OutboundSettings},
    listener::Bounds,
    metrics::{Exposition, Registry},
    open_files,
};
use store::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::open;

/// An HTTP side that is ready to answer.
pub(crate) struct HttpSide {
    config: ApiConfig,
    parts: ApiParts,
    bounds: Bounds,
    /// Where callbacks are made.
    courier: Option<Courier>,
}

impl HttpSide {
    /// Gets ready; metrics of callbacks are added to `registry`.
    pub(crate) fn new(
        http: &HttpSettings,
        common: &CommonSettings,
        fonts: Fonts,
        broker: &Eventual<Broker>,
        store: &Store,
        registry: &mut Registry,
    ) -> anyhow::Result<Self> {
        let open_keys = |path| ApiKeys::open(path, Clock::system());
        let Outgoing { sources, callbacks, courier } = outgoing(&http.outbound, store, registry)?;
        let parts = ApiParts {
            broker: broker.clone(),
            store: store.clone(),
            ids: Ids::system(),
            keys: http.api_keys_file.as_deref().map(open_keys).transpose()?,
            clients: Clients::new(http.fairness),
            subscribers: EventSubscribers::default(),
            sources,
            callbacks,
            acceptances: Acceptances::default(),
        };
        let config = ApiConfig {
            limits: common.limits,
            // What this program can't caption it takes no job for.
            videos: http.videos && cfg!(feature = "video"),
            uploads_in_flight_bytes: http.uploads_in_flight_bytes,
            request_timeout: http.request_timeout,
            body_stall: http.body_stall,
            spool_dir: http.spool_dir.clone(),
            trusted_proxies: http.trusted_proxies.clone(),
            fonts,
            presets: open::presets(http.presets_dir.as_deref())?,
            platforms: open::platforms(http.platforms_file.as_deref())?,
        };
        Ok(Self { config, parts, bounds: bounds(http), courier })
    }

    /// Answers until `shutdown`, then lets requests in hand finish for the grace of `common`. True when all were finished.
    pub(crate) async fn serve(
        self,
        listeners: FrontListeners,
        health: Health,
        mut registry: Registry,
        common: &CommonSettings,
        shutdown: &CancellationToken,
    ) -> bool {
        let ApiParts { broker, store, clients, subscribers, callbacks, acceptances, .. } = self.parts.clone();
        let grace = common.shutdown_grace;
        let router = api::router(&self.config, self.parts, &mut registry);
        let hearing = {
            let shutdown = shutdown.clone();
            tokio::spawn(async move {
                tokio::join!(subscribers.hear(&broker, &clients, &callbacks, &shutdown), clients.recount(&store, &shutdown))
            })
        };
        let serving = listeners.serve(self.bounds, router, (health, Exposition::new(registry)), shutdown, grace);
        let deadline = async {
            shutdown.cancelled().await;
            Instant::now() + grace
        };
        let calling_back = async {
            if let Some(courier) = self.courier {
                courier.run(shutdown).await;
            }
        };
        let (requests_finished, deadline, ()) = tokio::join!(serving, deadline, calling_back);
        // What goes on without its request needs the broker still.
        let all_finished = acceptances.end_by(deadline).await && requests_finished;
        hearing.abort();
        all_finished
    }
}

/// What the api asks of other hosts.
struct Outgoing {
    /// Fetches pictures by their URL.
    sources: Option<outbound::Client>,
    callbacks: Callbacks,
    /// To run beside the routes, where callbacks are made.
    courier: Option<Courier>,
}

fn outgoing(settings: &OutboundSettings, store: &Store, registry: &mut Registry) -> anyhow::Result<Outgoing> {
    let none = Outgoing { sources: None, callbacks: Callbacks::default(), courier: None };
    let client = match outbound::Client::new(outbound::Guard::new(settings.allowed.clone())) {
        Ok(client) => client,
        // Nobody has asked for it: a machine without certificates captions as well.
        Err(error) if settings.webhook_secret.is_none() => {
            tracing::warn!(%error, "pictures can't be fetched by URL");
            return Ok(none);
        }
        Err(error) => return Err(error).context("failed to get ready for callbacks"),
    };
    let sources = settings.source_urls.then(|| client.clone());
    let Some(secret) = &settings.webhook_secret else { return Ok(Outgoing { sources, ..none }) };
    let signer = Signer::new(secret.expose())?;
    let (courier, callbacks) =
        Courier::new(store.clone(), client, signer, CallbackSchedule::default(), Clock::system(), registry);
    Ok(Outgoing { sources, callbacks, courier: Some(courier) })
}

/// How much of the process connections may take, which its limit of open files must allow.
fn bounds(http: &HttpSettings) -> Bounds {
    match open_files::allow_many() {
        Ok(files) if files < u64::from(http.max_connections) => {
            tracing::warn!(files, connections = http.max_connections, "fewer files may be open than connections");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "failed to raise the limit of open files"),
    }
    Bounds { max_connections: http.max_connections, head_timeout: http.head_timeout }
}
