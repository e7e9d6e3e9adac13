#!/usr/bin/env bash
# Usage: check-image.sh MEBIBYTES|any
# Reads a docker-archive from stdin. Fails if it contains a shell or a compiler, if it would run as root, or if it is too large.
set -euo pipefail

# Programs that help an attacker.
forbidden='(^|/)(s?bin|libexec)/(sh|bash|dash|ash|zsh|ksh|fish|busybox|toybox|cc|c\+\+|gcc|g\+\+|clang|tcc|rustc|cargo|go|ld|as|perl|python[0-9.]*)$'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tee "$folder/archive.tar" | gzip -6 | wc -c >"$folder/size"
mkdir "$folder/image"
tar -xf "$folder/archive.tar" -C "$folder/image"
cd "$folder/image"

files=0
while read -r layer; do
    tar -tf "$layer" >"$folder/files"
    files=$((files + $(wc -l <"$folder/files")))
    if found=$(grep -E "$forbidden" "$folder/files"); then
        echo "this image must not contain a shell or a compiler, but it contains:" >&2
        echo "$found" >&2
        exit 1
    fi
done < <(find . -name '*.tar' | sort)
if [ "$files" -eq 0 ]; then
    echo "this image has no layers" >&2
    exit 1
fi

config=$(sed -n 's/.*"Config": *"\([^"]*\)".*/\1/p' manifest.json)
if ! grep -q '"User": *"65534:65534"' "$config"; then
    echo "this image must run as 65534:65534" >&2
    exit 1
fi

size=$(cat "$folder/size")
echo "$files files, $((size / 1048576)) MiB compressed"
if [ "$1" != any ] && [ "$size" -gt $(($1 * 1048576)) ]; then
    echo "this image must be smaller than $1 MiB compressed, but has $size bytes" >&2
    exit 1
fi
