//! What a process answers when it is asked how it is: the store and the broker that it needs, told apart into what a restart
//! mends and what it does not.
//!
//! Used by the three long-running processes.

use std::future::ready;

use broker::{Broker, BrokerState};
use futures::future::BoxFuture;
use service::{Eventual, Health, health::Decides};
use store::Store;
use tokio_util::sync::CancellationToken;

/// Of an api. It answers reads while its broker is away, so it rests on the store alone: once the store has shown that it
/// can be used, which `asked` tells.
pub(crate) fn of_api(broker: &Eventual<Broker>, store: &Store, asked: &Eventual<()>, draining: &CancellationToken) -> Health {
    let (store, asked) = (store.clone(), asked.clone());
    let health = Health::new(draining.clone()).check("store", Decides::Readiness, move || {
        let (store, is_asked) = (store.clone(), asked.get().is_some());
        async move {
            store.ready().await.map_err(|e| e.to_string())?;
            if is_asked { Ok(()) } else { Err("it has not shown yet that it creates without overwriting".to_owned()) }
        }
    });
    consuming(health, broker).check("broker", Decides::Nothing, taking(broker))
}

/// Of a worker, which is of use to nobody while store or broker is away.
pub(crate) fn of_worker(broker: &Eventual<Broker>, store: &Store, draining: &CancellationToken) -> Health {
    let store = store.clone();
    let health = Health::new(draining.clone()).check("store", Decides::Readiness, move || {
        let store = store.clone();
        async move { store.ready().await.map_err(|e| e.to_string()) }
    });
    consuming(health, broker).check("broker", Decides::Readiness, taking(broker))
}

/// A restart mends a process that is connected and receives nothing. It mends no broker that is away or blocked.
fn consuming(health: Health, broker: &Eventual<Broker>) -> Health {
    let broker = broker.clone();
    health.check("consuming", Decides::Liveness, move || {
        let is_deaf = broker.get().is_some_and(|broker| broker.state() == BrokerState::NotConsuming);
        ready(if is_deaf { Err("the broker is connected, and not all that is wanted is received".to_owned()) } else { Ok(()) })
    })
}

/// Whether the broker takes messages and gives them.
fn taking(broker: &Eventual<Broker>) -> impl Fn() -> BoxFuture<'static, Result<(), String>> + use<> {
    let broker = broker.clone();
    move || {
        let broker = broker.clone();
        Box::pin(async move {
            match broker.get() {
                Some(broker) => broker.ready().await.map_err(|e| e.to_string()),
                None => Err("not connected yet".to_owned()),
            }
        })
    }
}
