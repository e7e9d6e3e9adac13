//! The stack as Terraform describes it, on a node.

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

/// The stack, and how it gets onto the node.
#[derive(Debug)]
pub enum Stack<'a> {
    /// `terraform apply`, with the providers that can.
    Applied(Terraform<'a>),
    /// The objects of `terraform plan`, applied with kubectl and helm.
    Planned(Planned<'a>),
}

impl<'a> Stack<'a> {
    /// The configuration of `checkout`, to be applied to `node`.
    ///
    /// # Panics
    /// `terraform init` fails.
    #[must_use]
    pub fn new(checkout: &'a Checkout, node: &'a Node, variables: Variables) -> Self {
        let terraform = Terraform::init(checkout, node, variables);
        if std::env::var("UPTIMEPULSE_PROVIDERS").as_deref() == Ok("schemas") {
            println!(
                "   Terraform's real providers can't be had here: kubectl and helm apply what `terraform plan` shows"
            );
            Self::Planned(Planned::new(terraform))
        } else {
            println!("   `terraform apply`, with the real providers");
            Self::Applied(terraform)
        }
    }

    /// Makes it so.
    ///
    /// # Panics
    /// It fails.
    pub fn apply(&self) {
        match self {
            Self::Applied(terraform) => terraform.apply(),
            Self::Planned(planned) => planned.apply(),
        }
    }

    /// What an apply would change: `KIND/NAME` of each object, in order.
    ///
    /// # Panics
    /// There is no plan.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let mut changes = match self {
            Self::Applied(terraform) => terraform.changes(),
            Self::Planned(planned) => planned.changes(),
        };
        changes.sort();
        changes
    }

    /// Removes it.
    ///
    /// # Panics
    /// It fails.
    pub fn destroy(&self) {
        match self {
            Self::Applied(terraform) => terraform.destroy(),
            Self::Planned(planned) => planned.destroy(),
        }
    }

    /// The plan of an apply now, as JSON.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn plan(&self) -> Value {
        match self {
            Self::Applied(terraform) => terraform.plan(),
            Self::Planned(planned) => planned.terraform().plan(),
        }
    }

    /// The state file, where there is one.
    #[must_use]
    pub fn state_file(&self) -> Option<PathBuf> {
        match self {
            Self::Applied(terraform) => Some(terraform.state_file()),
            Self::Planned(_) => None,
        }
    }
}
