# What the shell of one run executes: POSIX, for bash and dash alike.
#
# Arguments: the options file; `probe`, `run`, or `checked` (run, and a bad status of the options is known not to be
# a syntax error); the expected message, message_pattern, value_pattern, manual, tree and timeout.
#
# Prints a header of nine fields, each ended by NUL: the exit status of the options, the six settings, `set` if there
# is an extractor, and `run` or `stop`. What follows `run` is the output of the extractor.
#
# The options may `set -eu`, so nothing here may fail in passing, and every variable of theirs is read as `${x-}`. They
# are read at the top level, not in a function, where `declare` would make their variables local.

__spread_cron_options=$1 __spread_cron_mode=$2 __spread_cron_message=$3 __spread_cron_pattern=$4
__spread_cron_value_pattern=$5 __spread_cron_manual=$6 __spread_cron_tree=$7 __spread_cron_timeout=$8
set --

# What options print is not a value. The redirection also undoes an `exec >FILE` of theirs.
. "$__spread_cron_options" >&2
__spread_cron_status=$?

__spread_cron_next=stop
if [ "$__spread_cron_mode" = probe ] || [ -z "${pattern_extractor-}" ]; then
    :
elif [ "$__spread_cron_status" != 0 ] && [ "$__spread_cron_mode" != checked ]; then
    :
elif [ "x${message-}" = "x$__spread_cron_message" ] &&
    [ "x${message_pattern-}" = "x$__spread_cron_pattern" ] &&
    [ "x${value_pattern-}" = "x$__spread_cron_value_pattern" ] &&
    [ "x${manual-}" = "x$__spread_cron_manual" ] &&
    [ "x${tree-}" = "x$__spread_cron_tree" ] &&
    [ "x${timeout-}" = "x$__spread_cron_timeout" ]; then
    __spread_cron_next=run
fi

command printf '%s\0' "$__spread_cron_status" "${message-}" "${message_pattern-}" "${value_pattern-}" \
    "${manual-}" "${tree-}" "${timeout-}" "${pattern_extractor:+set}" "$__spread_cron_next"
if [ "$__spread_cron_next" != run ]; then
    exit 0
fi

unset __spread_cron_options __spread_cron_mode __spread_cron_message __spread_cron_pattern \
    __spread_cron_value_pattern __spread_cron_manual __spread_cron_tree __spread_cron_timeout __spread_cron_next \
    __spread_cron_status
eval "$pattern_extractor"
__spread_cron_status=$?
# An EXIT trap of the options runs after this: it may clean up, but what it prints is not part of the value.
exec >&2
exit "$__spread_cron_status"
