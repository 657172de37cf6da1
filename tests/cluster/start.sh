#! /bin/sh
# Jobs on several hosts, started by the real ssh: who runs where, output, input, exit codes, the environment.
# shellcheck disable=SC2016,SC2317 # the ranks expand; functions are called by check
# shellcheck source=tests/cluster/cluster.sh
. "${0%/*}/../cluster/cluster.sh"
cluster_or_skip 4 "$@"
# shellcheck source=tests/cluster/jobs.sh
. "${0%/*}/jobs.sh"
all=node1:2,node2:2,node3:2,node4:2
where='echo "$GODWIT_RANK of $GODWIT_SIZE, $GODWIT_LOCAL_RANK of $GODWIT_LOCAL_SIZE on $(uname -n)"'
eight="0 of 8, 0 of 2 on node1
1 of 8, 1 of 2 on node1
2 of 8, 0 of 2 on node2
3 of 8, 1 of 2 on node2
4 of 8, 0 of 2 on node3
5 of 8, 1 of 2 on node3
6 of 8, 0 of 2 on node4
7 of 8, 1 of 2 on node4"

four_hosts() {
    job "$@" -H $all sh -c "$where" && gave 0 && said '' && wrote "$eight"
}
check "8 ranks on 4 hosts" four_hosts
chain() {
    GODWIT_FANOUT=1 four_hosts
}
check "the same as a chain of hosts" chain
tree() {
    GODWIT_FANOUT=2 four_hosts
}
check "the same as a tree" tree
in_turns() {
    job --map-by node -n 6 -H $all sh -c "$where" && gave 0 && wrote "0 of 6, 0 of 2 on node1
1 of 6, 0 of 2 on node2
2 of 6, 0 of 1 on node3
3 of 6, 0 of 1 on node4
4 of 6, 1 of 2 on node1
5 of 6, 1 of 2 on node2"
}
check "ranks in turns" in_turns
only_there() {
    job -H node3:2 sh -c "$where" && gave 0 && said '' && wrote "0 of 2, 0 of 2 on node3
1 of 2, 1 of 2 on node3"
}
check "none on mpirun's own host" only_there
programs() {
    job -H node1 -n 1 echo master : -H node2,node3 -n 2 sh -c 'echo "worker on $(uname -n)"' && gave 0 &&
        wrote "master
worker on node2
worker on node3"
}
check "several programs" programs
mpi() {
    job -H $all actor init place finalize && gave 0 && said '' && wrote "$(seq 0 7 | sed 's/$/ of 8/')"
}
check "MPI_Init, rank, size, MPI_Finalize" mpi

code() {
    job -H $all sh -c "[ \$GODWIT_RANK != $1 ] || $2; sleep 60" && gave "$3" && said "$4"
}
check "a rank elsewhere exits with 7" code 5 'exit 7' 7 'mpirun: rank 5 (pid [0-9]* on node3) exited with code 7; ending the job'
check "a rank elsewhere is killed" code 7 'kill -SEGV $$' 139 \
    'mpirun: rank 7 (pid [0-9]* on node4) was killed by signal 11 (SIGSEGV, *); ending the job'
aborts() {
    job -H $all actor init @3 abort 9 @ sleep 60000 && gave 9 &&
        said 'mpirun: rank 3 (pid [0-9]* on node2) called MPI_Abort(MPI_COMM_WORLD, 9); ending the job'
}
check "MPI_Abort elsewhere" aborts
no_program() {
    cluster_on 1 sh -c 'mount -t tmpfs none /mnt && mkdir /mnt/here && ln -s /bin/true /mnt/here/program' || return 1
    job -H node1,node2 /mnt/here/program && gave 127 && said "mpirun: node2: there is no program '/mnt/here/program'"
}
check "a program that one host lacks" no_program
nothing_ran() {
    job -H node1,nowhere sh -c 'echo ran' && gave 1 && wrote '' &&
        said "mpirun: cannot start on nowhere: ssh says 'Could not resolve hostname nowhere: *"
}
check "nothing runs before all hosts have answered" nothing_ran

