# shellcheck shell=bash
# Shared by the scripts of this folder. Usage: SCRIPT NIX, where NIX is `nix` or the path of nix/host/run.
set -euo pipefail

fail() {
    echo "$(basename "$0"): $1" >&2
    exit 1
}

root=$PWD
nix=$1
# The scripts use this variable.
# shellcheck disable=SC2034
system=$(uname -m)-linux
folder=$(mktemp -d)
# Scripts append the commands that clean up.
on_exit=(rm -rf "$folder")
trap '"${on_exit[@]}"' EXIT

# Makes the downloads of this checkout available to nix/host/run in another one.
tools=$root/.lab/tools
export PATH=$PATH:$tools/python/bin:$tools/prometheus/usr/bin:$tools/alertmanager/usr/bin:$tools/go/bin
export NIX_CONFIG="extra-experimental-features = nix-command flakes"

# Copies the current files of this checkout into a new checkout in $1.
clone() {
    mkdir -p "$1"
    git ls-files -z | while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || cp -a --parents "$file" "$1"
    done
    git -C "$1" init -q
    git -C "$1" add -A
}

# Runs nix in the checkout $1. A clone has its own target folder.
nix_in() {
    local where=$1
    shift
    if [ "$nix" = nix ]; then
        (cd "$where" && nix "$@")
    elif [ "$where" = "$root" ]; then
        (cd "$where" && nix/host/run "$@")
    else
        (cd "$where" && env -u CARGO_TARGET_DIR nix/host/run "$@")
    fi
}
