# The programs: each service, and the lab with the programs and files that it needs.
{
  lib,
  pkgs,
  craneLib,
  source,
  tools,
  ...
}:
let
  inherit (lib.importTOML ../Cargo.toml) workspace;
  inherit (workspace.package) version;

  common = {
    inherit version;
    strictDeps = true;
  };

  # Compiled once, for every package and check.
  cargoArtifacts = craneLib.buildDepsOnly (
    common
    // {
      pname = "uptimepulse";
      src = source.dependencies;
    }
  );

  program =
    name:
    craneLib.buildPackage (
      common
      // {
        inherit cargoArtifacts;
        pname = name;
        src = source.service name;
        cargoExtraArgs = "--package ${name}";
        # A check of its own runs the tests.
        doCheck = false;
        meta.mainProgram = name;
      }
    );

  services = lib.genAttrs [
    "alert-logger"
    "api-gateway"
    "config-reloader"
    "dashboard-ui"
    "demo-target"
    "ping-agent"
  ] program;

  labProgram = program "lab";

  # The lab expects the services beside itself, monitoring/ in the folder above (unless it runs in a checkout), and the servers
  # on PATH.
  lab =
    pkgs.runCommand "lab-${version}"
      {
        nativeBuildInputs = [ pkgs.makeWrapper ];
        meta.mainProgram = "lab";
      }
      ''
        mkdir -p $out/libexec $out/bin
        cp ${labProgram}/bin/lab $out/libexec/
        ${lib.concatMapStrings (service: "ln -s ${service}/bin/* $out/libexec/\n") (
          lib.attrValues services
        )}
        cp -r ${source.select [ ../monitoring ]}/monitoring $out/
        makeWrapper $out/libexec/lab $out/bin/lab \
          --set-default LAB_COMMAND 'nix run .#lab --' \
          --prefix PATH : ${
            lib.makeBinPath [
              tools.prometheus
              tools.promtool
              tools.alertmanager
              pkgs.grafana
            ]
          }
      '';
in
{
  inherit
    cargoArtifacts
    common
    labProgram
    services
    version
    ;

  public = services // {
    inherit lab;
    default = lab;
  };
}
