//! Certificates on request, issued by a CA that lives as long as the process.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

/// Default validity from now on. A certificate starts to be valid this long before its end, or before now if that is earlier.
const VALIDITY: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The names in the default certificate: those of the service and of this machine.
const OWN_NAMES: [&str; 4] = ["localhost", "demo-target", "127.0.0.1", "::1"];

/// The issuer of a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuedBy {
    /// The CA whose certificate is at `/tls/ca.pem`.
    #[default]
    DemoCa,
    /// A CA whose certificate is not available anywhere.
    UnknownCa,
    /// The certificate itself.
    #[serde(rename = "self")]
    SelfSigned,
}

/// A requested certificate, as JSON. The default is the certificate at the start: valid for 90 days, for `localhost`,
/// `demo-target`, `127.0.0.1` and `::1`, issued by the demo CA.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRequest {
    /// Expiry as RFC 3339, from 1971 on.
    not_after: Option<Timestamp>,
    /// Expiry in seconds from now, negative for an expired certificate.
    expires_in_seconds: Option<i64>,
    /// The only DNS name (which may start with `*.`) or IP address in the certificate.
    name: Option<String>,
    /// `demo-ca`, `unknown-ca` or `self`.
    #[serde(default)]
    issuer: IssuedBy,
}

/// The content of a served certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateInfo {
    /// DNS names and IP addresses.
    pub names: Vec<String>,
    /// The issuer.
    pub issuer: IssuedBy,
    /// Start of validity: 90 days before the end, or before now if that is earlier.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// A [`CertificateRequest`] is invalid.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The request sets two expiries.
    #[error("both not_after and expires_in_seconds are set; allowed: one of them")]
    TwoExpiries,
    /// A certificate cannot contain this expiry.
    #[error("the certificate would expire at {0}; allowed: 1971-01-01T00:00:00Z to {max}", max = Timestamp::MAX)]
    Expiry(String),
    /// The name is neither a DNS name nor an IP address.
    #[error("name is {0:?}; allowed: a DNS name or an IP address")]
    Name(String),
}

impl CertificateRequest {
    /// Fills in the defaults of a request that is made at the time `now`.
    ///
    /// # Errors
    /// The request sets two expiries, or a value that X.509 does not allow.
    pub fn resolve(self, now: Timestamp) -> Result<CertificateInfo, RequestError> {
        let not_after = match (self.not_after, self.expires_in_seconds) {
            (Some(_), Some(_)) => return Err(RequestError::TwoExpiries),
            (Some(not_after), None) => Ok(not_after),
            (None, Some(seconds)) => after(now, SignedDuration::from_secs(seconds))
                .map_err(|_| RequestError::Expiry(format!("{now} and {seconds} s"))),
            (None, None) => after(now, VALIDITY).map_err(|_| RequestError::Expiry(now.to_string())),
        }?;
        // A certificate contains whole seconds.
        let not_after = whole_seconds(not_after)
            .filter(|not_after| {
                not_after.as_second() >= SignedDuration::from_hours(365 * 24).as_secs()
            })
            .ok_or_else(|| RequestError::Expiry(not_after.to_string()))?;
        let not_before = after(not_after.min(now), -VALIDITY)
            .ok()
            .and_then(whole_seconds)
            .ok_or_else(|| RequestError::Expiry(not_after.to_string()))?;
        Ok(CertificateInfo {
            names: match self.name {
                Some(name) => vec![valid_name(name)?],
                None => OWN_NAMES.map(str::to_owned).into(),
            },
            issuer: self.issuer,
            not_before,
            not_after,
        })
    }
}

fn after(time: Timestamp, duration: SignedDuration) -> Result<Timestamp, jiff::Error> {
    time.checked_add(duration)
}

fn whole_seconds(time: Timestamp) -> Option<Timestamp> {
    Timestamp::from_second(time.as_second()).ok()
}

fn valid_name(name: String) -> Result<String, RequestError> {
    let host = name.strip_prefix("*.").unwrap_or(&name);
    if ServerName::try_from(host).is_ok() {
        Ok(name)
    } else {
        Err(RequestError::Name(name))
    }
}

