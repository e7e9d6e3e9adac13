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

/// A connection on which an answer comes in pieces of these sizes, over and over, and then ends.
struct Pieces {
    answer: Vec<u8>,
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
        let end = (self.read + size).min(self.answer.len());
        buf.put_slice(&self.answer[self.read..end]);
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

/// Status and body as hyper reads them, or its error.
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
    let answer = async {
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
    tokio::join!(answer, async { drop(connection.await) }).0
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn pieces(answer: &[u8], sizes: &[usize]) -> Pieces {
    Pieces {
        answer: answer.to_vec(),
        read: 0,
        sizes: sizes.to_vec(),
        turn: 0,
    }
}

/// The same through [`Observed`], with what was malformed.
fn observed(answer: &[u8], sizes: &[usize]) -> (Outcome, Option<Malformed>) {
    let (stream, observations) = Observed::new(pieces(answer, sizes));
    let result = blocking(read(stream));
    (result, observations.malformed.get().copied())
}

/// Answers that are nearly HTTP: every part is right more often than not.
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

fn answers() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => nearly_http(),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => prop::collection::vec(any::<u8>(), 0..60)
            .prop_map(|bytes| [b"HTTP/1.1 200 OK\r\n", &bytes[..], b"\r\n\r\n"].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// A head is the same however the network cuts it, and no bytes of a server end a probe in a panic.
    #[test]
    fn an_answer_is_read_the_same_however_it_is_cut(
        answer in answers(), sizes in prop::collection::vec(1_usize..30, 1..5),
    ) {
        let at_once = observed(&answer, &[8192]);
        let (result, malformed) = observed(&answer, &sizes);
        prop_assert_eq!(result.is_ok(), at_once.0.is_ok());
        prop_assert_eq!(result.ok(), at_once.0.ok());
        prop_assert_eq!(malformed, at_once.1);
    }

    /// What hyper reads by itself is read like that, and nothing is said to be wrong with it.
    #[test]
    fn an_answer_that_hyper_reads_is_not_changed(answer in answers()) {
        if let Ok(expected) = blocking(read(pieces(&answer, &[8192]))) {
            let (result, malformed) = observed(&answer, &[8192]);
            // A list of lengths that are equal is hyper's only tolerance that is no good form.
            prop_assume!(malformed.is_none_or(|malformed| malformed.fault != malformed::Fault::Length));
            prop_assert_eq!(result, Ok(expected));
            prop_assert_eq!(malformed, None);
        }
    }

    /// A head that is rewritten is one that hyper reads, but for lengths that can't be believed.
    #[test]
    fn a_repaired_head_is_proper(answer in answers()) {
        let HeadEnd::Found(end) = end_of_head(&answer, 0) else { return Ok(()) };
        let head = &answer[..end];
        let line_end = memchr(b'\n', head).unwrap();
        let Some(status_line) = StatusLine::parse(&head[..line_end]) else { return Ok(()) };
        if let Some((proper, _)) = repair(&status_line, head) {
            let text = String::from_utf8_lossy(&proper).into_owned();
            let lengths: Vec<_> = text.lines().filter(|line| line.starts_with("content-length")).collect();
            let is_believed = lengths.len() < 2 && !text.contains("content-length: invalid");
            prop_assert!(!is_believed || is_interim(status_line.code) || is_proper(&proper), "{text:?}");
        }
    }
}

#[test]
fn a_server_that_sends_a_byte_at_a_time_costs_no_more_than_its_bytes() {
    let answer = [
        b"HTTP/1.1 200 OK\r\n",
        "x: y\r\n".repeat(20_000).as_bytes(),
        b"\r\n",
    ]
    .concat();
    let mut buffer = HeadBuffer::default();
    for byte in &answer {
        buffer.add(&[*byte]);
        let before = buffer.searched;
        assert!(
            before + 3 >= buffer.held.len(),
            "all but the last bytes were looked at once"
        );
        if buffer.advance().unwrap() == Progress::Complete(None) {
            break;
        }
    }
    assert!(buffer.drain().unwrap().ends_with(b"\r\n\r\n"));
}
