#!/bin/bash
# Puts git-spread-cron on the PATH of the next steps: a release that the table of checksums knows ($VERSION), a ready binary
# ($BIN), or one that is built from the source around this file ($FROM_SOURCE, or because there is no release).
# For bash 3.2 and newer.
#
# usage: setup.sh plan       set the outputs `build` (whether it has to be built), `built` (the folder) and `key` (of the cache)
#        setup.sh install    install it; what is in the folder $BUILT is not built again
set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
tree=${here%/action/setup}
number='^[0-9]+(\.[0-9]+)+(-[0-9A-Za-z.-]+)?$'
word='[A-Za-z0-9_][A-Za-z0-9_.-]*'

# Makes an annotation of a kind ($1) with a title ($2) and a text ($3), in which nothing is taken for a workflow command.
annotate() {
    local text=${3//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '::%s title=%s::%s\n' "$1" "$2" "$text"
}

notice() {
    annotate notice "$@"
}

# Ends the step with a message ($1).
fail() {
    annotate error 'Cannot install git-spread-cron' "$1"
    exit 1
}

# Sets $repository to the one that this action came from, as OWNER/NAME.
find_repository() {
    # shellcheck disable=SC2153 # the input, in capitals as every step has them
    repository=$REPOSITORY
    # The variable GITHUB_ACTION_REPOSITORY is empty in a composite action. Where the context was empty as well, the
    # runner has at least unpacked the action into _actions/OWNER/NAME/REF.
    if [[ -z $repository && $GITHUB_ACTION_PATH =~ /_actions/([^/]+/[^/]+)/ ]]; then
        repository=${BASH_REMATCH[1]}
    fi
    repository=${repository:-$GITHUB_REPOSITORY}
    [[ $repository =~ ^$word/$word$ ]] || fail "The repository of this action is not OWNER/NAME: $repository"
}

# Sets $target to the system and the architecture as the name of a release has them.
find_target() {
    local system machine
    system=$(uname -s)
    machine=$(uname -m)
    case $machine in
        amd64) machine=x86_64 ;;
        arm64) machine=aarch64 ;;
    esac
    case $system in
        MINGW* | MSYS* | CYGWIN* | Windows*)
            fail 'Windows lacks the process groups and signals that git-spread-cron needs. Use a runner with Linux or macOS.'
            ;;
        Linux) target=$machine-unknown-linux-musl ;;
        Darwin) target=$machine-apple-darwin ;;
        *) target=$machine-$system ;;
    esac
}

# Sets $version, if it is empty, to the newest one, and $sum to its checksum for $target. Where there is no such release, sets
# $why instead.
look_up() {
    local table known_version known_target known_sum is_known=''
    why='' sum=''
    table=$(grep -v '^#' -- "$here/checksums" || true)
    if [[ -z $table ]]; then
        why="There is no release of $repository yet."
        return
    fi
    [[ -n $version ]] || read -r version _ < <(tail -n 1 <<< "$table")
    while read -r known_version known_target known_sum; do
        [[ $known_version == "$version" ]] || continue
        is_known=yes
        [[ $known_target != "$target" ]] || sum=$known_sum
    done <<< "$table"
    [[ -n $is_known ]] || fail "Version $version is not in this action's table of checksums. Use the action of that version."
    [[ $sum =~ ^[0-9a-f]{64}$ ]] || why="Version $version was not built for $target."
}

# Sets $how to `ready`, `build` or `download`, and $why it is built.
decide() {
    why=''
    if [[ -n $ready ]]; then
        how=ready
        return
    fi
    find_repository
    find_target
    how=build
    if [[ $FROM_SOURCE == true ]]; then
        return
    fi
    local asked=$version
    look_up
    if [[ -z $why ]]; then
        how=download
    elif [[ -n $asked ]]; then
        # The source here may be that of another version.
        fail "$why Leave version: out to build this one from its source, or give a ready one as bin:."
    else
        version=''
    fi
}

# Prints one checksum of all files of the action. It is unpacked without its history, and its ref may be a branch: this stands
# for the commit.
source_sum() {
    local sums=(shasum -a 256)
    ! command -v sha256sum > /dev/null || sums=(sha256sum)
    (
        cd -- "$tree"
        find . \( -path ./target -o -path ./.git \) -prune -o -type f -exec "${sums[@]}" {} +
    ) | LC_ALL=C sort | checksum /dev/stdin
}

# A program for a newer system does not start on an older one.
system_name() {
    local ID='' VERSION_ID=''
    # shellcheck source=/dev/null
    [[ ! -r /etc/os-release ]] || . /etc/os-release
    printf '%s' "${target}-${ID:-$(uname -r)}${VERSION_ID-}"
}

plan() {
    decide
    local build=false
    if [[ $how == build ]]; then
        build=true
        printf 'key=git-spread-cron-%s-%s\n' "$(source_sum)" "$(system_name)" >> "$GITHUB_OUTPUT"
        local minutes='It takes about 4 minutes, once: the program goes to the cache of this repository.'
        [[ -z $why ]] || notice 'git-spread-cron is built from its source' "$why $minutes"
    fi
    printf 'build=%s\nbuilt=%s\n' "$build" "$folder/built" >> "$GITHUB_OUTPUT"
}

