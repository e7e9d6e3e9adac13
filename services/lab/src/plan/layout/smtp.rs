//! The settings of the mail server for alerts.

use std::fs::File;

use crate::cli::Error;

/// The variables that must be set together.
const REQUIRED: [&str; 5] = [
    "SMTP_SMARTHOST",
    "SMTP_FROM",
    "SMTP_TO",
    "SMTP_AUTH_USERNAME",
    "SMTP_AUTH_PASSWORD_FILE",
];
const REQUIRE_TLS: &str = "SMTP_REQUIRE_TLS";

/// A mail server, sender and recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// `SMTP_SMARTHOST`: `host:port`.
    pub smarthost: String,
    /// `SMTP_FROM`.
    pub from: String,
    /// `SMTP_TO`.
    pub to: String,
    /// `SMTP_AUTH_USERNAME`.
    pub username: String,
    /// `SMTP_AUTH_PASSWORD_FILE`, absolute. Only Alertmanager reads the password in it.
    pub password_file: String,
    /// `SMTP_REQUIRE_TLS`, true unless set.
    pub require_tls: bool,
}

impl Smtp {
    /// Reads the settings with `lookup`; `None` if none of them is set. An empty variable counts as unset.
    ///
    /// # Errors
    /// Only some of them are set, or a value is invalid.
    pub fn from_environment(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Error> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let missing: Vec<&str> = REQUIRED
            .into_iter()
            .filter(|name| lookup(name).is_none())
            .collect();
        if missing.len() == REQUIRED.len() && lookup(REQUIRE_TLS).is_none() {
            return Ok(None);
        }
        let [
            Some(smarthost),
            Some(from),
            Some(to),
            Some(username),
            Some(password_file),
        ] = REQUIRED.map(lookup)
        else {
            return Err(Error::Usage(format!(
                "alerts by mail also need {}: set all of {}, or none",
                missing.join(", "),
                REQUIRED.join(", ")
            )));
        };
        if !is_host_and_port(&smarthost) {
            return Err(Error::Usage(format!(
                "SMTP_SMARTHOST is {smarthost:?}; it must be host:port, such as \"mail.example.org:587\""
            )));
        }
        let require_tls = match lookup(REQUIRE_TLS).as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(other) => {
                return Err(Error::Usage(format!(
                    "{REQUIRE_TLS} is {other:?}; it must be true or false"
                )));
            }
        };
        Ok(Some(Self {
            smarthost,
            from,
            to,
            username,
            password_file: readable(&password_file)?,
            require_tls,
        }))
    }
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// Returns the absolute path of a file that can be read.
fn readable(path: &str) -> Result<String, Error> {
    let invalid =
        |reason: String| Error::Usage(format!("SMTP_AUTH_PASSWORD_FILE is {path:?}: {reason}"));
    let file = File::open(path).map_err(|error| invalid(error.to_string()))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(invalid(
            "it must be a file that contains the password".to_owned(),
        ));
    }
    let absolute = std::path::absolute(path).map_err(|error| invalid(error.to_string()))?;
    absolute
        .into_os_string()
        .into_string()
        .map_err(|_| invalid("the path must be UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn settings(changes: &[(&str, &str)]) -> Result<Option<Smtp>, Error> {
        let mut variables = HashMap::from([
            ("SMTP_SMARTHOST", "mail.example.org:587"),
            ("SMTP_FROM", "lab@example.org"),
            ("SMTP_TO", "you@example.org"),
            ("SMTP_AUTH_USERNAME", "lab"),
            ("SMTP_AUTH_PASSWORD_FILE", "Cargo.toml"),
        ]);
        variables.extend(changes.iter().copied());
        Smtp::from_environment(|name| variables.get(name).map(|&value| value.to_owned()))
    }

    #[test]
    fn unset_or_empty_variables_mean_no_mail() {
        assert_eq!(Smtp::from_environment(|_| None).unwrap(), None);
        assert_eq!(
            Smtp::from_environment(|_| Some(String::new())).unwrap(),
            None
        );
    }

    #[test]
    fn tls_is_required_by_default() {
        assert!(settings(&[]).unwrap().unwrap().require_tls);
        assert!(
            !settings(&[("SMTP_REQUIRE_TLS", "false")])
                .unwrap()
                .unwrap()
                .require_tls
        );
    }

    #[test]
    fn the_password_file_is_absolute_and_readable() {
        let smtp = settings(&[]).unwrap().unwrap();
        assert!(
            smtp.password_file.starts_with('/'),
            "{}",
            smtp.password_file
        );
    }

    #[test]
    fn an_invalid_setting_is_rejected_with_its_name_and_the_allowed_values() {
        for (changes, expected) in [
            ([("SMTP_TO", "")], "alerts by mail also need SMTP_TO:"),
            (
                [("SMTP_SMARTHOST", "mail.example.org")],
                "must be host:port",
            ),
            (
                [("SMTP_REQUIRE_TLS", "yes")],
                "\"yes\"; it must be true or false",
            ),
            (
                [("SMTP_AUTH_PASSWORD_FILE", "/does/not/exist")],
                "\"/does/not/exist\"",
            ),
            ([("SMTP_AUTH_PASSWORD_FILE", "/")], "must be a file"),
        ] {
            let error = settings(&changes).unwrap_err();
            assert!(
                matches!(&error, Error::Usage(message) if message.contains(expected)),
                "{error}"
            );
        }
    }
}