/// A certificate could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// rcgen rejected it.
    #[error("the certificate cannot be created: {0}")]
    Create(#[from] rcgen::Error),
    /// rustls rejected it.
    #[error("the certificate cannot be served: {0}")]
    Serve(#[from] rustls::Error),
}

/// The CAs of this process.
#[derive(Debug)]
pub(crate) struct Authorities {
    demo: CertifiedIssuer<'static, KeyPair>,
    unknown: CertifiedIssuer<'static, KeyPair>,
}

impl Authorities {
    pub(crate) fn new() -> Result<Self, IssueError> {
        Ok(Self {
            demo: authority("UptimePulse demo CA")?,
            unknown: authority("UptimePulse unknown CA")?,
        })
    }

    /// Returns the demo CA's certificate.
    pub(crate) fn demo_pem(&self) -> String {
        self.demo.pem()
    }

    /// Issues the certificate with a new key.
    pub(crate) fn issue(&self, wanted: &CertificateInfo) -> Result<Arc<CertifiedKey>, IssueError> {
        let mut params = CertificateParams::new(wanted.names.clone())?;
        if let Some(name) = wanted.names.first() {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let epoch = date_time_ymd(1970, 1, 1);
        params.not_before = epoch + since_epoch(wanted.not_before);
        params.not_after = epoch + since_epoch(wanted.not_after);
        let key = KeyPair::generate()?;
        let certificate = match wanted.issuer {
            IssuedBy::DemoCa => params.signed_by(&key, &self.demo)?,
            IssuedBy::UnknownCa => params.signed_by(&key, &self.unknown)?,
            IssuedBy::SelfSigned => params.self_signed(&key)?,
        };
        let certified = CertifiedKey::from_der(
            vec![certificate.into()],
            PrivateKeyDer::from(key),
            &ring::default_provider(),
        )?;
        Ok(Arc::new(certified))
    }
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, IssueError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// Returns the time since 1970. [`CertificateRequest::resolve`] returns no earlier time.
fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(json: &str) -> Result<CertificateInfo, RequestError> {
        let request: CertificateRequest = serde_json::from_str(json).unwrap();
        request.resolve("2026-11-02T12:00:00.5Z".parse().unwrap())
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn missing_fields_have_the_defaults_of_the_first_certificate() {
        let served = resolve("{}").unwrap();
        assert_eq!(served.names, OWN_NAMES);
        assert_eq!(served.issuer, IssuedBy::DemoCa);
        assert_eq!(served.not_after, time("2027-01-31T12:00:00Z"));
    }

    #[test]
    fn an_expired_certificate_was_valid_for_90_days() {
        let served = resolve(r#"{"expires_in_seconds":-60}"#).unwrap();
        assert_eq!(served.not_after, time("2026-11-02T11:59:00Z"));
        assert_eq!(served.not_before, time("2026-08-04T11:59:00Z"));
    }

    #[test]
    fn a_certificate_with_a_far_expiry_is_valid_already() {
        let served = resolve(r#"{"not_after":"2040-01-01T00:00:00Z"}"#).unwrap();
        assert!(served.not_before < time("2026-11-02T12:00:00Z"));
    }

    #[test]
    fn impossible_requests_are_rejected() {
        for (json, why) in [
            (
                r#"{"not_after":"2027-01-01T00:00:00Z","expires_in_seconds":1}"#,
                "one of them",
            ),
            (r#"{"not_after":"1970-01-01T00:00:00Z"}"#, "1971"),
            (r#"{"expires_in_seconds":-9223372036854775808}"#, "1971"),
            (r#"{"expires_in_seconds":9223372036854775807}"#, "1971"),
            (r#"{"name":"not a name"}"#, "DNS name"),
            (r#"{"name":""}"#, "DNS name"),
        ] {
            let message = resolve(json).unwrap_err().to_string();
            assert!(message.contains(why), "{json}: {message}");
        }
    }

    #[test]
    fn every_valid_request_can_be_issued() {
        let authorities = Authorities::new().unwrap();
        for json in [
            r#"{"not_after":"1971-01-01T00:00:00Z"}"#,
            r#"{"not_after":"9999-12-30T22:00:00Z"}"#,
            r#"{"name":"*.example.org","issuer":"self"}"#,
            r#"{"name":"2001:db8::1","issuer":"unknown-ca"}"#,
        ] {
            authorities.issue(&resolve(json).unwrap()).unwrap();
        }
    }
}
