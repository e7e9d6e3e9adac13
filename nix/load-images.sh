#!/usr/bin/env bash
# nix run .#load-images [-- COMMAND…]
#
# Loads every image into minikube (profile MINIKUBE_PROFILE), or runs COMMAND for each image, with the docker-archive on stdin and
# the name and tag in the variable IMAGE. Then writes the tags to terraform/images.auto.tfvars.json, where Terraform reads them.
set -euo pipefail

fail() {
    echo "load-images: $1" >&2
    exit 1
}

root=$PWD
while [ ! -f "$root/flake.nix" ] || [ ! -d "$root/terraform" ]; do
    [ "$root" != / ] || fail "run it in a checkout: no terraform/ found in $PWD or above"
    root=$(dirname "$root")
done

archive=$(mktemp)
trap 'rm -f "$archive"' EXIT

if [ $# -gt 0 ]; then
    load() { IMAGE=$1 "${@:2}" <"$archive"; }
else
    minikube status >/dev/null ||
        fail "minikube does not run (profile ${MINIKUBE_PROFILE:-minikube}): run minikube start, or pass a command: nix run .#load-images -- docker load"
    # minikube reports success even for an image that it could not load, so check.
    load() {
        minikube image load "$archive"
        minikube image ls | grep -qF "$1" ||
            fail "minikube reported that it loaded $1, but does not have it: free space on its disk, or run minikube delete and minikube start"
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
    echo "no image of Grafana for this platform: set grafana_enabled = false in terraform/terraform.tfvars"

# Only when all images are loaded, because an incomplete list would roll out an incomplete release.
jq '{image_tags: .}' <<<"$tags" >"$root/terraform/images.auto.tfvars.json"
echo "wrote the tags to terraform/images.auto.tfvars.json; next: terraform -chdir=terraform apply"
