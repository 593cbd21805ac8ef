# The image is tested with the snaps that it comes with.
export SPREAD_BUILD_SNAPD_FROM_CURRENT=false
export SPREAD_MODIFY_CORE_SNAP_FOR_REEXEC=0