inputs() {
    head -c 300000 /dev/urandom | base64 >"$scratch/much"
    status=0
    cluster_on 1 mpirun "$@" sh -c 'cat | cksum' <"$scratch/much" >"$out" 2>"$err" || status=$?
    gave 0 && said ''
}
input_there() {
    inputs -H node2,node3 && wrote "$({ cksum </dev/null; cksum <"$scratch/much"; } | sort)"
}
check "standard input of a rank elsewhere" input_there
input_everywhere() {
    inputs --stdin all -H node1,node2:2 && wrote "$(for i in 1 2 3; do cksum <"$scratch/much"; done)"
}
check "standard input for ranks of all hosts" input_everywhere
not_read() {
    job --stdin all -H node1,node2 sh -c '[ $GODWIT_RANK = 0 ] || cat; echo done' && gave 0 && wrote "done
done"
}
check "standard input for all, and a host that does not read" not_read

much_output() {
    job -H $all actor lines 3000 80 && gave 0 && [ "$(wc -l <"$out")" = 24000 ] &&
        awk '{ if (length($0) != $3 || $2 != next_of[$1]++) { print "damaged: " $0; exit 1 } }' "$out"
}
check "24000 lines from 4 hosts, whole and in order" much_output
slow_reader() {
    status=0
    { cluster_on 1 mpirun -H $all actor lines 3000 1000; } 2>"$err" | { sleep 2; cat; } >"$out"
    [ "$(wc -l <"$out")" = 24000 ]
}
check "a slow reader gets all" slow_reader
tags() {
    GODWIT_TAG=host job -H node1,node2 sh -c 'echo $GODWIT_RANK; echo e >&2' && gave 0 && wrote "[0@node1] 0
[1@node2] 1" && [ "$(sort "$err")" = "[0@node1] e
[1@node2] e" ]
}
check "lines with rank and host" tags

environment() {
    A='one
two' DISPLAY=:7 job -x B=3 -H node2 sh -c 'echo "$A" "$B" "${DISPLAY-none}" "$USER" "${SSH_CLIENT:+login}"; pwd' && gave 0 &&
        wrote "$(printf 'one\ntwo 3 none root login\n%s' "$PWD" | sort)"
}
check "mpirun's environment and folder, without what is bound to its host" environment
by_name() {
    DISPLAY=:7 job -x DISPLAY -H node2 sh -c 'echo "$DISPLAY"' && gave 0 && wrote :7
}
check "-x passes on what is bound to a host" by_name
no_folder() {
    status=0
    cluster_on 1 sh -c 'cd /mnt/here && exec mpirun -H node2 true' \
        >"$out" 2>"$err" || status=$?
    gave 1 && said "mpirun: node2: cannot enter the folder '/mnt/here', where mpirun was started: *(-wdir names another)"
}
check "a folder that a host lacks" no_folder

key_is_secret() { # nothing of the job but mpirun's own name is on a command line
    start 4 -H node1:2,node2:2 actor note "$notes" sleep 60000 secretword || return 1
    for i in 1 2; do
        cluster_on $i sh -c 'for p in /proc/[0-9]*; do tr "\0" " " <$p/cmdline 2>/dev/null; echo; done' | grep -v 'actor note' |
            grep -v 'mpirun -H' | grep secretword && return 1
    done
    cluster_on 1 kill -TERM "$mpirun_pid"
    ended
    gave 143 && nothing_left 1 2
}
check "nothing of the job is on ssh's command line" key_is_secret
prefix() {
    job --prefix /nowhere -H node2 true && gave 1 &&
        said "mpirun: cannot start on node2: ssh says 'there is no /nowhere/bin/mpirun' (*)"
}
check "--prefix that is wrong" prefix
plan

# For people: how long it takes, beside one login.
now() {
    echo $(($(date +%s%N) / 1000000))
}
for hosts in node2 node1,node2,node3,node4; do
    begun=$(now)
    cluster_on 1 ssh -T -x -oBatchMode=yes node2 true </dev/null
    login=$(now)
    job -H "$(echo $hosts | sed 's/,/:2,/g'):2" actor init finalize
    echo "# one login: $((login - begun)) ms; 2 ranks each on $hosts, init to finalize: $(($(now) - login)) ms"
done
