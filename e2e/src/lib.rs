//! The harness of the tests across processes: a real RabbitMQ, a real S3 store, the real binary, and GIFs made by code.
//!
//! Only tests use it. It must never skip: a program that is missing is an error that says what to install. Everything it
//! starts runs in a process group of its own, in a folder of its own, and is gone when its guard is dropped.

pub mod binary;
pub mod canvas;
pub mod cases;
pub mod cli;
pub mod client;
pub mod cluster;
pub mod deadline;
pub mod error;
pub mod group;
pub mod guarded;
pub mod ledger;
pub mod network;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod rabbitmq;
pub mod samples;
pub mod seaweedfs;
pub mod tap;

pub use error::HarnessError;
