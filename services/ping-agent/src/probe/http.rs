//! HTTP and HTTPS probes: a fresh connection for each request, so that every phase happens and is measured.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::future::{Either, select};
use http::header::{CONTENT_ENCODING, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use targets::Target;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::budget::{Budget, MAX_HEAD_BYTES, Metered, OverBudget};
use super::cookies::Cookies;
use super::failure::{Chain, ProbeError, Reason};
use super::observed::{Observations, Observed};
use super::phases::{Phase, Phases};
use super::redirect::{MAX_REDIRECTS, follow, is_redirect};
use super::request::{Credentials, request};
use super::scope::RedirectPolicy;
use super::{Prober, Trace, body, connect};

/// Probes the target, following redirects. What was learned on the way is in `trace`, also when the future is dropped.
pub(crate) async fn probe(
    prober: &Prober,
    target: &Target,
    trace: &mut Trace,
) -> Result<(), ProbeError> {
    let credentials = Credentials::of(&target.url);
    let mut url = target.url.clone();
    let mut method = prober.method.clone();
    let mut cookies = Cookies::default();
    let budget = Budget::new(prober.body_max_bytes);
    let mut own = None;
    for _ in 0..=MAX_REDIRECTS {
        let request = request(method.clone(), &url, credentials.as_ref(), &cookies)
            .map_err(|error| ProbeError::failed(Reason::Protocol, error))?;
        let hop = Hop {
            prober,
            target,
            url: &url,
            budget: &budget,
            policy: own.map(|own| RedirectPolicy { target, own }),
        };
        let answer = hop.run(request, trace).await?;
        own.get_or_insert(answer.from);
        if !is_redirect(answer.status) {
            return evaluate(target, &answer);
        }
        for cookie in answer.headers.get_all(SET_COOKIE) {
            cookies.store(&url, cookie.as_bytes());
        }
        (url, method) = follow(&url, &method, answer.status, &answer.headers)?;
    }
    Err(ProbeError::failed(
        Reason::Redirect,
        format_args!("more than {MAX_REDIRECTS} redirects"),
    ))
}

fn evaluate(target: &Target, answer: &Answer) -> Result<(), ProbeError> {
    if !target.expect.accepts_status(answer.status.as_u16()) {
        return Err(ProbeError::failed(Reason::Status, answer.status));
    }
    if !answer.has_expected_text {
        let mut detail = "the expected text is not in the body".to_owned();
        if let Some(encoding) = answer.headers.get(CONTENT_ENCODING) {
            let encoding = encoding.as_bytes().escape_ascii();
            detail += &format!(", which has the Content-Encoding {encoding} and is not decoded");
        }
        return Err(ProbeError::failed(Reason::Body, detail));
    }
    Ok(())
}

/// The content of a response.
struct Answer {
    from: IpAddr,
    status: StatusCode,
    headers: HeaderMap,
    has_expected_text: bool,
}

/// One request of a probe, on a connection of its own.
struct Hop<'a> {
    prober: &'a Prober,
    target: &'a Target,
    url: &'a Url,
    budget: &'a Arc<Budget>,
    /// The redirect that led here.
    policy: Option<RedirectPolicy<'a>>,
}

impl Hop<'_> {
    async fn run(
        &self,
        request: Request<Empty<Bytes>>,
        trace: &mut Trace,
    ) -> Result<Answer, ProbeError> {
        if let Some(policy) = &self.policy {
            policy.check_url(self.url)?;
        }
        let mut addresses = self.prober.resolver.resolve(self.url, trace).await?;
        if let Some(policy) = &self.policy {
            addresses = policy.allowed(self.url, addresses)?;
        }
        let started = Instant::now();
        let (tcp, address) = connect::connect(&addresses).await?;
        let (tcp, from) = (Metered::new(tcp, self.budget), address.ip());
        trace.phases.add(Phase::Connect, started.elapsed());
        if self.url.scheme() == "http" {
            return self.exchange(tcp, from, request, trace).await;
        }
        let started = Instant::now();
        // Boxed, because it is large and plain HTTP probes would carry it along.
        let (not_after, tls) = Box::pin(self.prober.tls.connect(self.url, tcp)).await;
        if self.policy.is_none() {
            trace.not_after = not_after;
        }
        let tls = tls?;
        trace.phases.add(Phase::Tls, started.elapsed());
        Box::pin(self.exchange(tls, from, request, trace)).await
    }

    /// Sends the request and reads the response, the body up to the limit. A redirect's body is of no interest.
    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        from: IpAddr,
        request: Request<Empty<Bytes>>,
        trace: &mut Trace,
    ) -> Result<Answer, ProbeError> {
        let (stream, observations) = Observed::new(stream);
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(protocol_error)?;
        let answer = async {
            let timer = FirstByteTimer {
                sent: Instant::now(),
                observations: Arc::clone(&observations),
                phases: &mut trace.phases,
            };
            let response = sender.send_request(request).await.map_err(protocol_error)?;
            drop(timer);
            trace.malformed = trace.malformed.or(observations.malformed.get().copied());
            let first_byte = *observations.first_byte.get_or_init(Instant::now);
            let (head, body) = response.into_parts();
            let has_expected_text = is_redirect(head.status)
                || body::read(
                    body,
                    self.prober.body_max_bytes,
                    self.target.expect.body_contains.as_deref(),
                )
                .await
                .map_err(protocol_error)?;
            trace.phases.add(Phase::Transfer, first_byte.elapsed());
            Ok(Answer {
                from,
                status: head.status,
                headers: head.headers,
                has_expected_text,
            })
        };
        // The connection moves the bytes; polled in the same task, it costs no second one. Its error, if it has one,
        // reaches the answer as well.
        match select(pin!(answer), pin!(connection)).await {
            Either::Left((answer, _)) => answer,
            Either::Right((_, answer)) => answer.await,
        }
    }
}

/// The wait for a response. Its phase ends with the first byte, whether or not the rest of the head comes too: noted on
/// drop, because a timeout drops the probe where it stands.
struct FirstByteTimer<'a> {
    sent: Instant,
    observations: Arc<Observations>,
    phases: &'a mut Phases,
}

impl Drop for FirstByteTimer<'_> {
    fn drop(&mut self) {
        if let Some(at) = self.observations.first_byte.get() {
            self.phases
                .add(Phase::FirstByte, at.duration_since(self.sent));
        }
    }
}

fn protocol_error(error: hyper::Error) -> ProbeError {
    match OverBudget::find_in(&error) {
        Some(exceeded) => ProbeError::failed(Reason::Protocol, exceeded),
        None => ProbeError::failed(Reason::Protocol, Chain(&error)),
    }
}
