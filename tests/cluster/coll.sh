#! /bin/sh
# Collective operations over several hosts: boards inside of each, messages between them.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/cluster/cluster.sh
. "${0%/*}/../cluster/cluster.sh"
cluster_or_skip 3 "$@"
# shellcheck source=tests/cluster/jobs.sh
. "${0%/*}/jobs.sh"
programs=$top_builddir/tests/mpi

runs() { # runs OPTIONS... PROGRAM ARGUMENTS
    job "$@" && gave 0 && said '' && wrote ''
}
check "moving data, hosts of 2, 3 and 1 ranks" runs -H node1:2,node2:3,node3:1 "$programs/coll_move"
check "reductions" runs -H node1:2,node2:3,node3:1 "$programs/coll_reduce"
check "reductions, ranks in turns" runs --map-by node -n 6 -H node1:2,node2:3,node3:1 "$programs/coll_reduce"
check "every size, ranks in turns" runs --map-by node -n 5 -H node1:2,node2:2,node3:1 "$programs/coll_boards" 9000 agreed
check "many at a time" runs -H node1:2,node2:2 "$programs/coll_many" 4 5
plan
