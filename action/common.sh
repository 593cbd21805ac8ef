# shellcheck shell=bash
# What the steps of the actions share: git's credential, who commits, and the clone. For bash 3.2 and newer.

unset CDPATH

# Sets a key of git's configuration for what this step starts, and in no file.
git_config() {
    local number=${GIT_CONFIG_COUNT:-0}
    export "GIT_CONFIG_KEY_$number=$1" "GIT_CONFIG_VALUE_$number=$2"
    export GIT_CONFIG_COUNT=$((number + 1))
}

# Lets git use $SPREAD_CRON_TOKEN. It is in the environment of this step only: extractors get a clean one, and what a
# launch starts never gets this far.
use_token() {
    [[ -n ${SPREAD_CRON_TOKEN:-} ]] || return 0
    export SPREAD_CRON_TOKEN
    # The header that actions/checkout leaves in a clone would win.
    git_config "http.$GITHUB_SERVER_URL/.extraheader" ''
    git_config "credential.$GITHUB_SERVER_URL.helper" ''
    # shellcheck disable=SC2016 # git's shell expands it, so that the token is in no argument
    git_config "credential.$GITHUB_SERVER_URL.helper" \
        '!f() { test "$1" != get || printf "username=x-access-token\npassword=%s\n" "$SPREAD_CRON_TOKEN"; }; f'
}

# Becomes a program that runs code of others. Some runners (Forgejo, Gitea, act) set a token in the environment of every step,
# and the inputs of the action, too.
exec_without_tokens() {
    local without=() name
    while IFS= read -r name; do
        without+=(-u "$name")
    done < <(env | sed -nE 's/^(INPUT_[^=]*|ACTIONS_[^=]*TOKEN[^=]*|(GITHUB|GITEA|FORGEJO)_TOKEN)=.*/\1/p')
    exec env ${without[@]+"${without[@]}"} "$@"
}

# Commits as the bot of GitHub Actions, unless the clone or its user says who.
use_identity() {
    git config user.name > /dev/null || git_config user.name 'github-actions[bot]'
    git config user.email > /dev/null ||
        git_config user.email '41898282+github-actions[bot]@users.noreply.github.com'
}

# Clones the repository of the workflow into a folder ($1), with what else git clone is to know; nothing is checked out.
# A moment without a network must not cost what took hours, so it tries three times.
clone() {
    local folder=$1 url=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY try
    shift
    for try in 1 2 3; do
        # The pause is in seconds.
        ((try == 1)) || sleep "${SPREAD_CRON_PAUSE:-10}"
        rm -rf -- "$folder"
        ! git clone --quiet --no-checkout --no-tags "$@" -- "$url" "$folder" || return 0
    done
    printf '::error title=Cannot clone::git says why, in the log. The token has to be one that may read %s.\n' "${url//'%'/%25}"
    return 1
}

# Prints the address of the page of this workflow run.
run_page() {
    printf '%s\n' "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID/attempts/$GITHUB_RUN_ATTEMPT"
}

# Sets an output of this step. The value is one line.
output() {
    printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
}
