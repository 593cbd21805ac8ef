# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_git_spread_cron_global_optspecs
    string join \n color= q/quiet v/verbose h/help V/version
end

function __fish_git_spread_cron_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_git_spread_cron_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_git_spread_cron_using_subcommand
    set -l cmd (__fish_git_spread_cron_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -s V -l version -d 'Print version'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "poll" -d 'Look at every resource, record what changed, push it'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "status" -d 'Show the last recorded value of every resource'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "log" -d 'Show the values of a resource through time'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "lint" -d 'Check the options of resources without executing them'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "add" -d 'Create the branch of a new resource'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "remove" -d 'Delete the branches of resources'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "pause" -d 'Make polls leave resources alone for a while'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "resume" -d 'Let polls look at paused resources again'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "catalog" -d 'List what can be watched out of the box'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "customize" -d 'Apply the customization of a resource to a target'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "run" -d 'Launch the suite for a state commit: clone, customize, run spread'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "result" -d 'Record how the suite took a value'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "pending" -d 'List the state commits that have no result yet'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "green" -d 'Print the newest value of a resource that passed'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "site" -d 'Write pages, feeds and badges about all resources, made from git alone'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "init" -d 'Write the GitHub workflow that polls on a schedule and launches what changed'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "demo" -d 'Play the main job through in a folder of its own, without a network'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c git-spread-cron -n "__fish_git_spread_cron_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -s j -l jobs -d 'How many extractors run side by side [default: spread-cron.jobs, else 4 for each core, at least 8]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l timeout -d 'The time limit of an extractor whose options set none [default: spread-cron.timeout, else 60s]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l network-timeout -d 'The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l shell -d 'The shell for options and extractors [default: spread-cron.shell, else bash, else sh]' -r -f -a "(__fish_complete_command)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l pass-env -d 'Let extractors see this variable of the environment; may be repeated [default: spread-cron.passEnv]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l isolation -d 'What extractors are kept from [default: spread-cron.isolation, else auto]' -r -f -a "auto\t'As much as the system has'
require\t'Refuse to run extractors where a required part is missing'
none\t'No isolation'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l every -d 'Stay, and poll again this long after the last poll began' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l fail-on -d 'Exit with 1 if resources failed: any of them, only all of them, or none' -r -f -a "any\t'At least one resource failed'
all\t'Every resource that was polled failed'
none\t'Never: they are only reported'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l format -d 'How to print the report' -r -f -a "human\t'Lines for a person'
json\t'One JSON document, described in git-spread-cron(1)'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l shard -d 'Poll this share of the resources: I of N, chosen by branch name' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l no-fetch -d 'Take the remote-tracking branches as they lie'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -s n -l dry-run -d 'Extract and compare, but fetch, record and push nothing'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l github -d 'In a step of GitHub Actions: set its outputs, write its summary, annotate what failed, and let no text of others be taken for a workflow command'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l force -d 'Poll the manual resources too'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -l first -d 'Record the present values of the named resources as their first, although their history has values under other messages'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -l format -d 'How to print the report' -r -f -a "human\t'Lines for a person'
json\t'One JSON document, described in git-spread-cron(1)'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -s n -l max-count -d 'Show at most this many values' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l format -d 'How to print the report' -r -f -a "human\t'Lines for a person'
json\t'One JSON document, described in git-spread-cron(1)'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l attempts -d 'Show every recorded launch of each value, with the tasks that failed or were flaky'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l tasks -d 'Instead of the values, count for each task that ever failed how often it was launched, failed, and was flaky'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -l shell -d 'The shell whose syntax is checked [default: spread-cron.shell, else bash, else sh]' -r -f -a "(__fish_complete_command)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -l format -d 'How to print the report' -r -f -a "human\t'Lines for a person'
json\t'One JSON document, described in git-spread-cron(1)'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l from -d 'Take this entry of the catalog, or all that match a glob; may be repeated' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l source -d 'Watch a source of this kind, without a shell; the keys come behind it' -r -f -a "clock\t'A new day, week or month (UTC)'
git\t'A branch or tag of a git repository'
http\t'A page or an answer of a web service'
header\t'A header that a web service answers with'
snap\t'A snap in a channel of the snap store'
deb\t'A source package in a pocket of Ubuntu'
github-release\t'The releases of a repository on GitHub'
github-run\t'The green runs of a workflow on GitHub'
pypi\t'A Python package on PyPI'
npm\t'A package on npm'
crates\t'A Rust crate on crates.io'
after\t'Another resource, after it passed'
file\t'A file on the machine that polls'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -s m -l message -d 'The message of its state commits: `MESSAGE (VALUE)`' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -s x -l extractor -d 'The command that prints the present value' -r -f -a "(__fish_complete_command)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l value-pattern -d 'Fail on values that do not match all of this regular expression' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l env -d 'Export this variable to the test suite (`custom/env.sh`); may be repeated' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l actions -d 'Take this file as `actions.sh`' -r -F
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l custom -d 'Take the files of this folder as `custom/`' -r -f -a "(__fish_complete_directories)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l target-repo -d 'Clone the target from here [default: spread-cron.target, else https://github.com/canonical/snapd]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l target-ref -d 'Take this branch, tag or commit of the target [default: its default branch]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l spread -d 'Run this in the target [default: spread-cron.spread, else `spread -v`]' -r -f -a "(__fish_complete_command)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l start-point -d 'Start from this commit and its files, instead of an empty tree' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l network-timeout -d 'The time limit of the push [default: spread-cron.networkTimeout, else 10m]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l catalog -d 'Look for entries in this folder first [default: spread-cron.catalog]' -r -f -a "(__fish_complete_directories)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l manual -d 'Leave it out of polls, unless `--force` is given'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -s n -l dry-run -d 'Print what would be created, and create nothing'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -l network-timeout -d 'The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -s n -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l until -d 'When the pause ends by itself: a day (its beginning, UTC) or a moment (RFC 3339) [default: when it is resumed]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l because -d 'Why, for those who look at the status' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l network-timeout -d 'The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -l network-timeout -d 'The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and not __fish_seen_subcommand_from show" -l catalog -d 'Look for entries in this folder first [default: spread-cron.catalog]' -r -f -a "(__fish_complete_directories)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and not __fish_seen_subcommand_from show" -l format -d 'How to print the report' -r -f -a "human\t'Lines for a person'
json\t'One JSON document, described in git-spread-cron(1)'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and not __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and not __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and not __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and not __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and not __fish_seen_subcommand_from show" -f -a "show" -d 'Print the options of an entry and the files that come along, or what a source takes'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and __fish_seen_subcommand_from show" -l catalog -d 'Look for entries in this folder first [default: spread-cron.catalog]' -r -f -a "(__fish_complete_directories)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand catalog; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l resource -d 'The resource whose customization is applied [default: the current branch]' -r -f -a "(__fish_git_spread_cron_resources)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l commit -d 'Take the customization from this commit, instead of the tip of the branch' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l worktree -d 'Take the customization as it lies in the work tree'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l check -d 'Only report the files of `custom/` whose originals have changed since they were written'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l github-env -d 'Append the variables of `custom/env.sh` to the file that `GITHUB_ENV` names'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l exec -d 'Then run the command after `--` in the target, with the variables of `custom/env.sh`'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand customize" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l commit -d 'The state commit; from another commit its files, and the value recorded last before it [default: the newest state commit]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l value -d 'The newest state commit with this value' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l files -d 'Which files of the resource are used [default: those of the state commit; the present ones if its launch failed or could not run]' -r -f -a "state\t'Those of the state commit'
tip\t'The present ones: of the tip of the branch, or of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l file -d 'Put a file into the folder of the resource under this name, and remove it afterwards; its content is a secret' -r -F
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l secret-env -d 'Replace the value of this variable by `***` wherever it is shown or kept' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l jobs -d 'For `--pending`: how many launches run side by side; the output of each comes when it has ended' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l attempts -d 'How often a task runs at most until it has passed [default: `attempts` in the options, else 1]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l workspace -d 'Where to work: a folder that is empty, not there yet, or was a workspace before [default: one for each resource below the cache folder of the user]' -r -f -a "(__fish_complete_directories)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l url -d 'Where the run can be looked at, for the result' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l grace -d 'How long an interrupted spread may take to restore and discard its machines' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l log -d 'Keep the output in this file, too' -r -F
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l out -d 'Leave the result, the log and spread\'s own logs in this folder, too (`result.json`, `spread.log`, `logs/`)' -r -f -a "(__fish_complete_directories)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l retry -d 'For `--pending` and `--if-pending`: as for `pending`' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l network-timeout -d 'The time limit of one fetch, clone or push [default: spread-cron.networkTimeout, else 1h for the target and 10m for the result]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l pending -d 'Launch everything that `pending` lists, one after the other, and record each result at once'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l record -d 'Record the result on the branch'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l if-pending -d 'Do nothing, and exit with 0, unless `pending` would list the state commit'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l no-check -d 'Do not look whether the resource still has the value when the launch ends'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l discard -d 'Only discard the machines that an earlier run left in the workspace'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l github -d 'In a step of GitHub Actions: set its outputs, write its summary, annotate what failed, and let no text of others be taken for a workflow command'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -s n -l dry-run -d 'Print each step as a command line, and do nothing'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l status -d 'How the suite ended [default: as the files say]' -r -f -a "passed\t'All of the suite passed'
failed\t'Something in the suite failed'
cancelled\t'It was ended before it was done'
infra-error\t'It could not run, or came to no verdict'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l commit -d 'The state commit that was launched, which files have to be about [default: the newest one, or as the files say]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l url -d 'Where the run can be looked at' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l from -d 'Take the results from these files, which `run` wrote (`result.json`)' -r -F
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l otherwise -d 'What to record for the resource if the files are not there or of no use' -r -f -a "passed\t'All of the suite passed'
failed\t'Something in the suite failed'
cancelled\t'It was ended before it was done'
infra-error\t'It could not run, or came to no verdict'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l expect -d 'Refuse files that name another status, and record nothing then' -r -f -a "passed\t'All of the suite passed'
failed\t'Something in the suite failed'
cancelled\t'It was ended before it was done'
infra-error\t'It could not run, or came to no verdict'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l network-timeout -d 'The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l github -d 'In a step of GitHub Actions: set its outputs, write its summary, annotate what failed, and let no text of others be taken for a workflow command'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand result" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l retry -d 'Include state commits whose suite could not run or was cancelled, until it was launched again this often' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -s n -l max-count -d 'List at most this many, those that have waited longest' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l format -d 'How to print the report' -r -f -a "human\t'Lines for a person'
json\t'One JSON document, described in git-spread-cron(1)'
matrix\t'One line of JSON for the `matrix` of a GitHub Actions job, at most 256 entries, the longest waiting first'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l shard -d 'Look at this share of the resources: I of N, as `poll --shard` has it' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l all -d 'Include what other tools recorded before this repository was adopted: state commits older than the first commit of this program on their branch'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l github -d 'In a step of GitHub Actions: set its outputs, write its summary, annotate what failed, and let no text of others be taken for a workflow command'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand pending" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand green" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l base-url -d 'The address at which the folder will be served, for the links of the feeds' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l title -d 'The title of the site [default: spread-cron]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l markdown -d 'Keep a table of all resources between the two markers of this Markdown file' -r -F
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l now -d 'The moment from which ages are counted (RFC 3339, or seconds since 1970) [default: now]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l remote -d 'Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]' -r -f -a "(__fish_git_spread_cron_remotes)"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l options-path -d 'Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l layout -d 'Where the files of resources lie: on the branch of each, or in folders of the default branch [default: spread-cron.layout, else auto]' -r -f -a "auto\t'Folders, if the tip of the default branch has any'
branch\t'On the branch of each resource'
folder\t'In folders of the default branch'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l single-file -d 'Write one page that holds everything, the newest values only'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -l local -d 'Use the local branches, and no remote'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand site" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand init" -l uses -d 'The repository that hosts the actions, and the tag, branch or commit to take [default: what the file that is there says, else the home of the project and the tag of this version]' -r -f
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand init" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand init" -s n -l dry-run -d 'Print the workflow, and write nothing'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand init" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand init" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand demo" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand demo" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand demo" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand completions" -s q -l quiet -d 'Say nothing but results and errors'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand completions" -s v -l verbose -d 'Say more about what is going on'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "poll" -d 'Look at every resource, record what changed, push it'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "status" -d 'Show the last recorded value of every resource'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "log" -d 'Show the values of a resource through time'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "lint" -d 'Check the options of resources without executing them'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "add" -d 'Create the branch of a new resource'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "remove" -d 'Delete the branches of resources'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "pause" -d 'Make polls leave resources alone for a while'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "resume" -d 'Let polls look at paused resources again'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "catalog" -d 'List what can be watched out of the box'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "customize" -d 'Apply the customization of a resource to a target'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "run" -d 'Launch the suite for a state commit: clone, customize, run spread'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "result" -d 'Record how the suite took a value'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "pending" -d 'List the state commits that have no result yet'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "green" -d 'Print the newest value of a resource that passed'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "site" -d 'Write pages, feeds and badges about all resources, made from git alone'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "init" -d 'Write the GitHub workflow that polls on a schedule and launches what changed'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "demo" -d 'Play the main job through in a folder of its own, without a network'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and not __fish_seen_subcommand_from poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand help; and __fish_seen_subcommand_from catalog" -f -a "show" -d 'Print the options of an entry and the files that come along, or what a source takes'

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

complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand poll status log lint run result pending green remove pause resume" -f -a "(__fish_git_spread_cron_resources)"

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
        case clock
            printf '%s\n' every= at= day= format=
        case git
            printf '%s\n' url= ref= tags= include= exclude= order=
        case http
            printf '%s\n' url= header= select= regex= include= exclude= order= absent= auth=
        case header
            printf '%s\n' url= names= absent= auth=
        case snap
            printf '%s\n' snap= channel= arch= field= absent=
        case deb
            printf '%s\n' package= series= pocket= distribution=
        case github-release
            printf '%s\n' repository= prereleases= include= exclude= order= absent= auth=
        case github-run
            printf '%s\n' repository= workflow= branch= absent= auth=
        case pypi
            printf '%s\n' package= absent=
        case npm
            printf '%s\n' package= tag= absent=
        case crates
            printf '%s\n' package= absent=
        case after
            printf '%s\n' resource=
        case file
            printf '%s\n' path= select= regex= include= exclude= order= absent=
    end
end

complete -c git-spread-cron -n "__fish_git_spread_cron_using_subcommand add" -f -a "(__fish_git_spread_cron_keys)"
