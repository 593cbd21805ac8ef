#!/bin/sh
# Puts release 2.21 into the target, with the tests of the commit that was there: the default branch.
#
# The clone may lack the tag, if it is shallow or was told to leave tags out; files that are not here yet, in a partial
# clone, are fetched by the checkout.
set -eu

release=2.21

cd target
newest=$(git rev-parse --verify HEAD)
if ! git rev-parse --quiet --verify "refs/tags/$release^{commit}" > /dev/null; then
    set -- --quiet --no-tags
    if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
        set -- "$@" --depth=1
    fi
    if ! git fetch "$@" origin "refs/tags/$release:refs/tags/$release"; then
        echo "cannot get the tag $release of the target" >&2
        exit 1
    fi
fi

git checkout --quiet --detach "refs/tags/$release"
# The tests that only the release has must not run along.
rm -rf tests spread.yaml
git checkout --quiet "$newest" -- tests spread.yaml
