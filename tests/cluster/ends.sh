#! /bin/sh
# How jobs on several hosts end: whatever dies, is cut off or hangs, mpirun says which host it was and ends, and no process
# is left on any host. The times are printed and not judged.
# shellcheck disable=SC2016,SC2317 # the ranks expand; functions are called by check
# shellcheck source=tests/cluster/cluster.sh
. "${0%/*}/../cluster/cluster.sh"
cluster_or_skip 3 "$@"
# shellcheck source=tests/cluster/jobs.sh
. "${0%/*}/jobs.sh"

# Each rank brings children that outlive a careless launcher.
begin() {
    start 24 "$@" -H node1:2,node2:2,node3:2 actor note "$notes" child session daemon deaf meet 24 sleep 60000
}
# after CODE PATTERN: what mpirun gave and said, and nothing is left.
after() {
    ended
    echo "mpirun ended after $took ms: $(cat "$err")"
    gave "$1" && said "$2" && nothing_left 1 2 3
}
end_test() { # end_test TEXT FUNCTION...: a check whose times are shown
    check "$@"
    sed -n 's/^/# /; /ended after\|nothing left/p' "$scratch/log"
}
kill_there() { # kill_there HOST SIGNAL NAME
    begin || return 1
    kill_pid=$(process_of "$1" "$3")
    begun=$(date +%s%N)
    cluster_on "$1" kill "-$2" "$kill_pid" || return 1
}

