#!/bin/bash
# A stand-in for spread (canonical/spread, and canonical/spread-plus with its reports), as it looks from outside: its
# flags, log lines, reports, reuse files, signals and exit codes. Nothing is allocated: a task runs on this machine, as
# the text behind `prepare:`, `execute:` and `restore:` of its task.yaml.
#
# In the folder of this file:
#   flavour   `plain` or `plus`
#   plan      bash that is sourced first; it may redefine the hooks and variables of the section below
#   events    what happened, one line each
#   calls/N/  args, cwd, stdin, environment and leader of the Nth start; a start with -h leaves only an event
set -u
home=$(dirname "$0")

# --- what a plan may redefine -----------------------------------------------------------------------------------------
help_status=0                     # older Go programs end -h with 2
machines_up() { :; }              # once the reuse file is written
project_prepare() { :; }          # a failure aborts all tasks
suite_prepare() { :; }            # a failure aborts all tasks of the suite $1
suite_restore() { :; }
interrupted() { :; }              # for each SIGINT
discarding() { :; }               # a failure leaves the machines as they are
summary() { closing_lines; }
report() { write_report "$1"; }

say() { printf '%(%Y-%m-%d %H:%M:%S)T %s\n' -1 "$*"; }
event() { printf '%s\n' "$*" >> "$home/events"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# --- flags, as Go reads them ------------------------------------------------------------------------------------------
names=(abend artifacts debug discard gc list pass repeat resend restore reuse reuse-pid seed shell shell-after shell-before v vv)
declare -A kind=([artifacts]=string [pass]=string [repeat]=int [reuse-pid]=int [seed]=int)
declare -A about=(
    [abend]='Stop without restoring on first error' [artifacts]='Where to store task artifacts'
    [debug]='Run shell after script errors' [discard]='Discard reused servers without running'
    [gc]='Garbage collect backend resources when possible' [list]='Just show list of jobs that would run'
    [pass]='Server password to use, defaults to random' [repeat]='Number of times to repeat each task'
    [resend]='Resend project content to reused servers' [restore]='Run only the restore scripts'
    [reuse]='Keep servers running for reuse' [reuse-pid]='Reuse servers from crashed process'
    [seed]='Seed for job order permutation' [shell]='Run shell instead of task scripts'
    [shell-after]='Run shell after task scripts' [shell-before]='Run shell before task scripts'
    [v]='Show detailed progress information' [vv]='Show debugging messages as well'
    [json]='Write a report of the run to this file' [logs]='Store the logs of failed tasks in this folder'
)
flavour=$(< "$home/flavour")
if [[ $flavour == plus ]]; then
    names=("${names[@]:0:5}" json list logs "${names[@]:6}")
    kind+=([json]=string [logs]=string)
fi

usage() {
    local name
    printf 'Usage of %s:\n' "$0" >&2
    for name in "${names[@]}"; do
        if [[ ${#name} -eq 1 ]]; then
            printf '  -%s\t%s\n' "$name" "${about[$name]}" >&2
        else
            printf '  -%s%s\n    \t%s\n' "$name" "${kind[$name]+ ${kind[$name]}}" "${about[$name]}" >&2
        fi
    done
}

misused() {
    printf '%s\n' "$*" >&2
    usage
    exit 2
}

# shellcheck source=/dev/null
[[ ! -e $home/plan ]] || source "$home/plan"

declare -A flag=()
arguments=("$@")
while (($#)); do
    [[ $1 == -?* ]] || break
    word=$1
    shift
    [[ $word != -- ]] || break
    name=${word#-}
    name=${name#-}
    name=${name%%=*}
    if [[ $name == h || $name == help ]]; then
        event help
        usage
        exit "$help_status"
    fi
    [[ " ${names[*]} " == *" $name "* ]] || misused "flag provided but not defined: -$name"
    if [[ $word == *=* ]]; then
        flag[$name]=${word#*=}
    elif [[ -z ${kind[$name]+set} ]]; then
        flag[$name]=true
    else
        (($#)) || misused "flag needs an argument: -$name"
        flag[$name]=$1
        shift
    fi
    if [[ ${kind[$name]-} == int && ! ${flag[$name]} =~ ^-?[0-9]+$ ]]; then
        misused "invalid value \"${flag[$name]}\" for flag -$name: parse error"
    fi
done
filters=("$@")
is() { [[ ${flag[$1]-false} == true ]]; }

# --- for the test to read ---------------------------------------------------------------------------------------------
call=1
until mkdir "$home/calls/$call" 2> /dev/null; do call=$((call + 1)); done
call=$home/calls/$call
((${#arguments[@]} == 0)) || printf '%s\0' "${arguments[@]}" > "$call/args"
printf '%s' "$PWD" > "$call/cwd"
readlink /proc/$$/fd/0 > "$call/stdin"
env -0 > "$call/environment"
read -r _ _ _ _ group _ < /proc/$$/stat
if [[ $group == "$$" ]]; then echo yes; else echo no; fi > "$call/leader"

# --- jobs -------------------------------------------------------------------------------------------------------------
[[ -e spread.yaml || -e .spread.yaml ]] || die 'cannot find spread.yaml or .spread.yaml'
machine=google:ubuntu-24.04-64

wanted() {
    local filter pattern
    ((${#filters[@]})) || return 0
    for filter in "${filters[@]}"; do
        pattern=${filter//.../*}
        [[ $filter == */ || $filter == *: ]] && pattern+='*'
        # shellcheck disable=SC2053 # it is a pattern
        [[ $1 == $pattern || $1 == "$machine":$pattern || $1 == google:$pattern ]] && return 0
    done
    return 1
}

jobs=()
for file in tests/*/*/task.yaml; do
    job=$machine:${file%/task.yaml}
    if [[ -e $file ]] && wanted "$job"; then jobs+=("$job"); fi
done
((${#jobs[@]})) || die 'nothing matches provider filter'
if is list; then
    printf '%s\n' "${jobs[@]}"
    exit 0
fi

# --- machines ---------------------------------------------------------------------------------------------------------
reuse_file=.spread-reuse.$$.yaml
if [[ -n ${flag[reuse-pid]-} ]]; then
    reuse_file=.spread-reuse.${flag[reuse-pid]}.yaml
elif is reuse || is discard; then
    reuse_file=.spread-reuse.yaml
fi

discard_machines() {
    say "Discarding $machine..."
    if ! discarding; then
        say "Error discarding $machine: the backend is not in the mood"
        event "not discarded: $reuse_file"
        return 1
    fi
    rm -f "$reuse_file"
    event "discarded: $reuse_file"
}

if is discard; then
    [[ -s $reuse_file || -s $reuse_file.new ]] || { rm -f "$reuse_file"; exit 0; }
    # The real one forgets a machine that it could not discard.
    discard_machines || rm -f "$reuse_file"
    exit 0
fi

stopped=no signals=0 noticed=0
trap 'stopped=yes signals=$((signals + 1))' INT

# Not in the trap itself, because a signal that comes while it runs is lost.
notice() {
    while ((noticed < signals)); do
        noticed=$((noticed + 1))
        event interrupted
        interrupted
    done
}

say 'Project content is packed for delivery (1.00KB).'
say "Allocating $machine..."
printf 'backends:\n    google:\n        systems:\n            - ubuntu-24.04-64:\n                address: 192.0.2.1\n' > "$reuse_file"
event "allocated: $reuse_file"
machines_up

# --- tasks ------------------------------------------------------------------------------------------------------------
passed=() aborted=() failed=() failed_prepare=() failed_restore=()
failed_suite_prepare=() failed_suite_restore=() failed_project_prepare=()
items=()

# Verb, level, full name, success, aborted. A report has the parts of the name apart, and none for a project.
item() {
    local backend system name variant
    IFS=: read -r backend system name variant <<< "$3"
    [[ $2 == task ]] || name='' variant=''
    items+=("{\"verb\":\"$1\",\"backend\":\"$backend\",\"system\":\"$system\",\"level\":\"$2\",\"name\":\"$name\",\
\"variant\":\"$variant\",\"success\":$4,\"aborted\":$5,\"skipped\":false}")
}

# The text behind a key of a task.yaml: of its line, or of the lines below it that are indented.
text_of() {
    local line text='' inside=no
    while IFS= read -r line || [[ -n $line ]]; do
        if [[ $line == "$2:"* ]]; then
            inside=yes
            line=${line#"$2:"}
            [[ $line =~ ^\ *\|$ ]] || text+="$line"$'\n'
        elif [[ $line =~ ^[^[:space:]] ]]; then
            inside=no
        elif [[ $inside == yes ]]; then
            text+="$line"$'\n'
        fi
    done < "$1"
    printf '%s' "$text"
}

# One script of a task. A signal to this process does not end it.
script() {
    local verb=$1 job=$2 text child status
    text=$(text_of "${job#"$machine":}/task.yaml" "$verb")
    [[ -n $text ]] || return 0
    # Not with `wait`: a signal that comes right before it is not seen until it is over.
    rm -f "$call/status"
    {
        SPREAD_JOB=$job SPREAD_TASK=${job#"$machine":} bash -eu -c "$text" > "$call/output" 2>&1
        echo $? > "$call/status"
    } &
    child=$!
    while kill -0 "$child" 2> /dev/null; do
        sleep 0.01
        notice
    done
    status=1
    [[ ! -e $call/status ]] || status=$(< "$call/status")
    ((status)) || return 0
    say "Error $verb $job : "
    printf -- '-----\n%s\n-----\n' "$(< "$call/output")"
    if is debug; then
        say "Starting shell to debug..."
        local line=
        read -r line
        event "shell: $line"
    fi
    if [[ -n ${flag[logs]-} ]]; then
        mkdir -p "${flag[logs]}"
        cp "$call/output" "${flag[logs]}/${job//[:\/]/_}.$verb.log"
    fi
    return 1
}

if ! project_prepare; then
    say 'Error preparing project'
    failed_project_prepare=("$machine:project")
    item preparing project "$machine:project" false false
fi
number=0 suite=
for job in "${jobs[@]}"; do
    number=$((number + 1))
    if [[ ${job%/*}/ != "$suite" ]]; then
        suite=${job%/*}/
        if [[ $stopped == no && ${#failed_project_prepare[@]} -eq 0 ]]; then
            say "Preparing $suite ($machine)..."
            suite_prepare "$suite" || failed_suite_prepare+=("$suite")
        fi
    fi
    if [[ $stopped == yes || ${#failed_project_prepare[@]} -gt 0 || " ${failed_suite_prepare[*]} " == *" $suite "* ]]; then
        aborted+=("$job")
        item "" task "$job" false true
        continue
    fi
    say "Preparing $job ($machine)..."
    if script prepare "$job"; then
        item preparing task "$job" true false
        say "Executing $job ($machine) ($number/${#jobs[@]})..."
        if script execute "$job"; then
            passed+=("$job")
            item executing task "$job" true false
        else
            failed+=("$job")
            item executing task "$job" false false
        fi
    else
        failed_prepare+=("$job")
        item preparing task "$job" false false
    fi
    say "Restoring $job ($machine)..."
    if script restore "$job"; then
        item restoring task "$job" true false
    else
        failed_restore+=("$job")
        item restoring task "$job" false false
    fi
done
say "Restoring $suite ($machine)..."
suite_restore "$suite" || failed_suite_restore+=("$suite")

left=no
if ! is reuse; then
    discard_machines || left=yes
fi

# --- how it ended -----------------------------------------------------------------------------------------------------
list_of() {
    local title=$1 name
    shift
    (($#)) || return 0
    say "$title: $#"
    for name in "$@"; do printf '    - %s\n' "$name"; done
}

closing_lines() {
    say "Successful tasks: ${#passed[@]}"
    say "Aborted tasks: ${#aborted[@]}"
    list_of 'Failed tasks' "${failed[@]}"
    list_of 'Failed task prepare' "${failed_prepare[@]}"
    list_of 'Failed task restore' "${failed_restore[@]}"
    list_of 'Failed suite prepare' "${failed_suite_prepare[@]}"
    list_of 'Failed suite restore' "${failed_suite_restore[@]}"
    list_of 'Failed project prepare' "${failed_project_prepare[@]}"
}

write_report() {
    local IFS=,
    {
        printf '{"items":[%s],"results":{' "${items[*]}"
        printf '"task-passed":%d,"task-failed":%d,' "${#passed[@]}" "${#failed[@]}"
        printf '"task-prepare-failed":%d,' "${#failed_prepare[@]}"
        printf '"task-aborted":%d,"task-restore-failed":%d,' "${#aborted[@]}" "${#failed_restore[@]}"
        printf '"suite-prepare-failed":%d,' "${#failed_suite_prepare[@]}"
        printf '"suite-restore-failed":%d,' "${#failed_suite_restore[@]}"
        printf '"project-prepare-failed":%d}}\n' "${#failed_project_prepare[@]}"
    } > "$1"
}

[[ -z ${flag[json]-} ]] || report "${flag[json]}"
summary
bad=$((${#failed[@]} + ${#failed_prepare[@]} + ${#failed_restore[@]} + ${#failed_suite_prepare[@]}))
bad=$((bad + ${#failed_suite_restore[@]} + ${#failed_project_prepare[@]}))
notice
event ended
if ((bad > 0)) || [[ $left == yes ]]; then die 'unsuccessful run'; fi
