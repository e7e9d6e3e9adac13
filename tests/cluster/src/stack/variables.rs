//! What Terraform is given, beside the tags of the images.

use std::process::Command;

use serde_json::{Value, json};

use crate::Node;

/// The variables, Terraform's passwords among them.
#[derive(Debug, Clone)]
pub struct Variables {
    plain: Vec<(&'static str, Value)>,
    passwords: Vec<Password>,
}

/// A password that must turn up in its Secret and nowhere else.
#[derive(Debug, Clone)]
pub struct Password {
    /// The variable.
    pub variable: &'static str,
    /// The Secret whose key `password` it becomes.
    pub secret: &'static str,
    /// The value.
    pub value: &'static str,
}

impl Variables {
    /// For a node: no Grafana, which not every machine has, but mail and remote write with their passwords, to servers
    /// that do not exist.
    #[must_use]
    pub fn for_node(node: &Node) -> Self {
        let smtp = json!({
            "smarthost": "mail.example.invalid:587",
            "from": "lab@example.invalid",
            "to": "oncall@example.invalid",
            "username": "lab",
        });
        let remote_write =
            json!({"url": "http://mimir.example.invalid:9009/api/v1/push", "username": "lab"});
        Self {
            plain: vec![
                ("config_path", json!(node.kubeconfig())),
                ("config_context", json!("kube-node")),
                ("grafana_enabled", json!(false)),
                ("smtp", smtp),
                ("remote_write", remote_write),
            ],
            passwords: vec![
                Password {
                    variable: "smtp_auth_password",
                    secret: "alertmanager-smtp",
                    value: "canary-of-the-mail-server",
                },
                Password {
                    variable: "remote_write_password",
                    secret: "prometheus-remote-write",
                    value: "canary-of-the-other-store",
                },
            ],
        }
    }

    /// These, and one more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.plain.push((name, value));
        self
    }

    /// The passwords.
    #[must_use]
    pub fn passwords(&self) -> &[Password] {
        &self.passwords
    }

    /// Sets them for a command.
    pub(super) fn set(&self, command: &mut Command) {
        for (name, value) in &self.plain {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
            command.env(format!("TF_VAR_{name}"), text);
        }
        for password in &self.passwords {
            command.env(format!("TF_VAR_{}", password.variable), password.value);
        }
    }
}
