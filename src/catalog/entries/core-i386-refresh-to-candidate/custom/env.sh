# SPREAD_CORE_ARCH is for tests of your own: the spread.yaml of snapd does not read it.
export SPREAD_CORE_ARCH=i386
export SPREAD_CORE_CHANNEL=stable
export SPREAD_NEW_CORE_CHANNEL=candidate
