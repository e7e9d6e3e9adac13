# The checks: each is a derivation, named after the problem that it finds. `suite` is the suite of `./lab test` that runs the
# check, or the same commands without Nix, in each run. The suite nix builds the checks that name no suite.
{
  lib,
  pkgs,
  craneLib,
  source,
  tools,
  packages,
  images,
  ...
}:
let
  rust = packages.common // {
    inherit (packages) cargoArtifacts;
    pname = "uptimepulse";
    src = source.rust;
  };

  # Runs `script` in a folder with `files`, with `uses` on PATH.
  check =
    name:
    {
      uses,
      files,
      ...
    }@named:
    script:
    named
    // {
      derivation = pkgs.runCommand name { nativeBuildInputs = uses; } ''
        cp -r ${source.select files}/. .
        chmod -R u+w .
        ${script}
        touch $out
      '';
    };

  cargo = uses: derivation: {
    inherit uses derivation;
    suite = "rust";
  };

  imageCheck =
    name: image:
    check "image-${name}"
      {
        uses = [ pkgs.gzip ];
        files = [ ./check-image.sh ];
      }
      ''
        ${image} | bash nix/check-image.sh ${if lib.elem name images.own then "40" else "any"}
      '';

  # Runs `terraform COMMAND` with the providers that Nix supplies.
  terraformCheck =
    command:
    check "terraform-${command}"
      {
        uses = [ tools.terraform ];
        suite = "terraform";
        files = [
          ../monitoring
          ../terraform
        ];
      }
      ''
        export CHECKPOINT_DISABLE=1
        cd terraform
        terraform init -backend=false -input=false -no-color
        terraform ${command} -no-color
      '';

  all = {
    rust-format = cargo [ ] (craneLib.cargoFmt { inherit (rust) pname version src; });
    rust-lints = cargo [ ] (
      craneLib.cargoClippy (
        rust // { cargoClippyExtraArgs = "--workspace --all-targets -- --deny warnings"; }
      )
    );
    rust-tests = cargo [ pkgs.cargo-nextest ] (
      # Without the stack tests, which start real servers for minutes: `./lab test stack`.
      craneLib.cargoNextest (
        rust
        // {
          # Compiles the whole workspace, as the other suites do.
          cargoNextestExtraArgs = "--workspace --filterset 'not package(stack-tests)' --no-fail-fast";
        }
      )
    );
    rust-documentation = cargo [ ] (
      craneLib.cargoDoc (
        rust
        // {
          cargoDocExtraArgs = "--workspace --no-deps";
          env.RUSTDOCFLAGS = "--deny warnings";
        }
      )
    );
    rust-dependencies = cargo [ pkgs.cargo-deny ] (
      craneLib.cargoDeny {
        inherit (rust) pname version src;
        cargoDenyExtraArgs = "--all-features";
        cargoDenyChecks = "--hide-inclusion-graph bans licenses sources";
      }
    );
    toml-format = {
      uses = [ pkgs.taplo ];
      derivation = craneLib.taploFmt {
        inherit (rust) pname version;
        src = source.select [
          ../Cargo.toml
          ../clippy.toml
          ../deny.toml
          ../fuzz/Cargo.toml
          ../monitoring/targets.toml
          ../services
          ../taplo.toml
          ../tests
        ];
      };
    };

    # Two files determine the compiler: flake.lock, and rust-toolchain.toml for builds without Nix.
    rust-toolchain =
      check "rust-toolchain"
        {
          uses = [ pkgs.rustc ];
          files = [ ../rust-toolchain.toml ];
        }
        ''
          locked=$(rustc --version | cut -d' ' -f2)
          wanted=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)
          if [ "$locked" != "$wanted" ]; then
            echo "rust-toolchain.toml has $wanted, but flake.lock has rustc $locked: make them the same" >&2
            exit 1
          fi
        '';

    nix-format = check "nix-format" {
      uses = [ pkgs.nixfmt ];
      files = [
        ../flake.nix
        ./.
      ];
    } "find . -name '*.nix' -exec nixfmt --check {} +";

    shell-scripts =
      check "shell-scripts"
        {
          uses = [ pkgs.shellcheck ];
          files = [
            ../.ci
            ../docs
            ../lab
            ../tests
            ./.
          ];
        }
        ''
          # Every file that begins with #! and a shell.
          grep -rlE '^#!.*[ /](ba)?sh$' . | xargs shellcheck --external-sources
        '';

    workflows = check "workflows" {
      uses = [
        pkgs.actionlint
        pkgs.shellcheck
      ];
      files = [ ../.github ];
    } "actionlint .github/workflows/*.yml";

    prometheus-config = check "prometheus-config" {
      uses = [ tools.promtool ];
      suite = "monitoring";
      files = [ ../monitoring/prometheus ];
    } "promtool check config monitoring/prometheus/prometheus.yml";

    prometheus-rules = check "prometheus-rules" {
      uses = [ tools.promtool ];
      suite = "monitoring";
      files = [ ../monitoring/prometheus ];
    } "promtool check rules monitoring/prometheus/rules/*.yml";

    prometheus-rule-tests = check "prometheus-rule-tests" {
      uses = [ tools.promtool ];
      suite = "monitoring";
      files = [ ../monitoring/prometheus ];
    } "promtool test rules monitoring/prometheus/tests/*.yml";

    alertmanager-config = check "alertmanager-config" {
      uses = [ tools.alertmanager ];
      suite = "monitoring";
      files = [ ../monitoring/alertmanager ];
    } "amtool check-config monitoring/alertmanager/alertmanager.yml";

    terraform-format = check "terraform-format" {
      uses = [ tools.terraform ];
      suite = "terraform";
      files = [ ../terraform ];
    } "terraform fmt -check -diff -recursive terraform";

    terraform-validate = terraformCheck "validate";

    # All providers are mocks: tests the planned objects, and the rejected variables.
    terraform-test = terraformCheck "test";

    helm-lint = check "helm-lint" {
      uses = [ tools.helm ];
      suite = "terraform";
      files = [
        ../terraform/chart
        ../tests/terraform/tags.yaml
      ];
    } "helm lint --strict --values tests/terraform/tags.yaml terraform/chart";

    helm-template = check "helm-template" {
      uses = [ tools.helm ];
      suite = "terraform";
      files = [
        ../docs/operations.md
        ../terraform/chart
        ../tests/terraform/helm-template
        ../tests/terraform/tags.yaml
        ../tests/terraform/values
      ];
    } "bash tests/terraform/helm-template";

    lab = {
      uses = [ ];
      derivation = packages.public.lab;
    };
  }
  // lib.mapAttrs' (
    name: image: lib.nameValuePair "image-${name}" (imageCheck name image)
  ) images.all;
in
# A check whose tool does not exist for the platform is left out, so that it is never green without a run.
lib.mapAttrs (_: check: check.derivation // { suite = check.suite or "nix"; }) (
  lib.filterAttrs (_: check: lib.all (tool: tool.meta.available or true) check.uses) all
)
