//! Applies the objects of `terraform plan` with kubectl and helm, for providers that only know their schemas.

use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::manifests::{Objects, Release, objects};
use super::terraform::Terraform;
use crate::{Node, output, succeeds};

/// The configuration, which is planned again for each apply.
#[derive(Debug)]
pub struct Planned<'a> {
    terraform: Terraform<'a>,
}

impl<'a> Planned<'a> {
    pub(super) fn new(terraform: Terraform<'a>) -> Self {
        Self { terraform }
    }

    pub(super) fn terraform(&self) -> &Terraform<'a> {
        &self.terraform
    }

    fn node(&self) -> &Node {
        self.terraform.node()
    }

    fn objects(&self) -> Objects {
        objects(
            &self.terraform.plan(),
            self.terraform.variables().passwords(),
        )
    }

    pub(super) fn apply(&self) {
        let objects = self.objects();
        for manifest in &objects.manifests {
            succeeds(&mut self.kubectl("apply", manifest));
        }
        for release in &objects.releases {
            self.helm_upgrade(release, &["--install", "--wait"]);
        }
    }

    /// Returns the changes according to `kubectl diff`, and the releases whose rendered manifest differs from the installed
    /// one.
    pub(super) fn changes(&self) -> Vec<String> {
        let objects = self.objects();
        let mut changes = Vec::new();
        for manifest in &objects.manifests {
            let diff = output(&mut self.kubectl("diff", manifest));
            match diff.status.code() {
                Some(0) => {}
                Some(1) => changes.push(resource_name(manifest)),
                _ => panic!("kubectl diff: {}", String::from_utf8_lossy(&diff.stderr)),
            }
        }
        for release in &objects.releases {
            let rendered = self.helm_upgrade(release, &["--dry-run=server", "--output=json"]);
            let rendered: Value = serde_json::from_str(&rendered).expect("JSON");
            let mut helm = self.node().command("helm");
            helm.args([
                "get",
                "manifest",
                &release.name,
                "--namespace",
                &release.namespace,
            ]);
            let installed = succeeds(&mut helm);
            if rendered["manifest"].as_str().expect("a manifest").trim() != installed.trim() {
                changes.push(format!("helm_release/{}", release.name));
            }
        }
        changes
    }

    pub(super) fn destroy(&self) {
        let objects = self.objects();
        for release in &objects.releases {
            let mut helm = self.node().command("helm");
            helm.args([
                "uninstall",
                &release.name,
                "--namespace",
                &release.namespace,
            ]);
            succeeds(helm.args(["--wait", "--timeout=5m"]));
        }
        for manifest in objects.manifests.iter().rev() {
            succeeds(self.kubectl("delete", manifest).arg("--wait"));
        }
    }

    fn kubectl(&self, verb: &str, manifest: &Value) -> Command {
        let file = tempfile::tempfile().expect("a file");
        serde_json::to_writer(&file, manifest).expect("a file");
        std::io::Seek::rewind(&mut &file).expect("a file");
        let mut command = self.node().command("kubectl");
        command
            .args([verb, "--filename", "-"])
            .stdin(Stdio::from(file));
        command
    }

    fn helm_upgrade(&self, release: &Release, arguments: &[&str]) -> String {
        let folder = TempDir::new().expect("a folder");
        let mut helm = self.node().command("helm");
        helm.args(["upgrade", &release.name, &release.chart])
            .args(["--namespace", &release.namespace])
            .args(["--description", &release.description])
            .arg(format!("--timeout={}s", release.timeout))
            .args(arguments)
            .current_dir(self.terraform.checkout().path("terraform"));
        for (index, values) in release.values.iter().enumerate() {
            let path = folder.path().join(format!("{index}.yaml"));
            std::fs::write(&path, values).expect("a file");
            helm.arg("--values").arg(path);
        }
        succeeds(&mut helm)
    }
}

/// Returns the resource's name in Terraform's plan.
fn resource_name(manifest: &Value) -> String {
    let kind = match manifest["kind"].as_str().expect("a kind") {
        "Namespace" => "kubernetes_namespace_v1",
        "ConfigMap" => "kubernetes_config_map_v1",
        "Secret" => "kubernetes_secret_v1",
        "PersistentVolumeClaim" => "kubernetes_persistent_volume_claim_v1",
        kind => panic!("a {kind} in the plan"),
    };
    let name = manifest["metadata"]["name"].as_str().expect("a name");
    format!("{kind}/{name}")
}
