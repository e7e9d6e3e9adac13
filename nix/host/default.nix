# What the flake uses of nixpkgs, made from the tools of this machine as machine.json (written by run) describes it. A tool
# that the machine does not have is an empty package that says so: meta.available = false.
{
  system,
  config ? { },
}:
let
  lib = import ./lib.nix;
  machine = builtins.fromJSON (builtins.readFile ./machine.json);

  # Every derivation: bash, with the tools of the machine behind those of its inputs.
  build =
    {
      name,
      text,
      inputs ? [ ],
      variables ? { },
    }:
    derivation (
      variables
      // {
        inherit name system;
        builder = "/bin/bash";
        PATH = "${lib.makeBinPath inputs}:${machine.state}/bin:/usr/local/bin:/usr/bin:/bin";
        # A changed tool is a changed derivation: the results of the old one are not used again.
        inherit (machine) libc;
        HOME = machine.home;
        args = [
          "-euo"
          "pipefail"
          "-c"
          ''
            ${text}
            # Some builds of nix 2.8 die with signal 9 if the builder's last command is not this one.
            exit 0
          ''
        ];
      }
    );

  runCommand =
    name: attributes: text:
    build {
      inherit name text;
      inputs = attributes.nativeBuildInputs or [ ];
      variables = removeAttrs attributes [
        "meta"
        "nativeBuildInputs"
      ];
    }
    // {
      meta = {
        available = true;
      }
      // attributes.meta or { };
    };

  # A package of these programs of the machine.
  tool =
    name: programs:
    let
      available = lib.all (program: machine.tools ? ${program}) programs;
      versions = map (program: machine.tools.${program} or "missing") programs;
      # The first thing in what the program says that looks like a version.
      version = builtins.match "[^0-9]*([0-9]+[.][0-9.]+).*" (
        builtins.replaceStrings [ "\n" ] [ " " ] (lib.concatStringsSep " " versions)
      );
    in
    runCommand name
      {
        versions = builtins.toJSON versions;
        meta = {
          inherit available;
          mainProgram = builtins.head programs;
        };
      }
      ''
        mkdir -p $out/bin
        for program in ${lib.concatStringsSep " " programs}; do
          # Copies, since an image takes them from here.
          [ ! -e ${machine.state}/bin/$program ] || cp -L ${machine.state}/bin/$program $out/bin/
        done
      ''
    // {
      version = if version == null then "unknown" else builtins.head version;
    };

  # rustup's programs look at the name they are called by and at what lies beside them.
  linked =
    name: programs:
    let
      copied = tool name programs;
    in
    runCommand name
      {
        inherit (copied) versions;
        inherit (copied) meta;
      }
      ''
        mkdir -p $out/bin
        for program in ${lib.concatStringsSep " " programs}; do
          printf '%s\n' '#!/bin/sh' \
            'export RUSTUP_TOOLCHAIN=${machine.toolchain} RUSTUP_HOME=${machine.rustup} CARGO_HOME=${machine.cargo}' \
            "exec ${machine.state}/bin/$program \"\$@\"" >$out/bin/$program
          chmod +x $out/bin/$program
        done
      '';

  writeText =
    name: text:
    runCommand name {
      inherit text;
      passAsFile = [ "text" ];
    } "cp \"$textPath\" $out";

  pkgs = {
    inherit
      lib
      machine
      runCommand
      writeText
      ;

    stdenv.hostPlatform.isLinux = lib.elem system [
      "x86_64-linux"
      "aarch64-linux"
    ];

    cargo = linked "cargo" [ "cargo" ];
    clippy = linked "clippy" [
      "cargo-clippy"
      "clippy-driver"
    ];
    rust-analyzer = linked "rust-analyzer" [ "rust-analyzer" ];
    rustc = linked "rustc" [ "rustc" ];
    rustfmt = linked "rustfmt" [
      "cargo-fmt"
      "rustfmt"
    ];
    # Its providers know schemas and nothing else (tests/terraform/schema-provider), unless the user's configuration names
    # others.
    terraform.withPlugins =
      _:
      let
        inherit
          (tool "terraform" [
            "terraform"
            "terraform-providers"
          ])
          versions
          meta
          ;
      in
      runCommand "terraform" { inherit versions meta; } ''
        mkdir -p $out/bin
        printf '%s\n' '#!/bin/sh' \
          'export TF_CLI_CONFIG_FILE="''${TF_CLI_CONFIG_FILE:-${machine.state}/terraform-providers/terraform.rc}"' \
          'exec ${machine.state}/bin/terraform "$@"' >$out/bin/terraform
        chmod +x $out/bin/terraform
      '';
    python3 = linked "python3" [ "python3" ];

    actionlint = tool "actionlint" [ "actionlint" ];
    cargo-deny = tool "cargo-deny" [ "cargo-deny" ];
    cargo-nextest = tool "cargo-nextest" [ "cargo-nextest" ];
    grafana = tool "grafana" [ "grafana" ];
    gzip =
      runCommand "gzip" { }
        "mkdir -p $out/bin && cp /usr/bin/gzip $out/bin/ || cp /bin/gzip $out/bin/";
    jq = tool "jq" [ "jq" ];
    kubectl = tool "kubectl" [ "kubectl" ];
    kubernetes-helm = tool "helm" [ "helm" ];
    minikube = tool "minikube" [ "minikube" ];
    nixfmt = tool "nixfmt" [ "nixfmt" ];
    prometheus = tool "prometheus" [ "prometheus" ] // {
      cli = tool "promtool" [ "promtool" ];
    };
    # With its templates beside it, where it is Debian's.
    prometheus-alertmanager =
      let
        alertmanager = tool "alertmanager" [
          "alertmanager"
          "amtool"
        ];
      in
      runCommand "alertmanager" { inherit (alertmanager) meta; } ''
        cp -r ${alertmanager} $out
        if [ -e ${machine.state}/alertmanager-templates ]; then
          chmod u+w $out
          mkdir -p $out/usr/share/prometheus
          cp -rL ${machine.state}/alertmanager-templates $out/usr/share/prometheus/alertmanager
        fi
      ''
      // {
        inherit (alertmanager) version;
      };
    shellcheck = tool "shellcheck" [ "shellcheck" ];
    taplo = tool "taplo" [ "taplo" ];

    cacert = runCommand "cacert" { } ''
      mkdir -p $out/etc/ssl/certs
      cp /etc/ssl/certs/ca-certificates.crt $out/etc/ssl/certs/ca-bundle.crt
    '';

    dockerTools = import ./docker-tools.nix {
      inherit
        lib
        machine
        runCommand
        system
        writeText
        ;
    };

    # makeWrapper PROGRAM WRAPPER [--set-default NAME VALUE] [--prefix NAME SEPARATOR VALUE]
    makeWrapper = runCommand "make-wrapper" { script = ./make-wrapper.sh; } ''
      mkdir -p $out/bin
      cp $script $out/bin/makeWrapper
      chmod +x $out/bin/makeWrapper
    '';

    writeShellApplication =
      {
        name,
        runtimeInputs ? [ ],
        text,
      }:
      runCommand name
        {
          script = ''
            #!/usr/bin/env bash
            set -o errexit -o nounset -o pipefail
            export PATH="${lib.makeBinPath runtimeInputs}:$PATH"
            ${text}
          '';
          passAsFile = [ "script" ];
          meta.mainProgram = name;
        }
        ''
          mkdir -p $out/bin
          cp "$scriptPath" $out/bin/${name}
          chmod +x $out/bin/${name}
        '';

    mkShell =
      { packages, shellHook }:
      derivation {
        name = "shell";
        inherit system shellHook;
        builder = "/bin/bash";
        args = [
          "-c"
          "echo > $out"
        ];
        # What `nix develop` sources.
        stdenv = runCommand "stdenv" { } ''
          mkdir $out
          echo 'export PATH=${lib.makeBinPath packages}:/usr/local/bin:/usr/bin:/bin' >$out/setup
        '';
        outputs = [ "out" ];
      };

    bashInteractive = runCommand "bash" { } "mkdir -p $out/bin && ln -s /bin/bash $out/bin/bash";
  };
in
pkgs
