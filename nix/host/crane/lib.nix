# The functions of crane that the flake uses. They work in the checkout's place and target folder (nix/host/sandbox), so that
# what cargo compiled there is not compiled again; the checks in the dev profile, as cargo by itself has it.
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
  # Nothing to do: the target folder has them, or will.
  buildDepsOnly =
    arguments:
    runCommand "${arguments.pname}-deps" { } "mkdir $out" // { manifests = arguments.src; };

  # With the features that the whole workspace asks for, as `./lab up` compiles it: `--package` would compile half of the
  # dependencies once more. So the other members are there by their manifests.
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
