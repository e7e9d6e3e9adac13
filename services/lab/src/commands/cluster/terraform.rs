//! Runs Terraform in terraform/, with a state for each context.

use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::MINIKUBE;
use super::shell::Shell;

/// The default namespace of terraform/variables.tf.
const NAMESPACE: &str = "uptimepulse";

#[derive(Debug)]
pub struct Terraform<'a> {
    shell: &'a Shell,
    variables: Vec<String>,
    workspace: String,
}

impl<'a> Terraform<'a> {
    pub fn new(shell: &'a Shell, context: &str) -> Self {
        let mut variables = vec![format!("-var=config_context={context}")];
        // The providers do not read KUBECONFIG themselves.
        if let Ok(file) = std::env::var("KUBECONFIG")
            && !file.is_empty()
        {
            variables.push(format!("-var=config_path={file}"));
        }
        Self {
            shell,
            variables,
            workspace: workspace(context),
        }
    }

    /// Installs the providers, and selects the state of this context, so that it never changes another cluster.
    pub fn prepare(&self) -> anyhow::Result<()> {
        let hint = "`nix develop` brings a Terraform that has its providers; another one fetches them from the registry";
        self.run(&["init", "-input=false"], &[], hint)?;
        let select = ["workspace", "select", "-or-create", &self.workspace];
        self.run(
            &select,
            &[],
            "terraform/.terraform may be from another version of Terraform: remove it",
        )
    }

    /// Runs `terraform apply` with the passwords in `secrets`.
    pub fn apply(&self, secrets: &[(String, String)]) -> anyhow::Result<()> {
        self.change("apply", secrets)
    }

    /// Runs `terraform destroy`, which removes everything, including the volumes.
    pub fn destroy(&self) -> anyhow::Result<()> {
        self.change("destroy", &[])
    }

    fn change(&self, command: &str, secrets: &[(String, String)]) -> anyhow::Result<()> {
        let mut arguments = vec![command, "-input=false", "-auto-approve"];
        arguments.extend(self.variables.iter().map(String::as_str));
        let hint = "its last lines have the reason; run the command again, and it continues where it stopped";
        self.run(&arguments, secrets, hint)
    }

    /// Returns the namespace of the last apply, or the default one if there is none.
    pub fn namespace(&self) -> String {
        let output = self
            .shell
            .command(
                "terraform",
                &["-chdir=terraform", "output", "-raw", "namespace"],
            )
            .ok()
            .and_then(|mut command| command.output().ok())
            .filter(|output| output.status.success())
            .and_then(|output| String::from_utf8(output.stdout).ok())
            // Without a state, Terraform prints a warning and succeeds.
            .filter(|name| {
                name.chars()
                    .all(|char| char.is_ascii_alphanumeric() || char == '-')
            });
        output
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| NAMESPACE.to_owned())
    }

    /// Returns the target list that an apply would use; `None` if Terraform can't evaluate it.
    pub fn targets_file(&self, root: &Path) -> Option<PathBuf> {
        let mut arguments = vec!["-chdir=terraform", "console", "-no-color"];
        arguments.extend(self.variables.iter().map(String::as_str));
        let mut command = self.shell.command("terraform", &arguments).ok()?;
        let mut expression = tempfile::tempfile().ok()?;
        expression.write_all(b"local.targets_file\n").ok()?;
        expression.rewind().ok()?;
        let output = command.stdin(expression).output().ok()?;
        // The output is a quoted string, a path relative to terraform/.
        let file: String = serde_json::from_slice(&output.stdout).ok()?;
        Some(root.join("terraform").join(file))
    }

    fn run(
        &self,
        arguments: &[&str],
        secrets: &[(String, String)],
        hint: &str,
    ) -> anyhow::Result<()> {
        let arguments = [&["-chdir=terraform"], arguments].concat();
        self.shell.run("terraform", &arguments, secrets, hint)
    }
}

/// Returns the workspace of a context. minikube has the default workspace, which `terraform apply` by hand uses, too.
fn workspace(context: &str) -> String {
    if context == MINIKUBE {
        return "default".to_owned();
    }
    context
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() || "-_.".contains(char) {
                char
            } else {
                '-'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_becomes_a_valid_workspace_name() {
        assert_eq!(workspace("minikube"), "default");
        assert_eq!(workspace("kind-lab"), "kind-lab");
        assert_eq!(
            workspace("arn:aws:eks:eu-west-1:1:cluster/lab"),
            "arn-aws-eks-eu-west-1-1-cluster-lab"
        );
    }
}
