//! HTTP and HTTPS probes. Each request uses a new connection, so that every phase is measured.

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

/// Probes the target and follows redirects. `trace` has the intermediate results, even if the future is dropped.
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
    let mut own_address = None;
    for _ in 0..=MAX_REDIRECTS {
        let request = request(method.clone(), &url, credentials.as_ref(), &cookies)
            .map_err(|error| ProbeError::failed(Reason::Protocol, error))?;
        let hop = Hop {
            prober,
            target,
            url: &url,
            budget: &budget,
            policy: own_address.map(|own| RedirectPolicy { target, own }),
        };
        let response = hop.run(request, trace).await?;
        own_address.get_or_insert(response.from);
        if !is_redirect(response.status) {
            return evaluate(target, &response);
        }
        for cookie in response.headers.get_all(SET_COOKIE) {
            cookies.store(&url, cookie.as_bytes());
        }
        (url, method) = follow(&url, &method, response.status, &response.headers)?;
    }
    Err(ProbeError::failed(
        Reason::Redirect,
        format_args!("more than {MAX_REDIRECTS} redirects"),
    ))
}

/// Compares a final response with the expectations of the target.
fn evaluate(target: &Target, response: &ProbeResponse) -> Result<(), ProbeError> {
    if !target.expect.accepts_status(response.status.as_u16()) {
        return Err(ProbeError::failed(Reason::Status, response.status));
    }
    if !response.has_expected_text {
        let mut detail = "the expected text is not in the body".to_owned();
        if let Some(encoding) = response.headers.get(CONTENT_ENCODING) {
            let encoding = encoding.as_bytes().escape_ascii();
            detail += &format!(", which has the Content-Encoding {encoding} and is not decoded");
        }
        return Err(ProbeError::failed(Reason::Body, detail));
    }
    Ok(())
}

/// A response, reduced to the parts that affect the result of a probe.
struct ProbeResponse {
    from: IpAddr,
    status: StatusCode,
    headers: HeaderMap,
    has_expected_text: bool,
}

/// One request of a probe, to the target or to the URL of a redirect, on its own connection.
struct Hop<'a> {
    prober: &'a Prober,
    target: &'a Target,
    url: &'a Url,
    budget: &'a Arc<Budget>,
    /// The policy for a redirect; `None` for the request to the target itself.
    policy: Option<RedirectPolicy<'a>>,
}

impl Hop<'_> {
    async fn run(
        &self,
        request: Request<Empty<Bytes>>,
        trace: &mut Trace,
    ) -> Result<ProbeResponse, ProbeError> {
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
        // The future is large; unboxed, plain HTTP probes would need its memory, too.
        let (not_after, tls) = Box::pin(self.prober.tls.connect(self.url, tcp)).await;
        if self.policy.is_none() {
            trace.not_after = not_after;
        }
        let tls = tls?;
        trace.phases.add(Phase::Tls, started.elapsed());
        Box::pin(self.exchange(tls, from, request, trace)).await
    }

    /// Sends the request and reads the response, with its body up to the limit. The body of a redirect is not read.
    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        from: IpAddr,
        request: Request<Empty<Bytes>>,
        trace: &mut Trace,
    ) -> Result<ProbeResponse, ProbeError> {
        let (stream, observations) = Observed::new(stream);
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(protocol_error)?;
        let response = async {
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
            Ok(ProbeResponse {
                from,
                status: head.status,
                headers: head.headers,
                has_expected_text,
            })
        };
        // The connection transfers the bytes. Polling it here saves a second task. Its error also ends `response`.
        match select(pin!(response), pin!(connection)).await {
            Either::Left((response, _)) => response,
            Either::Right((_, response)) => response.await,
        }
    }
}

/// Measures the time to the first byte. Adds it to the phases on drop, because a timeout drops the probe, possibly before
/// the head is complete.
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

/// Converts an error of hyper, which may be caused by an exceeded limit.
fn protocol_error(error: hyper::Error) -> ProbeError {
    match OverBudget::find_in(&error) {
        Some(exceeded) => ProbeError::failed(Reason::Protocol, exceeded),
        None => ProbeError::failed(Reason::Protocol, Chain(&error)),
    }
}
