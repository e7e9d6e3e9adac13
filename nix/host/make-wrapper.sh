#!/usr/bin/env bash
# The part of nixpkgs' makeWrapper that the flake uses: makeWrapper PROGRAM WRAPPER OPTIONS
# shellcheck disable=SC2016 # the wrapper expands the variables
set -euo pipefail
program=$1 wrapper=$2
shift 2
{
    echo '#!/bin/sh'
    while [ $# -gt 0 ]; do
        case $1 in
            --set-default)
                printf 'export %s="${%s-%s}"\n' "$2" "$2" "$3"
                shift 3
                ;;
            --prefix)
                printf 'export %s="%s${%s:+%s$%s}"\n' "$2" "$4" "$2" "$3" "$2"
                shift 4
                ;;
            *)
                echo "makeWrapper: unknown option $1; allowed: --set-default, --prefix" >&2
                exit 1
                ;;
        esac
    done
    printf 'exec "%s" "$@"\n' "$program"
} >"$wrapper"
chmod +x "$wrapper"
