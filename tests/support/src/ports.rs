//! Finds free ports on loopback.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// The ports that [`free_ports`] searches, below the ephemeral ports.
const FIRST: u16 = 20_000;
const COUNT: u16 = 9_000;

/// Returns a port that was free a moment ago.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// Returns the first of `count` consecutive ports that were free a moment ago. The search begins at a different port in each
/// process and after each call, so that concurrent tests get different ports.
///
/// # Panics
/// There are no such ports.
#[must_use]
pub fn free_ports(count: u16) -> u16 {
    static SEARCHED: AtomicU16 = AtomicU16::new(0);
    let rows = COUNT / count;
    let begin = u16::try_from(std::process::id() % u32::from(rows)).expect("below the rows");
    (0..rows)
        .map(|_| FIRST + (begin + SEARCHED.fetch_add(1, Ordering::Relaxed)) % rows * count)
        .find(|base| {
            (*base..base + count).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
        })
        .expect("free ports in a row")
}
