#!/usr/bin/env bash
# Reads a docker-archive from stdin and fails if there is a shell or a compiler in it, if it would run as root, or if it is
# too large: check-image.sh MEBIBYTES|any
set -euo pipefail

# What someone who got in would look for first.
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
        echo "in this image there must be no shell and no compiler, and there is:" >&2
        echo "$found" >&2
        exit 1
    fi
done < <(find . -name '*.tar' | sort)
if [ "$files" -eq 0 ]; then
    echo "there are no layers in this image" >&2
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
    echo "this image has to stay below $1 MiB compressed, and has $size bytes" >&2
    exit 1
fi
