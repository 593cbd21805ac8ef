# What the validation of updates of stable releases sets: the deb itself is tested, out of the proposed pocket.
export SPREAD_SRU_VALIDATION=1
export SPREAD_SNAP_REEXEC=0
export SPREAD_MODIFY_CORE_SNAP_FOR_REEXEC=0
export SPREAD_TRUST_TEST_KEYS=false
export SPREAD_CORE_CHANNEL=stable
# Of the value 2.68+ubuntu24.04, the tests want to know 2.68.
SPREAD_SRU_VALIDATION_VERSION=${SPREAD_CRON_VALUE:-}
export SPREAD_SRU_VALIDATION_VERSION="${SPREAD_SRU_VALIDATION_VERSION%%+*}"
