# The part of nixpkgs that the flake uses, made from the tools of this machine. nix/host/run writes their description,
# machine.json. A missing tool is an empty package with meta.available = false.
{
  system,
  config ? { },
}:
let
  lib = import ./lib.nix;
  machine = builtins.fromJSON (builtins.readFile ./machine.json);

  # A path that `run` added to the store, as an input of the derivations that use it.
  stored = path: builtins.appendContext path { ${path}.path = true; };

  # The programs that every build has on PATH, as with nixpkgs' stdenv.
  stdenv = stored machine.stdenv;

  # Every derivation runs its buildCommand in the sandbox, with stdenv and its inputs on PATH.
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
        inherit name system stdenv;
        # Programs are linked with libraries of the machine, and images contain these.
        inherit (machine) libc;
        builder = "/bin/bash";
        args = [ ./sandbox ];
        PATH = lib.makeBinPath (inputs ++ [ stdenv ]);
        buildCommand = text;
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

  # A package with programs of the machine.
  tool =
    name: programs:
    let
      present = lib.filter (program: machine.tools ? ${program}) programs;
      # The first text in the output of the program that looks like a version.
      version =
        if present == [ ] then
          null
        else
          builtins.match "[^0-9]*([0-9]+[.][0-9.]+).*" (
            builtins.replaceStrings [ "\n" ] [ " " ] machine.tools.${builtins.head present}.version
          );
    in
    runCommand name
      {
        meta = {
          available = present == programs;
          mainProgram = builtins.head programs;
        };
      }
      ''
        mkdir -p $out/bin
        ${lib.concatMapStrings (
          program: "ln -s ${stored machine.tools.${program}.path} $out/bin/${program}\n"
        ) present}
      ''
    // {
      version = if version == null then "unknown" else builtins.head version;
    };

  # A package that starts programs at their path on the machine, and makes the paths that they need visible in the sandbox.
  # `setup` runs before each program.
  started =
    {
      name,
      programs,
      hostPaths ? [ ],
      setup ? "",
      meta ? { },
    }:
    runCommand name
      {
        inherit meta;
        hostPaths = lib.concatMapStrings (path: "${path}\n") hostPaths;
        # The version is part of the package, so that another version is another package.
        versions = builtins.toJSON machine.rust.version;
      }
      ''
        mkdir -p $out/bin $out/nix-support
        printf %s "$hostPaths" >$out/nix-support/host-paths
        ${lib.concatStrings (
          lib.mapAttrsToList (program: path: ''
            printf '%s\n' '#!/bin/sh' ${setup} 'exec ${path} "$@"' >$out/bin/${program}
            chmod +x $out/bin/${program}
          '') programs
        )}
      '';

  # A program of the Rust toolchain, which is one folder.
  rust =
    name: programs:
    started {
      inherit name;
      programs = lib.genAttrs programs (program: "${machine.rust.sysroot}/bin/${program}");
      hostPaths = [ machine.rust.sysroot ];
      meta.available = lib.all (program: lib.elem program machine.rust.programs) programs;
    };

  # The programs of stdenv as a package.
  bash = runCommand "bash" { } "mkdir $out && ln -s $stdenv/bin $out/bin";

  writeText =
    name: text:
    runCommand name {
      inherit text;
      passAsFile = [ "text" ];
    } "cp \"$textPath\" $out";

  pkgs = {
    inherit
      lib
      runCommand
      writeText
      ;

    stdenv.hostPlatform.isLinux = lib.elem system [
      "x86_64-linux"
      "aarch64-linux"
    ];

    cargo = rust "cargo" [ "cargo" ];
    clippy = rust "clippy" [
      "cargo-clippy"
      "clippy-driver"
    ];
    rust-analyzer = rust "rust-analyzer" [ "rust-analyzer" ];
    rustc = rust "rustc" [
      "rustc"
      "rustdoc"
    ];
    rustfmt = rust "rustfmt" [
      "cargo-fmt"
      "rustfmt"
    ];
    # The C compiler, linker and archive tools. With nixpkgs, crane's builds get them from stdenv.
    cc = started {
      name = "cc";
      programs = lib.mapAttrs (_: stored) machine.cc;
      hostPaths = [ "/usr/include" ];
      # The compiler's parts are in /usr/lib/gcc, wherever the program itself is.
      setup = "'export GCC_EXEC_PREFIX=/usr/lib/gcc/'";
    };
    # Contains ldd.
    libc = tool "libc" [ "ldd" ];
    # Its providers have only schemas (tests/terraform/schema-provider), unless the user's configuration names other
    # providers.
    terraform.withPlugins =
      _:
      let
        plain = tool "terraform" [ "terraform" ];
      in
      started {
        name = "terraform";
        programs.terraform = "${plain}/bin/terraform";
        hostPaths = lib.filter (path: path != null) [ (machine.terraformProviders or null) ];
        setup = "'export TF_CLI_CONFIG_FILE=\"\${TF_CLI_CONFIG_FILE:-${machine.terraformProviders or ""}/terraform.rc}\"'";
        meta.available = plain.meta.available && machine ? terraformProviders;
      };
    # Only for the shell.
    python3 = started {
      name = "python3";
      programs.python3 = machine.python3;
    };

    actionlint = tool "actionlint" [ "actionlint" ];
    cargo-deny = tool "cargo-deny" [ "cargo-deny" ];
    cargo-nextest = tool "cargo-nextest" [ "cargo-nextest" ];
    grafana = tool "grafana" [ "grafana" ];
    gzip = bash;
    jq = tool "jq" [ "jq" ];
    kubectl = tool "kubectl" [ "kubectl" ];
    kubernetes-helm = tool "helm" [ "helm" ];
    minikube = tool "minikube" [ "minikube" ];
    nixfmt = tool "nixfmt" [ "nixfmt" ];
    openssl = tool "openssl" [ "openssl" ];
    prometheus = tool "prometheus" [ "prometheus" ] // {
      cli = tool "promtool" [ "promtool" ];
    };
    # With its templates beside it, if it is Debian's.
    prometheus-alertmanager =
      let
        alertmanager = tool "alertmanager" [
          "alertmanager"
          "amtool"
        ];
      in
      runCommand "alertmanager" { inherit (alertmanager) meta; } ''
        # A copy, not a link, because the lab looks for the templates beside it.
        cp -rL --no-preserve=mode ${alertmanager} $out
        chmod +x $out/bin/*
        ${lib.optionalString (machine ? alertmanagerTemplates) ''
          mkdir -p $out/usr/share/prometheus
          cp -r ${stored machine.alertmanagerTemplates} $out/usr/share/prometheus/alertmanager
        ''}
      ''
      // {
        inherit (alertmanager) version;
      };
    shellcheck = tool "shellcheck" [ "shellcheck" ];
    taplo = tool "taplo" [ "taplo" ];

    # An empty bundle if the machine has no certificates.
    cacert = runCommand "cacert" { } ''
      mkdir -p $out/etc/ssl/certs
      ${if machine ? certificates then "cp ${stored machine.certificates}" else "touch"} \
        $out/etc/ssl/certs/ca-bundle.crt
    '';

    dockerTools = import ./docker-tools.nix {
      inherit
        lib
        pkgs
        runCommand
        system
        writeText
        ;
    };

    # makeWrapper PROGRAM WRAPPER [--set-default NAME VALUE] [--prefix NAME SEPARATOR VALUE]
    makeWrapper = runCommand "make-wrapper" { script = ./make-wrapper.sh; } ''
      mkdir -p $out/bin
      # The sandbox has no /usr/bin/env.
      sed "1s|.*|#!$stdenv/bin/bash|" $script >$out/bin/makeWrapper
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
        # The file that `nix develop` sources.
        stdenv = runCommand "stdenv" { } ''
          mkdir $out
          echo 'export PATH=${lib.makeBinPath packages}:/usr/local/bin:/usr/bin:/bin' >$out/setup
        '';
        outputs = [ "out" ];
      };

    bashInteractive = bash;
  };
in
pkgs
