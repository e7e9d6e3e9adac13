# The functions of crane that the flake uses. They work at the checkout's path and in its target folder (nix/host/sandbox), so
# that nothing is compiled twice. The checks use the dev profile, cargo's default.
pkgs:
let
  inherit (pkgs) lib runCommand;

  cargo =
    kind: uses: arguments: commands:
    runCommand "${arguments.pname}-${kind}-${arguments.version}" (
      {
        cargoSource = arguments.src;
        nativeBuildInputs = [
          pkgs.cargo
          pkgs.cc
          pkgs.rustc
        ]
        ++ uses;
        meta = arguments.meta or { };
      }
      // arguments.env or { }
    ) commands;

  check =
    kind: uses: arguments: command:
    cargo kind uses arguments "${command}\ntouch $out";
in
{
  # Nothing to do, because the target folder contains the dependencies.
  buildDepsOnly =
    arguments:
    runCommand "${arguments.pname}-deps" { } "mkdir $out" // { manifests = arguments.src; };

  # With the features of the whole workspace, as `./lab up` compiles it, because `--package` would compile half of the
  # dependencies again. For that, the other members are present by their manifests.
  buildPackage =
    arguments:
    cargo "package" [ ] arguments ''
      cp -rn --no-preserve=mode ${arguments.cargoArtifacts.manifests}/. .
      for manifest in */*/Cargo.toml; do
        member=$(dirname "$manifest")
        [ -d "$member/src" ] || {
          mkdir "$member/src"
          touch "$member/src/lib.rs"
        }
      done
      cargo build --locked --release --workspace --bin ${arguments.pname}
      mkdir -p $out/bin
      cp $CARGO_TARGET_DIR/release/${arguments.pname} $out/bin/
    '';

  cargoFmt = arguments: check "fmt" [ pkgs.rustfmt ] arguments "cargo fmt --all -- --check";
  cargoClippy =
    arguments:
    check "clippy" [ pkgs.clippy ] arguments "cargo clippy --locked ${arguments.cargoClippyExtraArgs}";
  cargoNextest =
    arguments:
    check "nextest" [
      pkgs.cargo-nextest
    ] arguments "cargo nextest run --locked ${arguments.cargoNextestExtraArgs}";
  cargoDoc = arguments: check "doc" [ ] arguments "cargo doc --locked ${arguments.cargoDocExtraArgs}";
  cargoDeny =
    arguments:
    check "deny" [
      pkgs.cargo-deny
    ] arguments "cargo deny ${arguments.cargoDenyExtraArgs} check ${arguments.cargoDenyChecks}";
  taploFmt = arguments: check "toml-format" [ pkgs.taplo ] arguments "taplo fmt --check";
}
