#! /bin/sh
# Messages between hosts that have interfaces nobody else gets to, slow and lossy networks, firewalls, and hosts that go
# away while ranks talk.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/cluster/cluster.sh
. "${0%/*}/../cluster/cluster.sh"
cluster_or_skip 4 "$@"
# shellcheck source=tests/cluster/jobs.sh
. "${0%/*}/jobs.sh"
mpi=$top_builddir/tests/mpi
all=node1:2,node2:2,node3:2,node4:2

runs() {
    job "$@" && gave 0 && said ''
}
check "8 ranks on 4 hosts, each with a docker0 of the same address" runs -H $all "$mpi/sendrecv"
check "random messages" runs -H $all "$mpi/stress" 5 3
check "collective operations" runs -H $all "$mpi/coll_many" 3 5
check "communicators" runs -H $all --map-by node "$mpi/comm_random" 3 30

# A firewall that lets ssh in, and nothing else.
firewall() {
    cluster_block 2 1024-65534 "$1"
    job -H node1,node2 "$mpi/network" talk 3
    cluster_unblock 2
    cat "$err"
    gave 17 && grep -q "rank [01] cannot be reached: .* cannot be connected: " "$err"
}
check "a firewall that says no" firewall reject
check "a firewall that says nothing" firewall drop

far_away() {
    cluster_cable 2 10 5 || return 1
    runs -H node1,node2,node3 "$mpi/network" talk 12
    far_status=$?
    cluster_cable_off 2 && return $far_status
}
check "10 ms of delay and 0.5 % of the packets lost, each way" far_away

begin() {
    start 6 -H node1:2,node2:2,node3:2 "$mpi/network" talk on "$notes"
}
goes() { # goes CODE PATTERN COMMAND...: that happens to host 2 while all ranks talk
    goes_code=$1 goes_pattern=$2
    shift 2
    GODWIT_DETECT=2
    export GODWIT_DETECT
    begin || return 1
    unset GODWIT_DETECT
    begun=$(date +%s%N)
    "$@"
    ended
    echo "mpirun ended after $took ms: $(cat "$err")"
    # shellcheck disable=SC2254 # a pattern
    case $(cat "$err") in $goes_pattern) ;; *) return 1 ;; esac
    gave "$goes_code" && nothing_left 1 3
}
kill_rank() {
    cluster_on 2 kill -KILL "$(process_of 2 network)"
}
check "a rank is killed while all talk" goes 137 'mpirun: rank [23] (pid [0-9]* on node2) was killed by signal 9 *' kill_rank
kill_agent() {
    cluster_on 2 kill -KILL "$(process_of 2 godwit-agent)"
}
check "an agent is killed while all talk" goes 137 'mpirun: the agent of mpirun on node2 ended unexpectedly (signal 9)*' kill_agent
check "a network is cut while all talk" goes 1 'mpirun: nothing has been heard of node2 for 2 s *' cluster_cut 2 silent
cluster_heal 2
for session in $(cluster_processes 2 | sed -n 's/^\([0-9]*\) [0-9]* sshd$/\1/p'); do
    cluster_on 2 kill -KILL "$session"
done
check "power fails while all talk" goes 1 'mpirun: *node2*' cluster_off 2
plan
