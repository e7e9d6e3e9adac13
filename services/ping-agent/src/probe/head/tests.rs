use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;
use crate::probe::observed::Observed;

/// A connection that delivers a response in pieces of these sizes, in a cycle, and then ends.
struct Pieces {
    response: Vec<u8>,
    read: usize,
    sizes: Vec<usize>,
    turn: usize,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buf.remaining());
        let end = (self.read + size).min(self.response.len());
        buf.put_slice(&self.response[self.read..end]);
        self.read = end;
        self.turn += 1;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The status code and body that hyper reads, or its error.
type Outcome = Result<(u16, Vec<u8>), String>;

async fn read(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Outcome {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let request = http::Request::get("/")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let outcome = async {
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let body = response
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes().to_vec()))
    };
    tokio::join!(outcome, async { drop(connection.await) }).0
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn pieces(response: &[u8], sizes: &[usize]) -> Pieces {
    Pieces {
        response: response.to_vec(),
        read: 0,
        sizes: sizes.to_vec(),
        turn: 0,
    }
}

/// Reads the response through [`Observed`]. Returns the outcome and the fault.
fn observed(response: &[u8], sizes: &[usize]) -> (Outcome, Option<Malformed>) {
    let (stream, observations) = Observed::new(pieces(response, sizes));
    let result = blocking(read(stream));
    (result, observations.malformed.get().copied())
}

/// Generates responses that are nearly HTTP: every part is usually well-formed.
fn nearly_http() -> impl Strategy<Value = Vec<u8>> {
    let status_line = prop_oneof![
        6 => Just("HTTP/1.1 200 OK".to_owned()),
        1 => "(HTTP|http)/[0-3](\\.[01])? {0,2}[0-9]{2,4}[ A-Z]{0,4}",
        1 => "HTTP/1.1 (100|101|103|204|304) X",
    ];
    let header = prop_oneof![
        4 => "[a-zA-Z-]{1,8}: [ -~]{0,20}",
        2 => "(Content-Length|content-length) ?: ?[+0-9, a-z]{0,5}",
        2 => "transfer-encoding: ?(chunked|identity|gzip, chunked)?",
        1 => "(location|set-cookie|content-encoding): ?[ -~\\x01\u{e9}]{0,12}",
        1 => "[ \t][ -~]{0,10}",
        1 => "[ -~\\x00-\\x08\u{e9}]{0,12}",
    ];
    let line_end = prop_oneof![8 => Just("\r\n"), 2 => Just("\n"), 1 => Just("\r")];
    let head = (
        "(\r\n){0,1}",
        status_line,
        prop::collection::vec((header, line_end.clone()), 0..6),
        prop::collection::vec(line_end, 2),
    )
        .prop_map(|(start, status_line, headers, ends)| {
            let headers: String = headers.into_iter().map(|(line, end)| line + end).collect();
            format!("{start}{status_line}{}{headers}{}", ends[0], ends[1])
        });
    (
        prop::collection::vec(head, 1..3),
        "(2\r\nok\r\n0\r\n\r\n|[ -~]{0,12})",
    )
        .prop_map(|(heads, body)| (heads.concat() + &body).into_bytes())
}

fn responses() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => nearly_http(),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => prop::collection::vec(any::<u8>(), 0..60)
            .prop_map(|bytes| [b"HTTP/1.1 200 OK\r\n", &bytes[..], b"\r\n\r\n"].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Checks that the pieces of a response do not affect its result, and that no bytes cause a panic.
    #[test]
    fn the_pieces_of_a_response_do_not_affect_its_result(
        response in responses(), sizes in prop::collection::vec(1_usize..30, 1..5),
    ) {
        let at_once = observed(&response, &[8192]);
        let (result, malformed) = observed(&response, &sizes);
        prop_assert_eq!(result.is_ok(), at_once.0.is_ok());
        prop_assert_eq!(result.ok(), at_once.0.ok());
        prop_assert_eq!(malformed, at_once.1);
    }

    /// Checks that a response which hyper accepts is unchanged and has no fault.
    #[test]
    fn a_response_that_hyper_accepts_is_unchanged(response in responses()) {
        if let Ok(expected) = blocking(read(pieces(&response, &[8192]))) {
            let (result, malformed) = observed(&response, &[8192]);
            // The only malformed head that hyper accepts has a list of equal lengths.
            prop_assume!(malformed.is_none_or(|malformed| malformed.fault != malformed::Fault::Length));
            prop_assert_eq!(result, Ok(expected));
            prop_assert_eq!(malformed, None);
        }
    }

    /// Checks that hyper accepts a repaired head, unless its lengths are contradictory or invalid.
    #[test]
    fn hyper_accepts_a_repaired_head(response in responses()) {
        let HeadEnd::Found(end) = end_of_head(&response, 0) else { return Ok(()) };
        let head = &response[..end];
        let line_end = memchr(b'\n', head).unwrap();
        let Some(status_line) = StatusLine::parse(&head[..line_end]) else { return Ok(()) };
        if let Some((proper, _)) = repair(&status_line, head) {
            let text = String::from_utf8_lossy(&proper).into_owned();
            let lengths: Vec<_> = text.lines().filter(|line| line.starts_with("content-length")).collect();
            let has_valid_length = lengths.len() < 2 && !text.contains("content-length: invalid");
            prop_assert!(!has_valid_length || is_interim(status_line.code) || is_proper(&proper), "{text:?}");
        }
    }
}

#[test]
fn each_byte_is_searched_once_if_a_server_sends_single_bytes() {
    let response = [
        b"HTTP/1.1 200 OK\r\n",
        "x: y\r\n".repeat(20_000).as_bytes(),
        b"\r\n",
    ]
    .concat();
    let mut buffer = HeadBuffer::default();
    for byte in &response {
        buffer.add(&[*byte]);
        let before = buffer.searched;
        assert!(
            before + 3 >= buffer.held.len(),
            "all but the last three bytes were searched before"
        );
        if buffer.advance().unwrap() == Progress::Complete(None) {
            break;
        }
    }
    assert!(buffer.drain().unwrap().ends_with(b"\r\n\r\n"));
}
