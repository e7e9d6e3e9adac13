//! Terraform's variables, without the tags of the images.

use std::process::Command;

use serde_json::{Value, json};

use crate::Node;

/// The variables, including passwords.
#[derive(Debug, Clone)]
pub struct Variables {
    plain: Vec<(&'static str, Value)>,
    passwords: Vec<Password>,
}

/// A password that must be in its Secret and nowhere else.
#[derive(Debug, Clone)]
pub struct Password {
    /// The name of the variable.
    pub variable: &'static str,
    /// The Secret that contains it under the key `password`.
    pub secret: &'static str,
    /// The value.
    pub value: &'static str,
}

impl Variables {
    /// Returns the variables for a node: mail and remote write with passwords, to servers that do not exist, and no Grafana,
    /// which not every machine has.
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

    /// Adds a variable.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.plain.push((name, value));
        self
    }

    /// Returns the passwords.
    #[must_use]
    pub fn passwords(&self) -> &[Password] {
        &self.passwords
    }

    /// Sets the variables for a command.
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
