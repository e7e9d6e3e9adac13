# The files of the repository that each build gets. A change of any other file does not cause a rebuild.
{ lib }:
let
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

  # The folders of the workspace's members.
  members = lib.concatMap (
    parent:
    lib.filter (folder: lib.pathExists (folder + "/Cargo.toml")) (
      map (name: parent + "/${name}") (lib.attrNames (builtins.readDir parent))
    )
  ) [ ../services ../tests ];

  # The members that others depend on, by name.
  root = lib.importTOML ../Cargo.toml;
  libraries = lib.filterAttrs (_: dependency: dependency ? path) root.workspace.dependencies;

  # The folders of a member, of the members that its Cargo.toml names, and of theirs. Dev-dependencies too: cargo wants
  # their manifests even for a build without tests.
  withLibraries =
    folder:
    let
      manifest = lib.importTOML (folder + "/Cargo.toml");
      named = lib.attrNames ((manifest.dependencies or { }) // (manifest.dev-dependencies or { }));
      used = lib.filter (name: libraries ? ${name}) named;
      folderOf = name: ../. + "/${libraries.${name}.path}";
    in
    lib.unique ([ folder ] ++ lib.concatMap (name: withLibraries (folderOf name)) used);

  workspace = [
    ../.cargo
    ../Cargo.toml
    ../Cargo.lock
    # Cargo.toml names the members by wildcards, and cargo rejects a wildcard without a match.
    ../tests/README.md
  ];

  withoutTests = folder: difference folder (maybeMissing (folder + "/tests"));
in
{
  inherit select;

  # One member and the libraries it is made of.
  service = name: select (workspace ++ map withoutTests (withLibraries (../services + "/${name}")));

  # The sources for compiling the dependencies of all members: only manifests.
  dependencies = select (workspace ++ map (folder: folder + "/Cargo.toml") members);

  # All Rust code, and the files that its tests, lints and tools read.
  rust = select [
    ../.cargo
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
