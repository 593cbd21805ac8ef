# The snap is tested as it was published, without the snapd of the tests in it.
export SPREAD_CORE_CHANNEL=candidate
export SPREAD_MODIFY_CORE_SNAP_FOR_REEXEC=0
export SPREAD_TRUST_TEST_KEYS=false
