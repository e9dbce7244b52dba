//! A model of the protocol between clients, apis, a broker, workers and a store, in which everything that may go wrong does, at
//! every step: see docs/MODEL.md.

mod action;
mod aftermath;
mod bag;
mod names;
mod old;
mod properties;
mod protocol;
mod report;
mod sizes;
mod state;
mod steps;
mod words;

pub use action::{Action, Luck, Process};
pub use aftermath::Turn;
pub use names::{DeliveryStage, ReplayStep, Step};
pub use old::OldStep;
pub use properties::*;
pub use protocol::Protocol;
pub use report::{Finding, Report, explore, explore_old};
pub use sizes::Sizes;
pub use state::State;
pub use words::InWords;
