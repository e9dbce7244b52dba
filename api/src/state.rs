//! What handlers share. Each takes only the part that its signature names.

use std::sync::Arc;

use axum::extract::FromRef;
use broker::Broker;
use fonts::Fonts;
use service::Late;
use store::Store;

use crate::{
    accept::Acceptances,
    callbacks::Callbacks,
    clients::Clients,
    fetch::Fetching,
    gallery::Gallery,
    inspect::Inspector,
    intake::Intake,
    layout::Layouts,
    metrics::Metrics,
    mint::Mint,
    news::Listeners,
    reading::{LongestWait, Pace},
    spool::Spool,
};

#[derive(Clone)]
pub(crate) struct ApiState {
    pub(crate) broker: Late<Broker>,
    pub(crate) store: Store,
    pub(crate) mint: Mint,
    pub(crate) intake: Arc<Intake>,
    pub(crate) metrics: Metrics,
    pub(crate) clients: Clients,
    pub(crate) fonts: Fonts,
    pub(crate) keys_required: bool,
    pub(crate) inspector: Inspector,
    pub(crate) spool: Spool,
    pub(crate) pace: Pace,
    pub(crate) longest_wait: LongestWait,
    pub(crate) news: Listeners,
    pub(crate) gallery: Gallery,
    pub(crate) layouts: Layouts,
    pub(crate) callbacks: Callbacks,
    pub(crate) acceptances: Acceptances,
    pub(crate) fetching: Fetching,
}

macro_rules! parts {
    ($($field:ident: $part:ty,)*) => {
        $(impl FromRef<ApiState> for $part {
            fn from_ref(state: &ApiState) -> Self {
                state.$field.clone()
            }
        })*
    };
}

parts! {
    store: Store,
    intake: Arc<Intake>,
    news: Listeners,
    fonts: Fonts,
    gallery: Gallery,
    layouts: Layouts,
}
