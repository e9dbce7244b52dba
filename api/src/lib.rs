//! The HTTP api: takes uploads, accepts jobs, shows their states, hands out their results.
//!
//! The binary builds it for `punchline api` and `punchline serve`. It must never decode a picture: it walks
//! blocks and checks limits, so that a hostile upload meets no decoder in the process that faces the
//! internet. A 202 is given only after the broker has confirmed the job's message.
//!
//! Where to look: `router` lists the routes; `jobs`, `pictures`, `layout` and `gallery` answer them; each handler has beside it
//! what it refuses (`problem`); `front` is around all of them; `docs` describes them; `callbacks` tells receivers of ends.

mod callbacks;
mod docs;
mod front;
mod gallery;
mod jobs;
mod layout;
mod metrics;
mod page;
mod pictures;
mod problem;
mod router;

pub use callbacks::{
    courier::Courier,
    handle::{CallbackSchedule, Callbacks},
    sign::{BadSecret, Signer},
};
pub use front::{clients::Clients, ids::Ids};
pub use jobs::{accept::acceptances::Acceptances, subscribers::EventSubscribers};
pub use router::{ApiConfig, ApiParts, router};
pub use service::config::Fairness;
