#! /bin/sh
# Messages between hosts: MPI programs whose ranks are on several of them, by a stand-in for ssh (fake-ssh.c), through
# libfabric on this machine's own addresses.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/launch/common.sh
. "${0%/*}/common.sh"
ln -s "$top_builddir/tests/launch/fake-ssh" "$bin/ssh" || exit 1
FAKE_SSH_LOG=$scratch/runs FAKE_SSH_ENV='ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS'
export FAKE_SSH_LOG FAKE_SSH_ENV
mpi=$top_builddir/tests/mpi

runs() { # runs OPTIONS... PROGRAM ARGUMENTS...: ends well
    job "$@" && gave 0
}
three="-H node1:9,node2:9,node3:9"
# shellcheck disable=SC2086 # words
{
    check "nobody talks" runs $three -n 6 "$mpi/init"
    check "2 ranks" runs $three --map-by node -n 2 "$mpi/sendrecv"
    check "5 ranks on 3 hosts, in turns" runs $three --map-by node -n 5 "$mpi/sendrecv"
    check "shared memory and network at once" runs -H node1:2,node2:3 -n 5 "$mpi/sendrecv"
    check "all ways to send" runs $three --map-by node -n 5 "$mpi/p2p_modes"
    check "datatypes" runs $three --map-by node -n 3 "$mpi/layouts"
    check "communicators" runs $three --map-by node -n 8 "$mpi/comm"
    check "communicators at random" runs -H node1:3,node2:3,node3:3 -n 8 "$mpi/comm_random" 3 80
    check "neighbours come together" runs -H node1:4,node2:4,node3:4,node4:4 -n 16 "$mpi/reorder" 24 16
    check "also those that were dealt out in turns" runs -H node1:4,node2:4,node3:4,node4:4 --map-by node -n 16 \
        "$mpi/reorder" 24 16
    check "on hosts of different sizes" runs -H node1:5,node2:2,node3:4 -n 11 "$mpi/reorder"
    check "sessions" runs $three --map-by node -n 4 "$mpi/sessions"
    check "many messages" runs $three --map-by node -n 6 "$mpi/stress" 10 3
    check "many messages of threads" runs -H node1:2,node2:2 -n 4 "$mpi/stress" 8 5 2
}

says() { # says SENTENCE OPTIONS...: once
    sentence=$1
    shift
    job "$@" && gave 0 && [ "$(grep -c "$sentence" "$err")" = 1 ]
}
check "-v says what libfabric has chosen" says "rank 0 talks through libfabric [0-9.]*, provider .* (.*), at " \
    -v -H node1,node2 -n 2 "$mpi/sendrecv"
check "and that nobody has loaded it" says "no rank has talked to another host, so libfabric was not loaded" \
    -v -H node1,node2 -n 2 "$mpi/init"
check "-v on one host, through libfabric all the same" says "rank 0 talks through libfabric" \
    -v --wire ofi -n 2 "$mpi/sendrecv"
check "what was freed before it could leave arrives" runs -H node1,node2 -n 2 "$mpi/network" freed
check "and what is long" runs -H node1,node2,node3 -n 3 "$mpi/network" freed 3000000
check "long messages among short ones" runs -H node1:2,node2:2 -n 4 "$mpi/network" long
check "more messages at once than there are buffers for" runs --wire ofi -n 20 "$mpi/network" flood
provided() { # with a provider, where libfabric has it
    "$top_builddir/mpirun/godwit-info" network | grep '^  providers' | grep -qF " $1" || return 0
    GODWIT_PROVIDER=$1 runs --wire ofi -n 3 "$mpi/network" long
}
for provider in sockets 'tcp;ofi_rxm' shm; do
    check "the same with the provider $provider" provided "$provider"
done

fails() { # fails CODE SENTENCE OPTIONS...
    code=$1 sentence=$2
    shift 2
    job "$@"
    gave "$code" && grep -q "$sentence" "$err"
}
check "a rank that comes later" runs -H node1,node2 -n 1 "$mpi/sendrecv" : -n 1 sh -c "sleep 1; exec $mpi/sendrecv"
check "a rank that never comes" fails 17 "rank 1 cannot be reached: it has ended, and never had an address" \
    -H node1,node2 -n 1 "$mpi/sendrecv" : -n 1 true
check "a rank that dies" fails 137 "rank 1 (pid [0-9]* on node2) was killed by signal 9" -H node1,node2,node3 "$mpi/network" kill
check "a rank that dies in the middle of long messages" fails 137 "rank 1 (pid [0-9]* on node2) was killed by signal 9" \
    -H node1,node2,node3 "$mpi/network" kill long
check "strangers at the door" runs -H node1,node2,node3 "$mpi/network" garbage
plan
