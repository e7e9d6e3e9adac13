# `nix develop`: everything that README, docs and checks call, at the versions of the lock.
{ pkgs, tools, ... }:
pkgs.mkShell {
  packages = [
    # Rust
    pkgs.cargo
    pkgs.cargo-deny
    pkgs.cargo-nextest
    pkgs.clippy
    pkgs.rust-analyzer
    pkgs.rustc
    pkgs.rustfmt
    pkgs.taplo

    # The cluster
    pkgs.kubectl
    pkgs.minikube
    tools.helm
    tools.terraform

    # Monitoring
    pkgs.grafana
    tools.alertmanager
    tools.prometheus
    tools.promtool

    # What is left
    pkgs.actionlint
    pkgs.jq
    pkgs.nixfmt
    pkgs.openssl
    pkgs.python3
    pkgs.shellcheck
  ];

  # ./lab finds cargo and the servers on PATH.
  shellHook = ''
    [ ! -t 1 ] || echo "UptimePulse: ./lab up starts the stack, ./lab test tests it, nix flake check is CI."
  '';
}
