#!/usr/bin/env bash
# mirror.sh DIR: builds a Terraform filesystem mirror of schema-only providers in DIR, and prints the path of a CLI
# configuration that uses it. For machines that can't reach the provider registry; needs Go:
#
#   export TF_CLI_CONFIG_FILE=$(tests/terraform/schema-provider/mirror.sh ~/.cache/schema-providers)
#
# With it `terraform init`, `validate`, `plan` and `test` (with mock_provider) work, and reject what the real providers
# would reject. It can't apply anything.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:?usage: mirror.sh DIR}"
dir=$(cd "$1" && pwd)

# Nothing is built again for the same sources.
sources=$(cd "$here" && cat go.mod go.sum main.go mirror.sh schemas/* | sha256sum)
if [ "$(cat "$dir/sources" 2>/dev/null)" != "$sources" ]; then
    rm -rf "${dir:?}"/{mirror,schemas,sources}
    cp -r "$here/schemas" "$dir/schemas"
    (cd "$here" && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags "-s -w -X main.schemaDir=$dir/schemas" \
        -o "$dir/schema-provider" .) >&2
    platform=$(go env GOOS)_$(go env GOARCH)
    while read -r name version; do
        provider=$dir/mirror/registry.terraform.io/hashicorp/$name/$version/$platform
        mkdir -p "$provider"
        ln "$dir/schema-provider" "$provider/terraform-provider-${name}_v$version"
    done <"$dir/schemas/versions"
    rm "$dir/schema-provider"
    printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s/mirror"\n  }\n}\n' "$dir" >"$dir/terraform.rc"
    echo "$sources" >"$dir/sources"
fi
echo "$dir/terraform.rc"
