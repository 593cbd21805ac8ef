#!/bin/bash
# Puts git-spread-cron on the PATH of the next steps: a release that the table of checksums knows ($VERSION), a ready binary
# ($BIN), or one that is built from the source around this file ($FROM_SOURCE). For bash 3.2 and newer.
set -euo pipefail
unset CDPATH

releases=https://github.com/snapcore/git-spread-cron/releases/download
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
tree=${here%/action/setup}
number='^[0-9]+(\.[0-9]+)+(-[0-9A-Za-z.-]+)?$'
otherwise='Build it with from-source: true, or give a ready one as bin:.'

# Ends the step with a message ($1), in which nothing is taken for a workflow command.
fail() {
    local text=${1//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '::error title=Cannot install git-spread-cron::%s\n' "$text"
    exit 1
}

refuse_windows() {
    case $(uname -s) in
        MINGW* | MSYS* | CYGWIN* | Windows*)
            fail 'Windows lacks the process groups and signals that git-spread-cron needs. Use a runner with Linux or macOS.'
            ;;
    esac
}

# Sets $target to the system and the architecture as the name of a release has them.
find_target() {
    local system machine
    system=$(uname -s)
    machine=$(uname -m)
    case $machine in
        x86_64 | amd64) target=x86_64 ;;
        aarch64 | arm64) target=aarch64 ;;
        *) fail "There is no release for $machine. $otherwise" ;;
    esac
    case $system in
        Linux) target=$target-unknown-linux-musl ;;
        Darwin) target=$target-apple-darwin ;;
        *) fail "There is no release for $system. $otherwise" ;;
    esac
}

# Sets $version, if it is empty, to the newest one, and $sum to its checksum for $target.
look_up() {
    local table known_version known_target known_sum is_known=''
    table=$(grep -v '^#' -- "$here/checksums" || true)
    [[ -n $table ]] || fail "There is no release yet. $otherwise"
    [[ -n $version ]] || read -r version _ < <(tail -n 1 <<< "$table")
    sum=''
    while read -r known_version known_target known_sum; do
        [[ $known_version == "$version" ]] || continue
        is_known=yes
        [[ $known_target != "$target" ]] || sum=$known_sum
    done <<< "$table"
    [[ -n $is_known ]] || fail "Version $version is not in this action's table of checksums. Use the action of that version."
    [[ $sum =~ ^[0-9a-f]{64}$ ]] || fail "Version $version was not built for $target. $otherwise"
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
    local name=git-spread-cron-$version-$target
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

build() {
    command -v cargo > /dev/null || fail 'cargo is not there; from-source: true needs it. See https://www.rust-lang.org/tools/install'
    # Elsewhere, cargo would obey the configuration and the toolchain of the repository that is checked out.
    cd -- "$tree"
    # A job waits longer for the building than it would for a program that is not as fast as a release.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR=$new/target \
        cargo install --locked --path "$tree" --root "$new/root"
    add_pages "$tree"
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
new=$(mktemp -d "$folder/new.XXXXXX")
trap 'rm -rf -- "$new"' EXIT
mkdir "$new/root"
if [[ -n $ready ]]; then
    use_ready
elif [[ $FROM_SOURCE == true ]]; then
    refuse_windows
    build
else
    refuse_windows
    find_target
    look_up
    download
fi

said=$("$new/root/bin/git-spread-cron" --version) || fail 'The program does not start on this machine.'
said=${said#git-spread-cron }
[[ $said =~ $number ]] || fail "The program is not git-spread-cron; asked for its version, it says: $said"
[[ -z $version || $said == "$version" ]] || fail "The release of version $version says that it is version $said."

rm -rf -- "$folder/setup"
mv -- "$new/root" "$folder/setup"
printf '%s\n' "$folder/setup/bin" >> "$GITHUB_PATH"
printf 'version=%s\npath=%s\n' "$said" "$folder/setup/bin/git-spread-cron" >> "$GITHUB_OUTPUT"
printf 'git-spread-cron %s is installed.\n' "$said"
