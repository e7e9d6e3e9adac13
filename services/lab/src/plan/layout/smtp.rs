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
    /// `SMTP_AUTH_PASSWORD_FILE`, absolute. The password itself is read by Alertmanager alone.
    pub password_file: String,
    /// `SMTP_REQUIRE_TLS`, true unless set.
    pub require_tls: bool,
}

impl Smtp {
    /// Reads the settings with `lookup`; `None` when none of them is set. An empty variable counts as not set.
    ///
    /// # Errors
    /// Only some of them are set, or a value is invalid: wrong use.
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
                "mail needs {} as well: {} are set together or not at all",
                missing.join(", "),
                REQUIRED.join(", ")
            )));
        };
        if !is_host_and_port(&smarthost) {
            return Err(Error::Usage(format!(
                "SMTP_SMARTHOST is {smarthost:?}; it has to be host:port, such as \"mail.example.org:587\""
            )));
        }
        let require_tls = match lookup(REQUIRE_TLS).as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(other) => {
                return Err(Error::Usage(format!(
                    "{REQUIRE_TLS} is {other:?}; it has to be true or false"
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
    let wrong =
        |reason: String| Error::Usage(format!("SMTP_AUTH_PASSWORD_FILE is {path:?}: {reason}"));
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(wrong(
            "it has to be a file that holds the password".to_owned(),
        ));
    }
    let absolute = std::path::absolute(path).map_err(|error| wrong(error.to_string()))?;
    absolute
        .into_os_string()
        .into_string()
        .map_err(|_| wrong("the path has to be UTF-8".to_owned()))
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
    fn nothing_set_is_no_mail() {
        assert_eq!(Smtp::from_environment(|_| None).unwrap(), None);
        assert_eq!(
            Smtp::from_environment(|_| Some(String::new())).unwrap(),
            None
        );
    }

    #[test]
    fn tls_is_required_unless_said_otherwise() {
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
    fn wrong_settings_name_the_variable_and_what_is_allowed() {
        for (changes, expected) in [
            ([("SMTP_TO", "")], "mail needs SMTP_TO as well"),
            (
                [("SMTP_SMARTHOST", "mail.example.org")],
                "has to be host:port",
            ),
            (
                [("SMTP_REQUIRE_TLS", "yes")],
                "\"yes\"; it has to be true or false",
            ),
            (
                [("SMTP_AUTH_PASSWORD_FILE", "/does/not/exist")],
                "\"/does/not/exist\"",
            ),
            ([("SMTP_AUTH_PASSWORD_FILE", "/")], "has to be a file"),
        ] {
            let error = settings(&changes).unwrap_err();
            assert!(
                matches!(&error, Error::Usage(message) if message.contains(expected)),
                "{error}"
            );
        }
    }
}
