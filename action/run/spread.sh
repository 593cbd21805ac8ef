#!/bin/bash
# Puts spread on the PATH of the next steps: a ready one by its path, or a version that go builds from its source, which go
# checks against its checksum database. For bash 3.2 and newer.
set -euo pipefail
unset CDPATH

fail() {
    printf '::error title=Cannot install spread::%s\n' "$1"
    exit 1
}

folder=$RUNNER_TEMP/spread-cron/bin
mkdir -p -- "$folder"
case $1 in
    spread@* | spread-plus@*)
        version=${1#*@}
        # A branch or "latest" would be another program tomorrow.
        if ! [[ $version =~ ^(v[0-9]+(\.[0-9]+)+[-.0-9A-Za-z]*|[0-9a-f]{40})$ ]]; then
            fail 'A version is a tag such as v1.2.3, or a commit of 40 hexadecimal digits.'
        fi
        command -v go > /dev/null || fail 'go is not there. Use actions/setup-go before, or give the path of a spread.'
        modules=(github.com/canonical/spread-plus)
        # It calls itself by the name of its old home, in all versions so far.
        [[ $1 == spread-plus@* ]] || modules=(github.com/snapcore/spread github.com/canonical/spread)
        for module in "${modules[@]}"; do
            ! GOBIN=$folder go install "$module/cmd/spread@$version" || break
        done
        [[ -x $folder/spread ]] || fail "go cannot build ${1%%@*} at $version; it says why, in the log."
        ;;
    *)
        [[ -x $1 && ! -d $1 ]] || fail 'Give the path of an executable file, spread@VERSION or spread-plus@VERSION.'
        program=$(cd -- "$(dirname -- "$1")" && pwd)/$(basename -- "$1")
        # It may be the very link of an earlier launch in this job.
        [[ $program -ef $folder/spread ]] || ln -sf -- "$program" "$folder/spread"
        ;;
esac
printf '%s\n' "$folder" >> "$GITHUB_PATH"
