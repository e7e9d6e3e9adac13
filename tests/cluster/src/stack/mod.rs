//! Installs the stack of Terraform's configuration on a node.

pub mod manifests;
mod planned;
mod terraform;
pub mod variables;

use std::path::PathBuf;

use serde_json::Value;

use self::planned::Planned;
use self::terraform::Terraform;
use self::variables::Variables;
use crate::{Checkout, Node};

/// The stack, by the way of its installation.
#[derive(Debug)]
pub enum Stack<'a> {
    /// `terraform apply` with the real providers.
    Applied(Terraform<'a>),
    /// The objects of `terraform plan`, applied with kubectl and helm.
    Planned(Planned<'a>),
}

impl<'a> Stack<'a> {
    /// Initializes the configuration of `checkout` for `node`.
    #[must_use]
    pub fn new(checkout: &'a Checkout, node: &'a Node, variables: Variables) -> Self {
        let terraform = Terraform::init(checkout, node, variables);
        if std::env::var("UPTIMEPULSE_PROVIDERS").as_deref() == Ok("schemas") {
            println!(
                "   Terraform's real providers can't be installed here, so kubectl and helm apply the objects of `terraform plan`"
            );
            Self::Planned(Planned::new(terraform))
        } else {
            println!("   `terraform apply`, with the real providers");
            Self::Applied(terraform)
        }
    }

    /// Applies the configuration.
    pub fn apply(&self) {
        match self {
            Self::Applied(terraform) => terraform.apply(),
            Self::Planned(planned) => planned.apply(),
        }
    }

    /// Returns the objects that an apply would change as `KIND/NAME`, sorted.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let mut changes = match self {
            Self::Applied(terraform) => terraform.changes(),
            Self::Planned(planned) => planned.changes(),
        };
        changes.sort();
        changes
    }

    /// Removes the stack.
    pub fn destroy(&self) {
        match self {
            Self::Applied(terraform) => terraform.destroy(),
            Self::Planned(planned) => planned.destroy(),
        }
    }

    /// Returns the current plan as JSON.
    #[must_use]
    pub fn plan(&self) -> Value {
        match self {
            Self::Applied(terraform) => terraform.plan(),
            Self::Planned(planned) => planned.terraform().plan(),
        }
    }

    /// Returns the state file, if there is one.
    #[must_use]
    pub fn state_file(&self) -> Option<PathBuf> {
        match self {
            Self::Applied(terraform) => Some(terraform.state_file()),
            Self::Planned(_) => None,
        }
    }
}
