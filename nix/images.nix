# The OCI images: one program each, nothing to log in to. An image is a script that writes a docker-archive to stdout.
{
  self,
  lib,
  pkgs,
  packages,
  tools,
  ...
}:
let
  home = "https://github.com/uptimepulse/uptimepulse";

  # A copy of these files alone, so that an image's closure is what they refer to, and not what the package does beside.
  only =
    package: paths:
    pkgs.runCommand "${lib.getName package}-files" { } ''
      for path in ${toString paths}; do
        mkdir -p "$out/$(dirname "$path")"
        cp -r "${package}/$path" "$out/$path"
      done
    '';

  image =
    name:
    {
      title,
      files,
      version ? packages.version,
      licenses ? "MIT",
      arguments ? [ ],
      environment ? [ ],
      extraCommands ? "",
    }:
    let
      # Built twice in name only: the tag is the hash of all but the revision, so that a commit that changes nothing in an
      # image is no rollout.
      build =
        tag: labels:
        pkgs.dockerTools.streamLayeredImage {
          name = "uptimepulse/${name}";
          inherit tag extraCommands;
          contents = files ++ [
            pkgs.cacert
            pkgs.dockerTools.fakeNss
          ];
          created = "1970-01-01T00:00:01Z";
          config = {
            Entrypoint = [ "/bin/${name}" ] ++ arguments;
            User = "65534:65534";
            Env = [ "SSL_CERT_FILE=/etc/ssl/certs/ca-bundle.crt" ] ++ environment;
            Labels = labels;
          };
        };
      labels = {
        "org.opencontainers.image.title" = title;
        "org.opencontainers.image.version" = version;
        "org.opencontainers.image.source" = home;
        "org.opencontainers.image.licenses" = licenses;
      };
      revision."org.opencontainers.image.revision" = self.rev or "uncommitted";
    in
    build (build null labels).imageTag (labels // revision);

  own =
    name: title:
    image name {
      inherit title;
      files = [ (only packages.services.${name} [ "bin/${name}" ]) ];
    };

  images = {
    alert-logger = own "alert-logger" "UptimePulse alert-logger: writes every notification to a log that survives";
    api-gateway = own "api-gateway" "UptimePulse api-gateway: answers people's questions about targets in JSON";
    config-reloader = own "config-reloader" "UptimePulse config-reloader: tells a server to reload what it mounts";
    dashboard-ui = own "dashboard-ui" "UptimePulse dashboard-ui: the status page";
    demo-target = own "demo-target" "UptimePulse demo-target: endpoints that misbehave on demand";
    ping-agent = own "ping-agent" "UptimePulse ping-agent: probes targets and exports what it saw";

    # Asks the gateway of a release whether data flows (`helm test`).
    lab = image "lab" {
      title = "UptimePulse lab: checks that data flows";
      files = [ (only packages.labProgram [ "bin/lab" ]) ];
    };

    prometheus = image "prometheus" {
      title = "Prometheus";
      version = lib.getVersion tools.prometheus;
      licenses = "Apache-2.0";
      files = [ (only tools.prometheus [ "bin/prometheus" ]) ];
      # The rules and discovery files that prometheus.yml names lie in folders beside it. A cluster mounts each of the three
      # as a whole, since a single mounted file is never updated; this link puts them beside each other.
      extraCommands = ''
        mkdir -p etc/prometheus/config etc/prometheus/discovery etc/prometheus/rules
        ln -s config/prometheus.yml etc/prometheus/prometheus.yml
      '';
    };

    alertmanager = image "alertmanager" {
      title = "Alertmanager";
      version = lib.getVersion tools.alertmanager;
      licenses = "Apache-2.0";
      files = [ (only tools.alertmanager [ "bin/alertmanager" ]) ];
    };

    grafana = image "grafana" {
      title = "Grafana";
      version = lib.getVersion pkgs.grafana;
      licenses = "AGPL-3.0-only";
      files = [
        (only pkgs.grafana [
          "bin/grafana"
          "share/grafana/conf"
          "share/grafana/public"
        ])
      ];
      arguments = [
        "server"
        "--homepath=/share/grafana"
      ];
    };
  };

  available = lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux (
    # A platform without Grafana still has the others.
    lib.filterAttrs (name: _: name != "grafana" || pkgs.grafana.meta.available or true) images
  );
in
{
  all = available;
  # The ones whose size is ours to answer for.
  own = lib.attrNames packages.services ++ [ "lab" ];
  # Flat names: a set within packages is no package to `nix flake check`.
  public = lib.mapAttrs' (name: lib.nameValuePair "image-${name}") available;
}
