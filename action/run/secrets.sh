#!/bin/bash
# The secrets of a launch, from the inputs of the action: which variables hold some, and files. For bash 3.2 and newer.
#
#   write    puts the files and a list of the variables into a folder that only this user may read
#   options  prints an option of run for each, one on a line
#   remove   removes the folder
set -euo pipefail
unset CDPATH
folder=$RUNNER_TEMP/spread-cron/secrets

fail() {
    printf '::error title=Cannot use the secrets::%s\n' "$1"
    exit 1
}

hide() {
    # What is too short for a secret would hide a good part of the log.
    ((${#1} < 6)) || printf '::add-mask::%s\n' "${1//'%'/%25}"
}

# The variables of the input `environment` whose values are long enough for a secret.
list_variables() {
    local line end=''
    while IFS= read -r line; do
        line=${line%$'\r'}
        if [[ -n $end ]]; then
            [[ $line != "$end" ]] || end=''
        elif [[ $line =~ ^([A-Za-z_][A-Za-z0-9_]*)'<<'(.+)$ ]]; then
            printf '%s\n' "${BASH_REMATCH[1]}"
            end=${BASH_REMATCH[2]}
        elif [[ $line =~ ^([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] && ((${#BASH_REMATCH[2]} >= 6)); then
            printf '%s\n' "${BASH_REMATCH[1]}"
        fi
    done <<< "$ENVIRONMENT"
}

write_files() {
    local line name='' end=''
    while IFS= read -r line; do
        if [[ -n $end && ${line%$'\r'} == "$end" ]]; then
            end=''
        elif [[ -n $end ]]; then
            printf '%s\n' "$line" >> "$folder/files/$name"
            hide "${line%$'\r'}"
        elif [[ ${line%$'\r'} =~ ^([A-Za-z0-9._-]+)'<<'(.+)$ ]]; then
            name=${BASH_REMATCH[1]} end=${BASH_REMATCH[2]}
            [[ $name != . && $name != .. ]] || fail "A file cannot be called $name."
            : > "$folder/files/$name"
        elif [[ -n ${line%$'\r'} ]]; then
            fail 'Each file is a block: a line NAME<<END, the lines of the file, and a line END.'
        fi
    done <<< "$FILES"
    [[ -z $end ]] || fail "The block of the file $name does not end with its mark."
}

case $1 in
    write)
        umask 077
        rm -rf -- "$folder"
        mkdir -p -- "$folder/files"
        list_variables > "$folder/variables"
        write_files
        ;;
    options)
        [[ -d $folder ]] || exit 0
        # An extractor must not run beside the secrets of a suite.
        printf -- '--no-check\n'
        while IFS= read -r name; do printf -- '--secret-env=%s\n' "$name"; done < "$folder/variables"
        shopt -s dotglob nullglob
        for file in "$folder"/files/*; do printf -- '--file=%s=%s\n' "${file##*/}" "$file"; done
        ;;
    remove) rm -rf -- "$folder" ;;
esac
