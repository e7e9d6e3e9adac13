# Which files of the repository each build sees: what it does not see can't make it run again.
{ lib }:
let
  services = ../services;
  tests = ../tests;
  inherit (lib.fileset)
    difference
    maybeMissing
    toSource
    unions
    ;

  select =
    files:
    toSource {
      root = ../.;
      fileset = unions files;
    };

  crates =
    folder:
    lib.filter (name: lib.pathExists (folder + "/${name}/Cargo.toml")) (
      lib.attrNames (builtins.readDir folder)
    );
  members = crates services;

  # The members that a member's Cargo.toml names, and theirs. Dev-dependencies too: cargo wants their manifests even for a
  # build without tests.
  withLibraries =
    name:
    let
      manifest = lib.importTOML (services + "/${name}/Cargo.toml");
      named = lib.attrNames ((manifest.dependencies or { }) // (manifest.dev-dependencies or { }));
    in
    lib.unique (
      [ name ] ++ lib.concatMap withLibraries (lib.filter (dependency: lib.elem dependency members) named)
    );

  workspace = [
    ../Cargo.toml
    ../Cargo.lock
    # Cargo.toml names the members by wildcards, and cargo refuses one that nothing matches.
    ../tests/README.md
  ];

  withoutTests =
    name: difference (services + "/${name}") (maybeMissing (services + "/${name}/tests"));
in
{
  inherit select;

  # One member and the libraries it is made of.
  service = name: select (workspace ++ map withoutTests (withLibraries name));

  # What the dependencies of all members are compiled from; only their manifests matter.
  dependencies = select (
    workspace
    ++ map (name: services + "/${name}/Cargo.toml") members
    ++ map (name: tests + "/${name}/Cargo.toml") (crates tests)
  );

  # All Rust code, and what its tests, lints and tools read.
  rust = select [
    ../.config
    ../.github
    ../Cargo.lock
    ../Cargo.toml
    ../clippy.toml
    ../deny.toml
    ../docs/tour.md
    ../lab
    ../monitoring
    ../services
    ../terraform
    ../tests
    ./checks.nix
  ];
}
