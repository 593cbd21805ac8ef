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
