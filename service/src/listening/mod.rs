//! Sockets: accepting connections within bounds, the addresses that a process binds, and what it answers on each of its own accord.

pub(crate) mod front_listeners;
pub mod listener;
pub mod ops;
pub mod security;
