//! Terraform's providers: the real ones if they can be installed, else stand-ins that only know the schemas.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use lab::tools::{on_path, run};

use crate::steps::Steps;
use crate::test_run::TestRun;

/// The variable with the path of Terraform's CLI configuration.
const CONFIG: &str = "TF_CLI_CONFIG_FILE";

/// The providers that `terraform init` installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Providers {
    /// The real providers, which can apply.
    Real,
    /// The stand-ins of tests/terraform/schema-provider, through this CLI configuration.
    Schemas(PathBuf),
}

impl Providers {
    /// Initializes the configuration in `folder` with the available providers; `None` if there are none. Without the real
    /// ones, `what` is recorded as not run, with a text that says what is done `instead`.
    pub fn init(
        test_run: &TestRun,
        steps: &mut Steps,
        folder: &Path,
        what: &str,
        instead: &str,
    ) -> anyhow::Result<Option<Self>> {
        let can_init = init(folder, None).is_ok();
        if can_init && !has_stand_ins(folder) {
            return Ok(Some(Self::Real));
        }
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let remedy = "run it where terraform can reach registry.terraform.io, or name a mirror of the providers in TF_CLI_CONFIG_FILE";
        if on_path(&search_path, &["go"]).is_none() {
            let why = "terraform init can't install its providers here, and Go, which could build stand-ins, is not installed";
            steps.cannot_run(what, why, remedy);
            return Ok(None);
        }
        let why = format!("terraform init can't install the real providers here, so {instead}");
        steps.cannot_run(what, why, remedy);
        let config = build(test_run, steps)?;
        init(folder, Some(&config)).context("terraform init with stand-ins for the providers")?;
        Ok(Some(Self::Schemas(config)))
    }

    /// Initializes the configuration in `folder` with stand-ins of the lowest allowed versions; `None` if they can't be built.
    pub fn lowest(
        test_run: &TestRun,
        steps: &mut Steps,
        folder: &Path,
        what: &str,
    ) -> anyhow::Result<Option<Self>> {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        if on_path(&search_path, &["go"]).is_none() {
            let why = "Go, which builds stand-ins for the providers, is not installed";
            steps.cannot_run(what, why, "install Go");
            return Ok(None);
        }
        let config = build(test_run, steps)?.with_file_name("lowest.rc");
        init(folder, Some(&config)).context("terraform init with the lowest versions")?;
        Ok(Some(Self::Schemas(config)))
    }

    /// Configures a command to use these providers.
    pub fn set(&self, command: &mut Command) {
        if let Self::Schemas(config) = self {
            command.env(CONFIG, config);
        }
    }
}

/// Copies the configuration and the files that it reads, as git lists them. In the original folder, Terraform would write
/// files and read this machine's variables.
pub fn copy_configuration(test_run: &TestRun, folder: &Path) -> anyhow::Result<PathBuf> {
    let copy = "git ls-files -z --cached --others --exclude-standard terraform monitoring |
        while IFS= read -r -d '' file; do [ ! -e \"$file\" ] || cp --parents \"$file\" \"$1\"; done";
    run(Command::new("bash")
        .args(["-euo", "pipefail", "-c", copy, "copy"])
        .arg(folder)
        .current_dir(&test_run.installation.root))
    .context("can't copy terraform/ and monitoring/ with git")?;
    Ok(folder.join("terraform"))
}

/// Builds the stand-ins once, and returns the CLI configuration that names them.
fn build(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<PathBuf> {
    let _tools = steps.wait_for("Terraform's providers", &test_run.go_tools);
    let folder = test_run
        .installation
        .tools_dir()
        .join("terraform-providers");
    let script = "tests/terraform/schema-provider/mirror.sh";
    steps.say("building stand-ins for Terraform's providers");
    run(Command::new(test_run.installation.root.join(script)).arg(&folder))?;
    Ok(folder.join("terraform.rc"))
}

fn init(folder: &Path, config: Option<&Path>) -> anyhow::Result<()> {
    let mut terraform = Command::new("terraform");
    terraform
        .args(["init", "-backend=false", "-input=false", "-no-color"])
        .env("CHECKPOINT_DISABLE", "1")
        .current_dir(folder);
    if let Some(config) = config {
        terraform.env(CONFIG, config);
    }
    run(&mut terraform).map(drop)
}

/// Returns whether stand-ins are installed. Terraform links to the mirror from which it installs, and that of
/// schema-provider has a folder `schemas`.
fn has_stand_ins(folder: &Path) -> bool {
    let providers = folder.join(".terraform/providers/registry.terraform.io/hashicorp/helm");
    let Ok(versions) = std::fs::read_dir(providers) else {
        return false;
    };
    versions
        .filter_map(|version| std::fs::read_dir(version.ok()?.path()).ok())
        .flatten()
        .filter_map(|platform| platform.ok()?.path().canonicalize().ok())
        .any(|package| {
            package
                .ancestors()
                .any(|folder| folder.join("schemas/versions").is_file())
        })
}
