# git, with the -C and --git-dir of the line that is being completed if git's own completion has read them.
__git_spread_cron_git() {
    if declare -F __git > /dev/null; then
        __git "$@"
    else
        git "$@" 2> /dev/null
    fi
}

# Offers the lines of stdin that begin with $cur. Not by `compgen -W`, which would execute a branch called `$(x)`.
__git_spread_cron_offer() {
    local line quoted
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == "$cur"* ]]; then
            printf -v quoted %q "$line"
            COMPREPLY+=("$quoted")
        fi
    done
}

# The branches, local and of all remotes, without the names of the remotes.
__git_spread_cron_resources() {
    {
        __git_spread_cron_git for-each-ref --format='%(refname:strip=2)' refs/heads
        __git_spread_cron_git for-each-ref --format='%(refname:strip=3)' refs/remotes
    } | grep -vx HEAD | sort -u
}

# The names in the catalog, or in one section of it.
__git_spread_cron_catalog() {
    __git_spread_cron_git spread-cron catalog 2> /dev/null |
        awk -v section="${1:-}" '/^[^ ]/ { shown = !section || $1 == section; next } shown && NF { print $1 }'
}

# The keys of a kind of sources, each with an equals sign.
__git_spread_cron_keys() {
    case "$1" in
        # @KEYS_OF_KINDS@
        *) ;;
    esac
}

__git_spread_cron_takes_value() {
    case "$1" in
        @OPTIONS_WITH_VALUE@) return 0 ;;
        *) return 1 ;;
    esac
}

# Completes the last of the arguments. They are the words after the command.
__git_spread_cron_main() {
    local -a COMP_WORDS=(git-spread-cron)
    local word command="" only_names="" kind="" last="" behind_equals=""
    while (($#)); do
        [[ ${word-} != = ]] || behind_equals=$#
        word=$1
        shift
        # `--option=value` comes as one word from git and as three from bash; for clap's function it is two. Either
        # way, bash replaces only what stands behind the equals sign.
        case "$word" in
            --*=*) COMP_WORDS+=("${word%%=*}" "${word#*=}") ;;
            =) (($#)) || COMP_WORDS+=("") ;;
            *) COMP_WORDS+=("$word") ;;
        esac
        if (($#)); then
            case "$word" in
                --) only_names=1 ;;
                --source=*) kind=${word#*=} ;;
                @COMMANDS@) command=${command:-$word} ;;
            esac
            [[ $last != --source ]] || kind=$word
            [[ $word == = ]] || last=$word
        fi
    done
    local COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

    if [[ -z $only_names && $prev == --remote ]]; then
        __git_spread_cron_offer < <(__git_spread_cron_git remote)
    elif [[ -z $only_names && $command == customize && $prev == --resource ]]; then
        __git_spread_cron_offer < <(__git_spread_cron_resources)
    elif [[ -z $only_names && "$command $prev" == "add --from" ]]; then
        __git_spread_cron_offer < <(__git_spread_cron_catalog Entries)
    elif [[ -n $only_names && $command == @(run|customize) ]]; then
        # What follows is for another program.
        COMPREPLY=()
    elif [[ -z $only_names && $cur == -* ]] || __git_spread_cron_takes_value "$command $prev"; then
        _git_spread_cron_words git-spread-cron "$cur" "$prev"
    else
        case "$command" in
            @NAMING_COMMANDS@) __git_spread_cron_offer < <(__git_spread_cron_resources) ;;
            catalog)
                __git_spread_cron_offer < <(
                    [[ $prev != catalog ]] || echo show
                    __git_spread_cron_catalog
                )
                ;;
            add)
                COMPREPLY=()
                if [[ -n $kind && $word != = && $behind_equals != 1 && $cur != *=* ]]; then
                    # What a key is to be comes right behind it.
                    compopt -o nospace 2> /dev/null
                    __git_spread_cron_offer < <(__git_spread_cron_keys "$kind")
                fi
                ;;
            # Nothing here means a file or a folder to bash.
            demo | customize) COMPREPLY=() ;;
            *) _git_spread_cron_words git-spread-cron "$cur" "$prev" ;;
        esac
    fi
}

# What bash calls for `git-spread-cron`.
_git-spread-cron() {
    __git_spread_cron_main "${COMP_WORDS[@]:1:COMP_CWORD}"
}

# What git's completion calls for `git spread-cron`. Its variables: `words` are those of the line, `cword` is the index
# of the one that is being completed, and (since git 2.32) `__git_cmd_idx` the index of the command.
# shellcheck disable=SC2154
_git_spread_cron() {
    local index=${__git_cmd_idx:-}
    if [[ -z $index ]]; then
        index=1
        while ((index < cword)) && [[ ${words[index]} != spread-cron ]]; do
            ((index += 1))
        done
    fi
    # git puts the blank behind a word by itself, so it has told bash not to.
    compopt +o nospace 2> /dev/null
    __git_spread_cron_main "${words[@]:index + 1:cword - index}"
}

if [[ ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 || ${BASH_VERSINFO[0]} -gt 4 ]]; then
    complete -F _git-spread-cron -o nosort -o bashdefault -o default git-spread-cron
else
    complete -F _git-spread-cron -o bashdefault -o default git-spread-cron
fi
