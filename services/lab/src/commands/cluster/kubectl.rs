//! Runs kubectl for one context and namespace.

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::shell::Shell;

#[derive(Debug)]
pub struct Kubectl<'a> {
    shell: &'a Shell,
    pub context: String,
    pub namespace: String,
}

impl<'a> Kubectl<'a> {
    pub fn new(shell: &'a Shell, context: &str, namespace: String) -> Self {
        Self {
            shell,
            context: context.to_owned(),
            namespace,
        }
    }

    /// Returns the command without running it.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<std::process::Command> {
        let flags = ["--context", &self.context, "--namespace", &self.namespace];
        self.shell.command("kubectl", &[&flags, arguments].concat())
    }

    /// Returns the output of `kubectl get … -o json`.
    ///
    /// # Errors
    /// kubectl failed. The message is kubectl's.
    pub fn get(&self, kind: &str) -> anyhow::Result<Value> {
        let output = self
            .command(&["get", kind, "--request-timeout=10s", "-o", "json"])?
            .output()
            .context("can't run kubectl")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).context("the output of kubectl is not JSON")
    }
}

/// Returns the objects of a list.
pub fn items(list: &Value) -> &[Value] {
    list.get("items")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Returns the text at `pointer`, or an empty text.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
