#!/bin/bash
# Finds out whether extractors can run as another user ($EXTRACTOR_USER) than that of the runner, who can push, become root
# and write what the runner obeys. If so, sets the outputs `shell`, the program that does it, and `tmpdir`, a folder for
# temporary files which that user can enter. If not, says why: that is no reason for a poll to fail. For bash 3.2 and newer.
set -euo pipefail

# Says in one line ($2) what is to be known, with a title ($1).
notice() {
    local text=${2//'%'/%25}
    text=${text//$'\r'/%0D}
    printf '::notice title=%s::%s\n' "$1" "${text//$'\n'/%0A}"
}

give_up() {
    notice 'Extractors run as the user of the runner' "$1 What they could do there, and how to forbid it: action/README.md, What sees which secret."
    exit 0
}

# Finds the shell that a poll would start by itself.
find_shell() {
    local name
    name=$(git config spread-cron.shell || true)
    case $name in
        '') shell=$(type -P bash || type -P sh || true) ;;
        /*) shell=$name ;;
        */*) shell=$PWD/$name ;;
        *) shell=$(type -P "$name" || true) ;;
    esac
    [[ -x $shell ]] || give_up "The shell ${name:-sh} was not found."
}

find_root() {
    local sudo
    sudo=$(type -P sudo || true)
    if [[ -n $sudo ]]; then
        "$sudo" -n true < /dev/null > /dev/null 2>&1 || give_up 'To become another user, sudo wants a password.'
        become=("$sudo" -n --)
    elif ((EUID == 0)); then
        become=()
    else
        give_up 'To become another user, sudo is needed, and not there.'
    fi
}

