#!/usr/bin/env bash
# mirror.sh DIR: builds Terraform filesystem mirrors of schema-only providers in DIR, and prints the path of a CLI
# configuration that uses the newest versions. It is for machines that can't reach the provider registry, and needs Go:
#
#   export TF_CLI_CONFIG_FILE=$(tests/terraform/schema-provider/mirror.sh ~/.cache/schema-providers)
#
# DIR/lowest.rc uses the lowest versions that terraform/versions.tf allows. A line of schemas/versions names both versions of a
# provider. Their schemas are identical, so one file is enough.
#
# With it `terraform init`, `validate`, `plan` and `test` (with mock_provider) work, and find the same errors as with the real
# providers. It can't apply anything.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:?usage: mirror.sh DIR}"
dir=$(cd "$1" && pwd)

# Builds nothing if the sources did not change.
sources=$(cd "$here" && cat go.mod go.sum main.go mirror.sh schemas/* | sha256sum)
if [ "$(cat "$dir/sources" 2>/dev/null)" != "$sources" ]; then
    rm -rf "${dir:?}"/{lowest,mirror,schemas,sources}
    cp -r "$here/schemas" "$dir/schemas"
    (cd "$here" && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags "-s -w -X main.schemaDir=$dir/schemas" \
        -o "$dir/schema-provider" .) >&2
    platform=$(go env GOOS)_$(go env GOARCH)
    # add MIRROR NAME VERSION: adds a provider to a mirror.
    add() {
        local provider=$1/registry.terraform.io/hashicorp/$2/$3/$platform
        mkdir -p "$provider"
        ln "$dir/schema-provider" "$provider/terraform-provider-${2}_v$3"
    }
    while read -r name lowest newest; do
        add "$dir/lowest" "$name" "$lowest"
        add "$dir/mirror" "$name" "$newest"
    done <"$dir/schemas/versions"
    rm "$dir/schema-provider"
    config='provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n'
    # shellcheck disable=SC2059 # it is a format
    printf "$config" "$dir/mirror" >"$dir/terraform.rc"
    # shellcheck disable=SC2059 # it is a format
    printf "$config" "$dir/lowest" >"$dir/lowest.rc"
    echo "$sources" >"$dir/sources"
fi
echo "$dir/terraform.rc"
