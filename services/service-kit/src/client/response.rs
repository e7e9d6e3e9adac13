//! Reads responses of other services up to a size: parses the text while it arrives, and never holds all of it.

use std::io::{self, BufReader, Read};

use bytes::{Buf, Bytes};
use reqwest::Response;
use tokio::sync::mpsc::{Receiver, channel};

pub use ::http_client::at_most;

/// The number of chunks of a response that wait for the parser. With more, the transfer pauses.
const CHUNKS_AHEAD: usize = 2;

/// Large enough for most lines, so that a parser gets a line in one read.
const BUFFER_BYTES: usize = 64 << 10;

/// The text of a response, for a parser. It also ends where an interrupted response ends; [`read_response`] then drops the
/// parser's result.
pub type ResponseText = BufReader<ResponseChunks>;

/// The reason why a response could not be read completely.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    /// The connection failed, or the timeout expired.
    #[error(transparent)]
    Interrupted(#[from] reqwest::Error),
    /// The response has more bytes than the limit.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// The runtime is shutting down.
    #[error("the request was cancelled")]
    Cancelled,
}

/// Parses a response of at most `max` bytes with `parse`, on a thread for blocking work. A parser that stops early ends the
/// transfer.
///
/// # Errors
/// The response is larger, or is interrupted.
pub async fn read_response<T: Send + 'static>(
    mut response: Response,
    max: usize,
    parse: impl FnOnce(ResponseText) -> T + Send + 'static,
) -> Result<T, ResponseError> {
    let (sender, chunks) = channel(CHUNKS_AHEAD);
    let chunks = ResponseChunks {
        chunks,
        current: Bytes::new(),
    };
    let parsing =
        tokio::task::spawn_blocking(move || parse(BufReader::with_capacity(BUFFER_BYTES, chunks)));
    let mut size = 0;
    while let Some(chunk) = response.chunk().await? {
        size += chunk.len();
        if size > max {
            return Err(ResponseError::TooLarge(max));
        }
        if sender.send(chunk).await.is_err() {
            break;
        }
    }
    drop(sender);
    parsing.await.map_err(|_| ResponseError::Cancelled)
}

/// Receives the chunks of a response.
#[derive(Debug)]
pub struct ResponseChunks {
    chunks: Receiver<Bytes>,
    current: Bytes,
}

impl Read for ResponseChunks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let length = self.current.len().min(into.len());
        self.current.copy_to_slice(into.split_at_mut(length).0);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufRead;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Body;
    use futures::{Stream, StreamExt, stream};
    use tokio::net::TcpListener;

    use super::*;

    /// Returns the response of a server that sends these chunks.
    async fn response<S>(chunks: S) -> Response
    where
        S: Stream<Item = io::Result<&'static str>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let body = Arc::new(Mutex::new(Some(Body::from_stream(chunks))));
        let router = Router::new().fallback(|| async move { body.lock().unwrap().take().unwrap() });
        tokio::spawn(async { axum::serve(listener, router).await });
        let url = format!("http://{address}").parse().unwrap();
        let client = crate::http_client([&url], std::time::Duration::from_secs(10)).unwrap();
        client.get(url).send().await.unwrap()
    }

    fn text(mut response: ResponseText) -> String {
        let mut text = String::new();
        response.read_to_string(&mut text).unwrap();
        text
    }

    #[tokio::test]
    async fn a_response_is_parsed_across_chunk_boundaries() {
        let chunks = stream::iter(["a", "bc\nd", "e"].map(Ok));
        let read = read_response(response(chunks).await, 8, text).await;
        assert_eq!(read.unwrap(), "abc\nde");
    }

    #[tokio::test]
    async fn a_response_that_is_too_large_or_interrupted_is_an_error() {
        let large = stream::iter(["abcd", "efgh", "i"].map(Ok));
        let large = read_response(response(large).await, 8, text).await;
        assert!(matches!(large, Err(ResponseError::TooLarge(8))));
        let (interrupt, interrupted) = tokio::sync::oneshot::channel::<()>();
        let reset = async {
            let _ = interrupted.await;
            Err(io::Error::other("reset"))
        };
        let broken = stream::iter([Ok("abc")]).chain(stream::once(reset));
        let broken = response(broken).await;
        interrupt.send(()).unwrap();
        let broken = read_response(broken, 8, text).await;
        assert!(matches!(broken, Err(ResponseError::Interrupted(_))));
    }

    #[tokio::test]
    async fn a_parser_that_stops_early_ends_the_transfer() {
        let endless = response(stream::repeat_with(|| Ok("line\n"))).await;
        let first = |mut response: ResponseText| {
            let mut line = String::new();
            response.read_line(&mut line).unwrap();
            line
        };
        let read = read_response(endless, usize::MAX, first).await;
        assert_eq!(read.unwrap(), "line\n");
    }
}
