# The branches, local and of all remotes, without the names of the remotes.
(( $+functions[_git-spread-cron_resources] )) ||
_git-spread-cron_resources() {
    local -a names
    names=(
        ${(f)"$(_call_program resources git for-each-ref --format='%\(refname:strip=2\)' refs/heads 2>/dev/null)"}
        ${(f)"$(_call_program resources git for-each-ref --format='%\(refname:strip=3\)' refs/remotes 2>/dev/null)"}
    )
    names=(${(u)names:#HEAD})
    _wanted resources expl resource compadd -a names
}

(( $+functions[_git-spread-cron_remotes] )) ||
_git-spread-cron_remotes() {
    local -a names
    names=(${(f)"$(_call_program remotes git remote 2>/dev/null)"})
    _wanted remotes expl remote compadd -a names
}

# The names in the catalog, or in one section of it, which comes last.
(( $+functions[_git-spread-cron_catalog] )) ||
_git-spread-cron_catalog() {
    local -a names
    local section=
    [[ ${@[-1]} != (Entries|Sources) ]] || section=${@[-1]}
    names=(${(f)"$(_call_program catalog git spread-cron catalog 2>/dev/null |
        awk -v section="$section" '/^[^ ]/ { shown = !section || $1 == section; next } shown && NF { print $1 }')"})
    _wanted catalog expl 'name in the catalog' compadd -a names
}

# What may come behind `catalog`: one of its commands, or a name.
(( $+functions[_git-spread-cron_catalog_word] )) ||
_git-spread-cron_catalog_word() {
    local ret=1
    _git-spread-cron__subcmd__catalog_commands "$@" && ret=0
    _git-spread-cron_catalog "$@" && ret=0
    return ret
}

# The keys of the kind of sources on the line, each with an equals sign.
(( $+functions[_git-spread-cron_keys] )) ||
_git-spread-cron_keys() {
    local -a keys
    local kind=${words[(r)--source=*]#--source=}
    (( ! words[(I)--source] )) || kind=${words[words[(I)--source] + 1]}
    case $kind in
        @KEYS_OF_KINDS@
    esac
    [[ $PREFIX == *=* ]] || _wanted keys expl 'key' compadd -S '' -a keys
}
