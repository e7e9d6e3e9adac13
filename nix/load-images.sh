#!/usr/bin/env bash
# nix run .#load-images [-- COMMAND…]
#
# Loads every image into minikube (the profile of MINIKUBE_PROFILE), or feeds each to COMMAND: as a docker-archive on its
# stdin, its name and tag in the variable IMAGE. Then writes the tags to terraform/images.auto.tfvars.json, where Terraform
# reads them.
set -euo pipefail

fail() {
    echo "load-images: $1" >&2
    exit 1
}

root=$PWD
while [ ! -f "$root/flake.nix" ] || [ ! -d "$root/terraform" ]; do
    [ "$root" != / ] || fail "run it in a checkout: there is no terraform/ in $PWD or above"
    root=$(dirname "$root")
done

archive=$(mktemp)
trap 'rm -f "$archive"' EXIT

if [ $# -gt 0 ]; then
    load() { IMAGE=$1 "${@:2}" <"$archive"; }
else
    minikube status >/dev/null ||
        fail "minikube does not run (profile ${MINIKUBE_PROFILE:-minikube}): minikube start, or name a command: nix run .#load-images -- docker load"
    # minikube reports success for an image that it could not load, so look.
    load() {
        minikube image load "$archive"
        minikube image ls | grep -qF "$1" ||
            fail "minikube says that it loaded $1, and does not have it: minikube delete and start anew, or free its disk"
    }
fi

tags='{}'
while read -r name image stream; do
    echo "loading $image"
    "$stream" >"$archive" 2>/dev/null
    load "$image" "$@" || fail "could not load $image"
    tags=$(jq --arg name "$name" --arg tag "${image##*:}" '. + {($name): $tag}' <<<"$tags")
done <"$IMAGES"

grep -q '^grafana ' "$IMAGES" ||
    echo "there is no image of Grafana here: set grafana_enabled = false in terraform/terraform.tfvars"

# Only when all are there: half a list would roll out half a release.
jq '{image_tags: .}' <<<"$tags" >"$root/terraform/images.auto.tfvars.json"
echo "the tags are in terraform/images.auto.tfvars.json: terraform -chdir=terraform apply"
