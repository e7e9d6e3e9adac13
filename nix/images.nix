# The OCI images: one program each, without a shell. An image is a script that writes a docker-archive to stdout.
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

  # A copy of only these files, so that the closure of an image does not contain the other references of the package.
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
      # The tag is the hash of everything except the revision, so that a commit that does not change an image causes no
      # rollout. The first build only computes that hash.
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
    alert-logger = own "alert-logger" "UptimePulse alert-logger: keeps a history of all alerts";
    api-gateway = own "api-gateway" "UptimePulse api-gateway: the JSON API";
    config-reloader = own "config-reloader" "UptimePulse config-reloader: makes a server reload its mounted files";
    dashboard-ui = own "dashboard-ui" "UptimePulse dashboard-ui: the status page";
    demo-target = own "demo-target" "UptimePulse demo-target: endpoints that fail on demand";
    ping-agent = own "ping-agent" "UptimePulse ping-agent: probes targets and exports the results";

    # Checks in `helm test` that data reaches the gateway.
    lab = image "lab" {
      title = "UptimePulse lab: checks that data flows";
      files = [ (only packages.labProgram [ "bin/lab" ]) ];
    };

    prometheus = image "prometheus" {
      title = "Prometheus";
      version = lib.getVersion tools.prometheus;
      licenses = "Apache-2.0";
      files = [ (only tools.prometheus [ "bin/prometheus" ]) ];
      # prometheus.yml refers to rules and discovery files in folders beside it. A cluster mounts each of the three as a whole
      # folder, because a single mounted file is never updated. This link puts prometheus.yml beside the other two.
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
    # A platform without Grafana has the other images.
    lib.filterAttrs (name: _: name != "grafana" || pkgs.grafana.meta.available or true) images
  );
in
{
  all = available;
  # The images of our own programs, whose size is limited.
  own = lib.attrNames packages.services ++ [ "lab" ];
  # Flat names, because `nix flake check` does not accept a set within packages.
  public = lib.mapAttrs' (name: lib.nameValuePair "image-${name}") available;
}
