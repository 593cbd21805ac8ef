# What the shell of one run executes: POSIX, for bash and dash alike.
#
# Argument: the options file. It is read at the top level, not in a function, where `declare` would make its variables
# local. The options may `set -eu`, so nothing here may fail in passing, and every variable of theirs is read as `${x-}`.
#
# Prints nine fields, each ended by NUL: the exit status of the options, the seven settings, and `set` if there is an
# extractor. Then waits for one line on its standard input: `=VALUE`, the recorded value, or `-` if there is none. The
# end of the input means that the extractor must not run. What follows the fields is the output of the extractor.

# A runaway extractor fills neither the disk (1 GiB a file; dash counts blocks of 512 bytes, bash of 1,024) nor the table of
# open files.
if [ -n "${BASH_VERSION-}" ]; then ulimit -f 1048576; else ulimit -f 2097152; fi 2>/dev/null
ulimit -n 1024 2>/dev/null

# The options and the extractor have nothing to read, and the options cannot take the answer.
exec 9<&0 </dev/null
__spread_cron_options=$1
set --

# What options print is not a value. The redirection also undoes an `exec >FILE` of theirs.
. "$__spread_cron_options" >&2 9<&-
__spread_cron_status=$?

command printf '%s\0' "$__spread_cron_status" "${message-}" "${message_pattern-}" "${value_pattern-}" \
    "${manual-}" "${tree-}" "${timeout-}" "${pipefail-}" "${pattern_extractor:+set}"

IFS= command read -r __spread_cron_answer <&9 || exit 0
exec 9<&-
case $__spread_cron_answer in
=*) export SPREAD_CRON_OLD_VALUE="${__spread_cron_answer#=}" ;;
*) unset SPREAD_CRON_OLD_VALUE ;;
esac

unset __spread_cron_options __spread_cron_answer __spread_cron_status
# A failure in a pipeline counts. A shell without pipefail would end at the attempt.
if [ "${pipefail-}" = false ]; then
    :
elif [ -n "${BASH_VERSION-}" ] || (set -o pipefail) 2>/dev/null; then
    set -o pipefail
fi
# Two marks on stderr tell the words of the extractor from those of the options before it, and of their EXIT trap after it.
command printf '\0\001' >&2 || :
eval "${pattern_extractor-}"
__spread_cron_status=$?
command printf '\0\002' >&2 || :
# A trap may clean up, but what it prints is no value.
exec >/dev/null
exit "$__spread_cron_status"
