//! Runs `terraform` in the checkout, against the node.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::manifests::kind_and_name;
use super::variables::Variables;
use crate::{Checkout, Node, output, succeeds};

/// The initialized configuration of a checkout.
#[derive(Debug)]
pub struct Terraform<'a> {
    checkout: &'a Checkout,
    node: &'a Node,
    variables: Variables,
}

impl<'a> Terraform<'a> {
    /// Runs `terraform init` outside the node's network, because it may download providers.
    pub(super) fn init(checkout: &'a Checkout, node: &'a Node, variables: Variables) -> Self {
        succeeds(
            Command::new("terraform")
                .args(["init", "-input=false", "-no-color"])
                .env("CHECKPOINT_DISABLE", "1")
                .current_dir(checkout.path("terraform")),
        );
        Self {
            checkout,
            node,
            variables,
        }
    }

    pub(super) fn checkout(&self) -> &Checkout {
        self.checkout
    }

    pub(super) fn node(&self) -> &Node {
        self.node
    }

    pub(super) fn variables(&self) -> &Variables {
        &self.variables
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.node.command("terraform");
        command
            .args(arguments)
            .args(["-no-color"])
            // The node's network has no access to HashiCorp's servers.
            .env("CHECKPOINT_DISABLE", "1")
            .current_dir(self.checkout.path("terraform"));
        self.variables.set(&mut command);
        command
    }

    pub(super) fn apply(&self) {
        succeeds(&mut self.command(&["apply", "-input=false", "-auto-approve"]));
    }

    pub(super) fn destroy(&self) {
        succeeds(&mut self.command(&["destroy", "-input=false", "-auto-approve"]));
    }

    /// Returns the current plan, from `terraform show -json`.
    pub(super) fn plan(&self) -> Value {
        succeeds(&mut self.command(&["plan", "-input=false", "-out=test.tfplan"]));
        let shown = succeeds(&mut self.command(&["show", "-json", "test.tfplan"]));
        serde_json::from_str(&shown).expect("JSON")
    }

    /// Returns the objects that `plan -detailed-exitcode` would change, as `KIND/NAME`.
    pub(super) fn changes(&self) -> Vec<String> {
        let answer = output(&mut self.command(&["plan", "-input=false", "-detailed-exitcode"]));
        match answer.status.code() {
            Some(0) => Vec::new(),
            Some(2) => changed(&self.plan()),
            _ => panic!(
                "terraform plan: {}",
                String::from_utf8_lossy(&answer.stderr)
            ),
        }
    }

    pub(super) fn state_file(&self) -> PathBuf {
        self.checkout.path("terraform/terraform.tfstate")
    }
}

fn changed(plan: &Value) -> Vec<String> {
    let changes = plan["resource_changes"].as_array().expect("changes");
    changes
        .iter()
        .filter(|resource| resource["change"]["actions"] != serde_json::json!(["no-op"]))
        .map(|resource| {
            let change = &resource["change"];
            // A deleted resource has no `after`.
            let object = ["after", "before"].map(|when| &change[when]);
            let object = object
                .into_iter()
                .find(|object| !object.is_null())
                .expect("an object");
            kind_and_name(resource["type"].as_str().expect("a type"), object)
        })
        .collect()
}