# A machine of GitHub's own is there for one job, and has no other users: the user may pass through the folders on the way to
# the clone and to the program, which those machines forbid by default.
open_way() {
    local path
    [[ ${RUNNER_ENVIRONMENT-} == github-hosted ]] || return 0
    for path in "$RUNNER_TEMP" "$git_dir"; do
        while [[ $path == /?* ]]; do
            [[ ! -O $path ]] || chmod o+x "$path" || true
            path=${path%/*}
        done
    done
}

# What the user may not read, and not write to. Users who can pass through the folder of temporary files must not see what is in it:
# the scripts of the steps lie there, and the credential of a checkout.
close_files() {
    local file
    chmod go-r "$RUNNER_TEMP" || true
    for file in "$RUNNER_TEMP"/_runner_file_commands "$RUNNER_TEMP"/git-credentials-*.config; do
        [[ ! -e $file ]] || chmod go-rwx "$file" || true
    done
    if git config --local --no-includes --get-regexp '^http\..*\.extraheader$' > /dev/null; then
        chmod go-rwx "$git_dir/config" || true
        has_secret=yes
    fi
    find "$git_dir" ! -type l -perm -0002 -exec chmod o-w {} + || true
}

# Writes the program that is given to the poll.
write_program() {
    {
        printf '#!%s -p\n# Written by action/poll.\n' "$BASH"
        printf '%s=%q\n' user "$EXTRACTOR_USER" group "$group" shell "$shell"
        printf 'become=('
        ((${#become[@]} == 0)) || printf '%q ' "${become[@]}"
        printf ')\nisolate=('
        ((${#isolate[@]} == 0)) || printf '%q ' "${isolate[@]}"
        printf ')\nsource %q\n' "$here/extractor-shell"
    } > "$program.new"
    chmod 755 "$program.new"
    mv -f -- "$program.new" "$program"
}

# What the program has to be able to do, in any shell. Its arguments are the options; what the user may not write to; what the
# user may not read either; and the clone.
# shellcheck disable=SC2016 # it is no other shell that is to expand it
examine='
fail() { echo "$1"; exit 0; }
. "$1" || fail "It cannot read the options."
[ "$(id -u)" = "$EXPECTED" ] || fail "It is not that user."
[ "${SPREAD_CRON_RESOURCE-}" = "a resource" ] && [ "${read_by-}" = "the shell" ] || fail "It lacks its variables."
[ -z "${SUDO_USER-}${LOGNAME-}" ] || fail "It has variables of others."
[ "$HOME" = "$(pwd)" ] && echo 2 >> folder/file && echo 3 > file || fail "It cannot write in its folder."
! sudo -n true < /dev/null > /dev/null 2>&1 || fail "It can become root."
git_dir=$2
shift 2
while [ "$1" != -- ]; do
    [ ! -w "$1" ] || fail "It can write to $1."
    shift
done
shift
for path; do
    [ ! -r "$path" ] && [ ! -w "$path" ] && [ ! -x "$path" ] || fail "It can reach $path."
done
if [ -r "$git_dir/HEAD" ] && [ -r "$git_dir/config" ] && git-spread-cron --version > /dev/null; then
    echo fine
else
    echo "fine, without the clone"
fi'

# Runs the program as a poll would, with this folder for temporary files ($1); sets $answer.
try() {
    local scratch uid command_files=$RUNNER_TEMP/_runner_file_commands
    uid=$(id -u "$EXTRACTOR_USER")
    answer='There is no folder for temporary files.'
    scratch=$(mktemp -d "$1/git-spread-cron-XXXXXX") || return 0
    mkdir -m 700 "$scratch/0" "$scratch/0/folder"
    echo 1 > "$scratch/0/folder/file"
    (umask 077 && echo 'read_by="the shell"' > "$scratch/0.options")
    [[ -e $command_files ]] || command_files=
    answer=$(cd -P "$scratch/0" && env -i PATH="$PATH" HOME="$(pwd -P)" SHELL="$program" TMPDIR="$1" EXPECTED="$uid" \
        SPREAD_CRON_RESOURCE='a resource' "$program" -c "$examine" probe "$(cd -P .. && pwd)/0.options" "$git_dir" \
        "$here" "$program" "$RUNNER_TEMP" "$git_dir" "$git_dir/config" "$git_dir/refs" "$git_dir/objects" -- \
        ${command_files:+"$command_files"} < /dev/null 2> "$scratch/stderr") || answer="It ends with $?."
    if [[ $answer != fine* ]]; then
        answer="$answer $(tail -n 1 "$scratch/stderr" | LC_ALL=C tr -cd '[:print:]')"
    fi
    rm -rf -- "$scratch" 2> /dev/null || answer="It leaves files behind."
}

# shellcheck disable=SC2153 # the input, in capitals as every step has them
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
[[ -n $EXTRACTOR_USER ]] || exit 0
cd -- "$CLONE"
git_dir=$(git rev-parse --absolute-git-dir)
find_shell
group=$(id -g "$EXTRACTOR_USER" 2> /dev/null) || give_up "There is no user $EXTRACTOR_USER."
find_root
isolate=()
if ${become[@]+"${become[@]}"} unshare --pid --fork --kill-child --mount-proc true < /dev/null > /dev/null 2>&1; then
    isolate=(unshare --pid --fork --kill-child --mount-proc)
fi
mkdir -p -- "$RUNNER_TEMP/spread-cron"
program=$RUNNER_TEMP/spread-cron/extractor-shell
write_program
open_way
has_secret=''
close_files
temporary=${TMPDIR:-/tmp}
try "$temporary"
if [[ $answer != fine* && $temporary != /tmp ]]; then
    temporary=/tmp
    try "$temporary"
fi
[[ $answer == fine* ]] || give_up "A shell of $EXTRACTOR_USER does not work. $answer"
if [[ $answer != fine ]]; then
    # Resources that follow others need it; but a secret in the clone is worse.
    [[ -n $has_secret ]] || give_up "$EXTRACTOR_USER cannot enter $git_dir, or not start git-spread-cron, which git spread-cron green needs."
    notice 'Extractors cannot read the clone' "It holds the token of actions/checkout: say persist-credentials: false. Extractors that call git spread-cron fail."
fi
printf 'shell=%s\ntmpdir=%s\n' "$program" "$temporary" >> "$GITHUB_OUTPUT"
