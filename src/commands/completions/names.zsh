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
