//! Renders the files of `monitoring/` that contain the cluster's addresses or the mail server, and whose format has no
//! variables. All other files are used unchanged.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::smtp::Smtp;
use crate::part::Part;
use crate::part::ports::Ports;

/// The webhook of alert-logger in the cluster, which alertmanager.yml contains once.
const CLUSTER_WEBHOOK: &str = "http://alert-logger:8080/webhook";
const ROUTE_MARKER: &str = "# uptimepulse:email-route";
const RECEIVER_MARKER: &str = "# uptimepulse:email-receiver";

/// The fragments of alertmanager.yml for a mail receiver, and the mail server.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// `monitoring/alertmanager/email-route.yml`.
    pub route: &'a str,
    /// `monitoring/alertmanager/email-receiver.yml`, with placeholders.
    pub receiver: &'a str,
    /// The values of the placeholders.
    pub smtp: &'a Smtp,
}

/// Renders alertmanager.yml for this machine: replaces the webhook's address and, with `mail`, the marker lines by the
/// fragments.
///
/// # Errors
/// A text to replace does not occur exactly once.
pub fn alertmanager(
    template: &str,
    webhook: &str,
    mail: Option<Mail<'_>>,
) -> anyhow::Result<String> {
    let text = replace_once(template, CLUSTER_WEBHOOK, webhook)?;
    let Some(mail) = mail else { return Ok(text) };
    let text = replace_line(&text, ROUTE_MARKER, mail.route)?;
    let receiver = receiver(mail.receiver, mail.smtp).context("in email-receiver.yml")?;
    replace_line(&text, RECEIVER_MARKER, &receiver)
}

/// Replaces the placeholders `${…}` of the mail receiver. Strings become JSON strings, which YAML reads unchanged
/// whatever characters they contain.
fn receiver(template: &str, smtp: &Smtp) -> anyhow::Result<String> {
    let values = [
        ("smtp_smarthost", Value::from(smtp.smarthost.as_str())),
        ("smtp_from", Value::from(smtp.from.as_str())),
        ("smtp_to", Value::from(smtp.to.as_str())),
        ("smtp_auth_username", Value::from(smtp.username.as_str())),
        (
            "smtp_auth_password_file",
            Value::from(smtp.password_file.as_str()),
        ),
        ("smtp_require_tls", Value::from(smtp.require_tls)),
    ];
    let mut text = String::new();
    let mut rest = template;
    // One pass, so that a value that looks like a placeholder is not replaced.
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').context("a ${ has no closing }")?;
        let Some((_, value)) = values.iter().find(|(key, _)| *key == name) else {
            bail!("unknown placeholder ${{{name}}}");
        };
        text.push_str(before);
        text.push_str(&value.to_string());
        rest = after;
    }
    text.push_str(rest);
    for (name, _) in &values {
        ensure!(
            template.contains(&format!("${{{name}}}")),
            "placeholder ${{{name}}} is missing"
        );
    }
    Ok(text)
}

fn replace_once(text: &str, old: &str, new: &str) -> anyhow::Result<String> {
    let count = text.matches(old).count();
    ensure!(
        count == 1,
        "alertmanager.yml must contain {old:?} exactly once, but contains it {count} times"
    );
    Ok(text.replacen(old, new, 1))
}