mpirun_killed() {
    begin && cluster_on 1 kill -KILL "$mpirun_pid" || return 1
    ended
    gave 137 && ! grep mpirun "$err" && nothing_left 1 2 3
}
end_test "mpirun is killed" mpirun_killed
guard_killed() {
    kill_there 2 KILL godwit-guard && after 1 'mpirun: the connection to node2 is lost *'
}
end_test "the guard of a host is killed" guard_killed
agent_killed() {
    kill_there "$1" KILL godwit-agent &&
        after 137 "mpirun: the agent of mpirun on node$1 ended unexpectedly (signal 9), and the job with it"
}
end_test "the agent of a host is killed" agent_killed 2
end_test "the agent of mpirun's own host is killed" agent_killed 1
rank_killed() { # and not one of its children
    begin || return 1
    rank=$(cluster_processes 3 | awk '$3 == "godwit-agent" { agent = $1 } { line[$1] = $2; name[$1] = $3 }
        END { for (p in line) if (line[p] == agent && name[p] == "actor") print p }' | sort -n | head -n 1)
    begun=$(date +%s%N)
    cluster_on 3 kill -KILL "$rank" || return 1
    after 137 'mpirun: rank [45] (pid [0-9]* on node3) was killed by signal 9 (SIGKILL, Killed); ending the job'
}
end_test "a rank is killed" rank_killed
ssh_killed() {
    kill_there 1 KILL ssh && after 1 'mpirun: the connection to node[23] is lost (ssh was killed by signal 9), and the job with it'
}
end_test "an ssh is killed" ssh_killed
sshd_killed() {
    begin || return 1
    sessions=$(cluster_processes 2 | sed -n 's/^\([0-9]*\) [0-9]* sshd$/\1/p')
    begun=$(date +%s%N)
    # shellcheck disable=SC2086 # words
    cluster_on 2 kill -KILL $sessions || return 1
    after 1 'mpirun: the connection to node2 is lost*'
}
end_test "the sshd of a host is killed" sshd_killed

cut() { # cut [silent]
    GODWIT_DETECT=2
    export GODWIT_DETECT
    begin || return 1
    unset GODWIT_DETECT
    cluster_cut 2 "$@"
    ended
    echo "mpirun ended after $took ms: $(cat "$err")"
    left_spared=sshd # its connection has no end that it could notice
    gave 1 && said 'mpirun: nothing has been heard of node2 for 2 s *' && nothing_left 1 2 3
    cut_status=$?
    left_spared=
    cluster_heal 2
    for session in $(cluster_processes 2 | sed -n 's/^\([0-9]*\) [0-9]* sshd$/\1/p'); do
        cluster_on 2 kill -KILL "$session"
    done
    return $cut_status
}
end_test "the network of a host is cut" cut
end_test "the network of a host is cut, and it does not notice" cut silent
frozen() {
    GODWIT_DETECT=2
    export GODWIT_DETECT
    begin || return 1
    unset GODWIT_DETECT
    cluster_freeze 2
    ended
    echo "mpirun ended after $took ms: $(cat "$err")"
    gave 1 && said 'mpirun: nothing has been heard of node2 for 2 s *' && nothing_left 1 3
    frozen_status=$?
    begun=$(date +%s%N)
    cluster_thaw 2
    nothing_left 2 && return $frozen_status
}
end_test "a host hangs, and goes on later" frozen
hangs() { # hangs NAME PATTERN
    GODWIT_DETECT=2
    export GODWIT_DETECT
    kill_there 2 STOP "$1" || return 1
    unset GODWIT_DETECT
    after 1 "$2"
}
end_test "the agent of a host hangs" hangs godwit-agent 'mpirun: the agent of mpirun on node2 has not answered for 2 s, and the job was ended without it'
end_test "the guard of a host hangs" hangs godwit-guard 'mpirun: nothing has been heard of node2 for 2 s *'

asked() { # asked SIGNAL CODE PATTERN
    begin && cluster_on 1 kill "-$1" "$mpirun_pid" && after "$2" "$3"
}
end_test "SIGTERM to mpirun" asked TERM 143 'mpirun: got signal 15 (SIGTERM); ending the job'
end_test "SIGINT to mpirun" asked INT 130 'mpirun: interrupted; ending the job (once more: at once)'
heeded() {
    start 3 -H node1,node2,node3 actor heed note "$notes" sleep 60000 || return 1
    cluster_on 1 kill -USR1 "$mpirun_pid"
    until_within 20 wrote "$(printf 'usr1\nusr1\nusr1')" >/dev/null
    cluster_on 1 kill -TERM "$mpirun_pid"
    ended
    gave 0 && wrote "$(printf 'usr1\nusr1\nusr1')" && nothing_left 1 2 3
}
end_test "SIGUSR1 and SIGTERM reach the ranks of all hosts" heeded
time_limit() {
    job --timeout 2 -H node1,node2,node3 actor deaf init sleep 60000
    cat "$err"
    begun=$(date +%s%N)
    gave 124 && grep -q '^    ranks 0-2: outside of MPI calls, sleeping$' "$err" && nothing_left 1 2 3
}
end_test "--timeout on several hosts" time_limit

chain() {
    GODWIT_FANOUT=1
    export GODWIT_FANOUT
    kill_there "$@" || return 1
    unset GODWIT_FANOUT
}
middle() {
    chain 2 KILL godwit-guard && after 1 'mpirun: the connection to node2 is lost *'
}
end_test "a chain of hosts, and the guard in its middle is killed" middle
far_agent() {
    chain 3 KILL godwit-agent && after 137 'mpirun: the agent of mpirun on node3 ended unexpectedly (signal 9), and the job with it'
}
end_test "a chain of hosts, and the agent at its end is killed" far_agent
far_guard() {
    chain 3 KILL godwit-guard && after 1 'mpirun: the connection to node3 is lost *'
}
end_test "a chain of hosts, and the guard at its end is killed" far_guard
off() { # the last one: there is no way back
    GODWIT_DETECT=2
    export GODWIT_DETECT
    begin || return 1
    unset GODWIT_DETECT
    cluster_off 3
    ended
    echo "mpirun ended after $took ms: $(cat "$err")"
    gave 1 && nothing_left 1 2 && case $(cat "$err") in
    'mpirun: nothing has been heard of node3 for 2 s '* | 'mpirun: the connection to node3 is lost'*) ;;
    *) return 1 ;;
    esac
}
end_test "a host loses its power" off
plan
