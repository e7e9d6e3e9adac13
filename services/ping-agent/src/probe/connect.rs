//! Connects to the first address that accepts a TCP connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::failure::{ProbeError, Reason};

/// The time after which the next address is tried in parallel (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// The maximum number of parallel attempts: a name may have any number of dead addresses, and each attempt is an open file.
const MAX_CONCURRENT: u32 = 4;

/// Tries the addresses in their order. The next attempt starts when one fails, or in parallel after [`STAGGER`]. Returns the
/// connection and its address, or the error of the first failed attempt.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
) -> Result<(TcpStream, SocketAddr), ProbeError> {
    // The last attempts are limited only by the timeout of the probe.
    let with_timeout = addresses.len().saturating_sub(MAX_CONCURRENT as usize);
    let mut untried = addresses
        .iter()
        .enumerate()
        .map(|(index, &address)| (address, index < with_timeout));
    let mut attempts: FuturesUnordered<_> = untried.next().map(attempt).into_iter().collect();
    let mut first_error = None;
    loop {
        tokio::select! {
            biased;
            ended = attempts.next() => match ended {
                Some(Ok(connected)) => return Ok(connected),
                Some(Err(error)) => {
                    first_error.get_or_insert(error);
                    attempts.extend(untried.next().map(attempt));
                }
                None => break,
            },
            () = sleep(STAGGER), if untried.len() > 0 => attempts.extend(untried.next().map(attempt)),
        }
    }
    Err(first_error.unwrap_or_else(|| ProbeError::failed(Reason::Connect, "no address")))
}

/// Connects. An attempt with a timeout ends when the fourth attempt after it starts.
async fn attempt(
    (address, has_timeout): (SocketAddr, bool),
) -> Result<(TcpStream, SocketAddr), ProbeError> {
    let connecting = TcpStream::connect(address);
    let connected = if has_timeout {
        timeout(STAGGER * MAX_CONCURRENT, connecting)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    } else {
        connecting.await
    };
    connected
        .map(|stream| (stream, address))
        .map_err(|error| ProbeError::io(Reason::Connect, address, &error))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Returns an address without a listener.
    async fn refused() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
    }

    #[tokio::test]
    async fn the_next_address_is_tried_if_one_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let (stream, address) = connect(&[refused().await, open]).await.unwrap();
        assert_eq!(address, open);
        assert_eq!(stream.peer_addr().unwrap(), open);
    }

    #[tokio::test]
    async fn the_error_is_that_of_the_first_address() {
        let [first, second] = [refused().await, refused().await];
        let error = connect(&[first, second]).await.unwrap_err();
        let ProbeError::Failed { reason, detail } = error else {
            panic!("{error:?}")
        };
        assert_eq!(reason, Reason::Connect);
        assert!(detail.starts_with(&first.to_string()), "{detail}");
    }

    /// Returns a listener that, like an address without a route, answers no SYN: open connections fill its queue.
    async fn hanging() -> (SocketAddr, impl Sized) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let full = socket.listen(1).unwrap();
        let hanging = full.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(Ok(stream)) =
            tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(hanging)).await
        {
            queued.push(stream);
        }
        (hanging, (full, queued))
    }

    #[tokio::test]
    async fn an_address_that_hangs_does_not_block_the_next() {
        let (hanging, _open) = hanging().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let (_, address) = connect(&[hanging, open]).await.unwrap();
        assert_eq!(address, open);
    }

    #[tokio::test]
    async fn many_dead_addresses_use_few_files_and_the_last_address_is_reached() {
        let (hanging, _open) = hanging().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let mut addresses = vec![hanging; 8];
        addresses.push(open);
        // Sockets that have sent a SYN (02) to the port without an answer.
        let syn_sent = format!(":{:04X} 02", hanging.port());
        let attempts = || {
            let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
            sockets.matches(&syn_sent).count()
        };
        let mut most = 0;
        let mut connecting = std::pin::pin!(connect(&addresses));
        let (_, address) = loop {
            tokio::select! {
                connected = connecting.as_mut() => break connected.unwrap(),
                () = sleep(STAGGER / 5) => most = most.max(attempts()),
            }
        };
        assert_eq!(address, open);
        assert!(
            (1..=1 + MAX_CONCURRENT as usize).contains(&most),
            "{most} at a time"
        );
    }
}
