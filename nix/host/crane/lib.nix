# The functions of crane that the flake uses. They run in the target folder of the checkout that nix was called in, so that
# what cargo compiled there is not compiled again; the checks in the dev profile, as `./lab test rust` has it.
pkgs:
let
  inherit (pkgs) lib machine runCommand;

  cargo =
    kind: uses: arguments: commands:
    runCommand "${arguments.pname}-${kind}-${arguments.version}"
      (
        {
          inherit (arguments) src;
          nativeBuildInputs = [ pkgs.cargo ] ++ uses;
          meta = arguments.meta or { };
          CARGO_HOME = machine.cargo;
          RUSTUP_HOME = machine.rustup;
          RUSTUP_TOOLCHAIN = machine.toolchain;
          CARGO_NET_OFFLINE = "true";
        }
        // arguments.env or { }
      )
      ''
        export CARGO_TARGET_DIR=$(readlink -f ${machine.state}/target)
        mkdir source
        cp -r $src/. source/
        chmod -R u+w source
        cd source
        # Everything in the store is from 1970, which cargo would take for unchanged.
        find . -type f -exec touch {} +
        ${commands}
      '';

  # Not incremental, and so under other names than what cargo compiles from the checkout itself: a test has the path of its
  # source compiled in.
  check =
    kind: uses: arguments: command:
    cargo kind uses arguments ''
      export CARGO_INCREMENTAL=0
      ${command}
      touch $out
    '';
in
{
  # Nothing to do: the target folder has them, or will.
  buildDepsOnly = arguments: runCommand "${arguments.pname}-deps" { } "mkdir $out";

  buildPackage =
    arguments:
    cargo "package" [ ] arguments ''
      cargo build --release ${arguments.cargoExtraArgs}
      mkdir -p $out/bin
      cp $CARGO_TARGET_DIR/release/${arguments.pname} $out/bin/
    '';

  cargoFmt = arguments: check "fmt" [ pkgs.rustfmt ] arguments "cargo fmt --all -- --check";
  cargoClippy =
    arguments:
    check "clippy" [
      pkgs.clippy
      pkgs.rustc
    ] arguments "cargo clippy --locked ${arguments.cargoClippyExtraArgs}";
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
