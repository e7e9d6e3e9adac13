//! Reads the answers of other parts within bounds: the text is parsed while it arrives and never held as a whole.

use std::io::{self, BufReader, Read};

use bytes::{Buf, Bytes};
use reqwest::Response;
use tokio::sync::mpsc::{Receiver, channel};

pub use ::http_client::at_most;

/// How many pieces of an answer wait for the parser. Past that the sender waits.
const PIECES_AHEAD: usize = 2;

/// Large enough for a parser to read most lines in one piece.
const BUFFER_BYTES: usize = 64 << 10;

/// The text of an answer as a parser reads it. Its end is also the end of an answer that broke off: then what the parser made
/// of it is thrown away.
pub type AnswerText = BufReader<Pieces>;

/// Why an answer could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The connection broke off, or the deadline was over.
    #[error(transparent)]
    BrokenOff(#[from] reqwest::Error),
    /// More bytes than are read.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// The runtime is shutting down.
    #[error("the request was given up")]
    GivenUp,
}

/// Parses an answer of at most `most` bytes with `parse`, on a thread that no request waits for. A parser that stops early
/// ends the transfer.
///
/// # Errors
/// The answer is larger, or breaks off.
pub async fn read_answer<T: Send + 'static>(
    mut response: Response,
    most: usize,
    parse: impl FnOnce(AnswerText) -> T + Send + 'static,
) -> Result<T, AnswerError> {
    let (sender, pieces) = channel(PIECES_AHEAD);
    let pieces = Pieces {
        pieces,
        piece: Bytes::new(),
    };
    let parsing =
        tokio::task::spawn_blocking(move || parse(BufReader::with_capacity(BUFFER_BYTES, pieces)));
    let mut size = 0;
    while let Some(piece) = response.chunk().await? {
        size += piece.len();
        if size > most {
            return Err(AnswerError::TooLarge(most));
        }
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    parsing.await.map_err(|_| AnswerError::GivenUp)
}

/// Waits for the pieces of an answer.
#[derive(Debug)]
pub struct Pieces {
    pieces: Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = self.piece.len().min(into.len());
        self.piece.copy_to_slice(into.split_at_mut(length).0);
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

    /// The answer of a server that sends these pieces.
    async fn response<S>(pieces: S) -> Response
    where
        S: Stream<Item = io::Result<&'static str>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let body = Arc::new(Mutex::new(Some(Body::from_stream(pieces))));
        let router = Router::new().fallback(|| async move { body.lock().unwrap().take().unwrap() });
        tokio::spawn(async { axum::serve(listener, router).await });
        let url = format!("http://{address}").parse().unwrap();
        let client = crate::http_client([&url], std::time::Duration::from_secs(10)).unwrap();
        client.get(url).send().await.unwrap()
    }

    fn text(mut answer: AnswerText) -> String {
        let mut text = String::new();
        answer.read_to_string(&mut text).unwrap();
        text
    }

    #[tokio::test]
    async fn an_answer_is_parsed_however_it_is_cut() {
        let pieces = stream::iter(["a", "bc\nd", "e"].map(Ok));
        let read = read_answer(response(pieces).await, 8, text).await;
        assert_eq!(read.unwrap(), "abc\nde");
    }

    #[tokio::test]
    async fn an_answer_that_is_too_large_or_breaks_off_is_an_error_whatever_was_parsed() {
        let large = stream::iter(["abcd", "efgh", "i"].map(Ok));
        let large = read_answer(response(large).await, 8, text).await;
        assert!(matches!(large, Err(AnswerError::TooLarge(8))));
        let (break_off, told) = tokio::sync::oneshot::channel::<()>();
        let breaks_off = async {
            let _ = told.await;
            Err(io::Error::other("reset"))
        };
        let broken = stream::iter([Ok("abc")]).chain(stream::once(breaks_off));
        let broken = response(broken).await;
        break_off.send(()).unwrap();
        let broken = read_answer(broken, 8, text).await;
        assert!(matches!(broken, Err(AnswerError::BrokenOff(_))));
    }

    #[tokio::test]
    async fn a_parser_that_has_seen_enough_ends_the_transfer() {
        let endless = response(stream::repeat_with(|| Ok("line\n"))).await;
        let first = |mut answer: AnswerText| {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            line
        };
        let read = read_answer(endless, usize::MAX, first).await;
        assert_eq!(read.unwrap(), "line\n");
    }
}
