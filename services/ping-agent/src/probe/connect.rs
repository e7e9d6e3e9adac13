//! A TCP connection to the first address that takes one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::failure::{ProbeError, Reason};

/// How long an address is waited for before the next one is tried beside it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Tries the addresses in their order: the next one as soon as one fails, or beside it when it takes long. The error is
/// that of the address which failed first.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, ProbeError> {
    let mut untried = addresses.iter().copied();
    let mut attempts: FuturesUnordered<_> = untried.next().map(attempt).into_iter().collect();
    let mut first_error = None;
    loop {
        tokio::select! {
            biased;
            ended = attempts.next() => match ended {
                Some(Ok(stream)) => return Ok(stream),
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

async fn attempt(address: SocketAddr) -> Result<TcpStream, ProbeError> {
    TcpStream::connect(address)
        .await
        .map_err(|error: io::Error| ProbeError::io(Reason::Connect, address, &error))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// An address on which nobody listens.
    async fn refused() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let stream = connect(&[refused().await, open]).await.unwrap();
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

    /// A listener whose queue is full answers no SYN, as an address without a route would.
    #[tokio::test]
    async fn an_address_that_hangs_does_not_hold_up_the_next() {
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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let stream = connect(&[hanging, open]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
    }
}
