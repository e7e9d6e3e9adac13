//! Helpers for tests that start a service or a lab: processes, free ports, scripted servers, HTTP, and waiting.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "only tests use this crate, and there a panic is the message"
)]

mod attached;
mod http;
mod lab;
mod ports;
mod process;
mod raw_server;
mod repository;
mod service;
mod wait;

pub use http::{client, get_as, get_json, get_text};
pub use lab::{Lab, LabBuilder};
pub use ports::{free_port, free_ports};
pub use process::{Process, print_tail};
pub use raw_server::{ScriptedServer, answering, request_head, response, server};
pub use repository::repository;
pub use service::{Service, command};
pub use wait::{eventually, until, within};