/// Replaces the line `marker` (indented or not) by the lines of `new`.
fn replace_line(text: &str, marker: &str, new: &str) -> anyhow::Result<String> {
    let count = text.lines().filter(|line| line.trim() == marker).count();
    ensure!(
        count == 1,
        "alertmanager.yml must contain the line {marker:?} exactly once, but contains it {count} times"
    );
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim() == marker {
            lines.extend(new.lines());
        } else {
            lines.push(line);
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// Renders targets.toml: replaces the parts' cluster addresses, `//NAME:PORT`, by their local ones.
#[must_use]
pub fn targets(template: &str, ports: Ports) -> String {
    let mut text = template.replace(
        "//demo-target:8443",
        &format!("//{}", ports.demo_tls_address()),
    );
    for part in Part::ALL {
        let cluster_port = match part {
            Part::Prometheus => 9090,
            Part::Alertmanager => 9093,
            Part::Grafana => 3000,
            _ => 8080,
        };
        text = text.replace(
            &format!("//{part}:{cluster_port}"),
            &format!("//{}", ports.address(part)),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "route:\n  routes:\n    # uptimepulse:email-route\nreceivers:\n  \
        - url: http://alert-logger:8080/webhook\n  # uptimepulse:email-receiver\n";
    const RECEIVER: &str = "  - smarthost: ${smtp_smarthost}\n    from: ${smtp_from}\n    to: ${smtp_to}\n    \
        user: ${smtp_auth_username}\n    file: ${smtp_auth_password_file}\n    tls: ${smtp_require_tls}\n";
    const WEBHOOK: &str = "http://127.0.0.1:8082/webhook";

    fn smtp() -> Smtp {
        Smtp {
            smarthost: "mail.example.org:587".to_owned(),
            from: "lab@example.org".to_owned(),
            to: "you@example.org".to_owned(),
            username: "lab".to_owned(),
            password_file: "/run/password".to_owned(),
            require_tls: true,
        }
    }

    fn with_mail(template: &str, receiver: &str, smtp: &Smtp) -> anyhow::Result<String> {
        let route = "    - receiver: email\n      continue: true\n";
        alertmanager(
            template,
            WEBHOOK,
            Some(Mail {
                route,
                receiver,
                smtp,
            }),
        )
    }

    #[test]
    fn without_mail_only_the_webhook_is_replaced() {
        let expected = TEMPLATE.replace("http://alert-logger:8080/webhook", WEBHOOK);
        assert_eq!(alertmanager(TEMPLATE, WEBHOOK, None).unwrap(), expected);
    }

    #[test]
    fn with_mail_the_fragments_replace_the_markers() {
        let text = with_mail(TEMPLATE, RECEIVER, &smtp()).unwrap();
        assert_eq!(
            text,
            "route:\n  routes:\n    - receiver: email\n      continue: true\nreceivers:\n  \
             - url: http://127.0.0.1:8082/webhook\n  - smarthost: \"mail.example.org:587\"\n    \
             from: \"lab@example.org\"\n    to: \"you@example.org\"\n    user: \"lab\"\n    \
             file: \"/run/password\"\n    tls: true\n"
        );
    }

    #[test]
    fn a_value_cannot_inject_configuration() {
        let evil = Smtp {
            username: "x\"\n  injected: ${smtp_to} # \\".to_owned(),
            ..smtp()
        };
        let text = with_mail(TEMPLATE, RECEIVER, &evil).unwrap();
        assert!(
            text.contains(r#"user: "x\"\n  injected: ${smtp_to} # \\""#),
            "{text}"
        );
        assert_eq!(text.matches("you@example.org").count(), 1);
    }

    #[test]
    fn a_text_that_does_not_occur_exactly_once_is_rejected() {
        let twice = format!("{TEMPLATE}# http://alert-logger:8080/webhook\n");
        for (template, receiver, expected) in [
            ("route:\n", RECEIVER, "once, but contains it 0 times"),
            (&twice, RECEIVER, "once, but contains it 2 times"),
            (
                &TEMPLATE.replace("email-route", "other"),
                RECEIVER,
                "email-route",
            ),
            (
                &format!("{TEMPLATE}# uptimepulse:email-receiver\n"),
                RECEIVER,
                "contains it 2 times",
            ),
            (
                TEMPLATE,
                &RECEIVER.replace("${smtp_to}", "x"),
                "${smtp_to} is missing",
            ),
            (
                TEMPLATE,
                &format!("{RECEIVER}${{other}}"),
                "unknown placeholder ${other}",
            ),
            (TEMPLATE, &format!("{RECEIVER}${{smtp_to"), "no closing }"),
        ] {
            let error = format!("{:#}", with_mail(template, receiver, &smtp()).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn targets_get_local_addresses() {
        let template = "a http://demo-target:8080/ok b https://demo-target:8443/ c http://prometheus:9090/-/ready \
                        d http://api-gateway:8080/healthz e https://example.org:8080/";
        assert_eq!(
            targets(template, Ports::new(Some(20_000))),
            "a http://127.0.0.1:20004/ok b https://127.0.0.1:20008/ c http://127.0.0.1:20005/-/ready \
             d http://127.0.0.1:20001/healthz e https://example.org:8080/"
        );
    }
}