checksum() {
    if command -v sha256sum > /dev/null; then
        sha256sum < "$1"
    else
        shasum -a 256 < "$1"
    fi | cut -d ' ' -f 1
}

# Downloads $version for $target and unpacks it. What is not what the table says is not even looked into.
download() {
    local name=git-spread-cron-$version-$target releases=$GITHUB_SERVER_URL/$repository/releases/download
    curl --proto '=https' --tlsv1.2 --fail --location --silent --show-error --retry 5 --connect-timeout 30 \
        --output "$new/archive" -- "$releases/v$version/$name.tar.gz" ||
        fail "$name.tar.gz cannot be downloaded from $releases/v$version."
    [[ $(checksum "$new/archive") == "$sum" ]] ||
        fail "What was downloaded as $name.tar.gz has another checksum than the release. Nothing was installed."
    mkdir "$new/unpacked"
    tar -xzf "$new/archive" -C "$new/unpacked"
    mkdir "$new/root/bin"
    mv -- "$new/unpacked/$name/git-spread-cron" "$new/root/bin/"
    add_pages "$new/unpacked/$name"
}

# Takes what was built before, or builds it and leaves it in $BUILT for the cache.
build() {
    # shellcheck disable=SC2153 # as above
    local own built=$BUILT
    own=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$tree/Cargo.toml" | head -n 1)
    if [[ $("$built/bin/git-spread-cron" --version 2> /dev/null) == "git-spread-cron $own" ]]; then
        printf 'It was built before, and comes from the cache.\n'
    else
        rm -rf -- "$built"
        compile
        mkdir -p -- "$built"
        mv -- "$new/compiled/bin" "$built/bin"
    fi
    cp -R -- "$built/bin" "$new/root/bin"
    add_pages "$tree"
}

compile() {
    command -v cargo > /dev/null ||
        fail "${why:+$why }To build it, cargo is needed, and not there. See https://www.rust-lang.org/tools/install, or give a ready one as bin:."
    # Elsewhere, cargo would obey the configuration and the toolchain of the repository that is checked out.
    cd -- "$tree"
    # A job waits longer for the building than it would for a program that is not as fast as a release.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR=$new/target \
        cargo install --locked --path "$tree" --root "$new/compiled"
}

use_ready() {
    [[ -f $ready && -x $ready ]] || fail "bin: names no program: $ready"
    local place
    place=$(cd -- "$(dirname -- "$ready")" && pwd -P)
    if [[ $place -ef $folder/setup/bin ]]; then
        fail 'bin: is what an earlier step of this job has set up already. Leave that step out, or this one.'
    fi
    mkdir "$new/root/bin"
    ln -s -- "$place/$(basename -- "$ready")" "$new/root/bin/git-spread-cron"
}

# Puts the manual pages and completions of a source or release ($1) where man and the shells look for those of a program.
add_pages() {
    local share=$new/root/share
    mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
        "$share/fish/vendor_completions.d"
    cp -- "$1"/man/*.1 "$share/man/man1/"
    cp -- "$1/completions/git-spread-cron.bash" "$share/bash-completion/completions/git-spread-cron"
    cp -- "$1/completions/_git-spread-cron" "$share/zsh/site-functions/"
    cp -- "$1/completions/git-spread-cron.fish" "$share/fish/vendor_completions.d/"
}

# shellcheck disable=SC2153 # these are the inputs, in capitals as every step has them
version=${VERSION#v} ready=$BIN
[[ -z $version || $version =~ $number ]] || fail "version: is not a version: $version"
case $FROM_SOURCE in
    true | false) ;;
    *) fail "from-source: is true or false, not $FROM_SOURCE" ;;
esac
if [[ -n $ready && $FROM_SOURCE == true ]] || [[ -n $version && ($FROM_SOURCE == true || -n $ready) ]]; then
    fail 'Only one of version:, bin: and from-source: can be given.'
fi

# In the folder of this job: a tool that stays on a machine of one's own could be replaced by whatever runs there next.
folder=$RUNNER_TEMP/spread-cron
mkdir -p -- "$folder"
case $1 in
    plan)
        plan
        exit
        ;;
    install) decide ;;
esac
new=$(mktemp -d "$folder/new.XXXXXX")
trap 'rm -rf -- "$new"' EXIT
mkdir "$new/root"
case $how in
    ready) use_ready ;;
    build) build ;;
    download) download ;;
esac

said=$("$new/root/bin/git-spread-cron" --version) || fail 'The program does not start on this machine.'
said=${said#git-spread-cron }
[[ $said =~ $number ]] || fail "The program is not git-spread-cron; asked for its version, it says: $said"
[[ -z $version || $said == "$version" ]] || fail "The release of version $version says that it is version $said."

rm -rf -- "$folder/setup"
mv -- "$new/root" "$folder/setup"
printf '%s\n' "$folder/setup/bin" >> "$GITHUB_PATH"
printf 'version=%s\npath=%s\n' "$said" "$folder/setup/bin/git-spread-cron" >> "$GITHUB_OUTPUT"
printf 'git-spread-cron %s is installed.\n' "$said"
