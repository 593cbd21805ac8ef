# The branches, local and of all remotes, without the names of the remotes.
function __fish_git_spread_cron_resources
    begin
        command git for-each-ref --format='%(refname:strip=2)' refs/heads
        command git for-each-ref --format='%(refname:strip=3)' refs/remotes
    end 2>/dev/null | string match --invert HEAD | sort -u
end

function __fish_git_spread_cron_remotes
    command git remote 2>/dev/null
end

complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand @NAMING_COMMANDS@" -f -a "(__fish_git_spread_cron_resources)"

# The names in the catalog, or in one section of it.
function __fish_git_spread_cron_catalog
    command git spread-cron catalog 2>/dev/null | awk -v section="$argv[1]" '/^[^ ]/ { shown = !section || $1 == section; next } shown && NF { print $1 }'
end

complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog" -f -a "(__fish_git_spread_cron_catalog)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l from -r -f -a "(__fish_git_spread_cron_catalog Entries)"

# The keys of the kind of sources on the line, each with an equals sign.
function __fish_git_spread_cron_keys
    set -l words (commandline -opc)
    set -l kind (string match -rg '^--source=(.*)' -- $words)
    if set -l at (contains -i -- --source $words)
        set kind $words[(math $at + 1)]
    end
    switch "$kind"
        @KEYS_OF_KINDS@
    end
end

complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -f -a "(__fish_git_spread_cron_keys)"
