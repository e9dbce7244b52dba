//! The harness of the tests across processes: a real RabbitMQ, a real S3 store, the real binary, and GIFs made by code.
//!
//! Only tests call it. It must never skip: a missing program is an error that says what to install. Everything that it starts runs in
//! a process group of its own, in a folder of its own, and is gone when its guard is dropped.
//!
//! | file | what it provides |
//! | --- | --- |
//! | [`binary`], [`group`], [`ports`] | our binary; child processes; free ports |
//! | [`rabbitmq`], [`seaweedfs`] | the servers |
//! | [`proxy`], [`interceptor`], [`network`] | connections that fail on demand |
//! | [`process`], [`keyed_server`], [`cluster`] | our processes: one, one with a key, a whole installation |
//! | [`client`], [`cli`] | users: a program over HTTP, a person at a terminal |
//! | [`cases`], [`ledger`] | jobs whose right answer is known; the account of all that was accepted |
//! | [`deadline`], [`error`] | a time limit for a test; what can go wrong in the harness |

pub mod binary;
pub mod cases;
pub mod cli;
pub mod client;
pub mod cluster;
pub mod deadline;
pub mod error;
pub mod group;
pub mod interceptor;
pub mod keyed_server;
pub mod ledger;
pub mod network;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod rabbitmq;
pub mod seaweedfs;

pub use error::HarnessError;
