# `nix develop`: all tools that README, docs and checks use. Their versions are those of nixpkgs in flake.lock.
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

    # Other tools
    pkgs.actionlint
    pkgs.jq
    pkgs.nixfmt
    pkgs.openssl
    pkgs.python3
    pkgs.shellcheck
  ];

  # ./lab finds cargo and the servers on PATH.
  shellHook = ''
    [ ! -t 1 ] || echo "UptimePulse: ./lab up starts the lab, ./lab test runs the tests, nix flake check runs the checks of CI."
  '';
}
