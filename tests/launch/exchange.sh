#! /bin/sh
# What the agents of several hosts exchange, by a stand-in for ssh (fake-ssh.c): addresses of ranks, and what a host has,
# where placing the ranks depends on it.
# shellcheck disable=SC2016,SC2317 # the ranks expand; functions are called by check
# shellcheck source=tests/launch/common.sh
. "${0%/*}/common.sh"
ln -s "$top_builddir/tests/launch/fake-ssh" "$bin/fake-ssh" && ln -s "$top_builddir/tests/launch/addresses" "$bin/addresses" || exit 1
# Each host has the machine that its name says; who asks for none has this one. Only mpirun itself gets to $ALONE.
cat >"$bin/ssh" <<'TEXT'
#! /bin/sh
for word; do
    if [ "$SSH_CONNECTION" ] && [ "$word" = "$ALONE" ]; then
        echo "root@$word: Permission denied (publickey)." >&2
        exit 255
    fi
    case $word in
    two-*) HWLOC_SYNTHETIC='package:1 core:2 pu:1' ;;
    eight-*) HWLOC_SYNTHETIC='package:2 l3cache:1 core:4 pu:1' ;;
    exec*) break ;;
    esac
done
export HWLOC_SYNTHETIC
[ "$HWLOC_SYNTHETIC" ] || unset HWLOC_SYNTHETIC
exec fake-ssh "$@"
TEXT
chmod +x "$bin/ssh" || exit 1
FAKE_SSH_LOG=$scratch/runs FAKE_SSH_ENV='ASAN_OPTIONS UBSAN_OPTIONS PATH TMPDIR FAKE_SSH_LOG FAKE_SSH_ENV HWLOC_SYNTHETIC ALONE'
export FAKE_SSH_LOG FAKE_SSH_ENV
unset SLURM_JOB_ID SLURM_JOBID PBS_JOBID JOB_ID LSB_JOBID HYDRA_HOST_FILE OMP_NUM_THREADS

# ---- addresses ----

knows_all() { # knows_all RANKS: each rank knows all of them
    i=0
    while [ "$i" -lt "$1" ]; do
        echo "$i knows $1"
        i=$((i + 1))
    done | LC_ALL=C sort
}
exchange() { # exchange RANKS OPTIONS...
    ranks=$1
    shift
    job "$@" -n "$ranks" addresses publish all 20
    gave 0 && said '' && wrote "$(knows_all "$ranks")"
}
check "2 hosts, each rank knows all addresses" exchange 4 -H node1:2,node2:2
check "2 hosts, one of them this one" exchange 4 -H "$host:2,node2:2"
check "ranks in turns" exchange 6 --map-by node -H node1:2,node2:2,node3:2
tree() {
    GODWIT_FANOUT=2 exchange "$@"
}
check "8 hosts as a tree" tree 16 -H 'node[1-8]:2'
check "8 hosts as a tree, one of them this one" tree 16 --map-by node -H "node[1-3]:2,$host:2,node[4-7]:2"
alone() { # a host that mpirun has to start itself, and those that were to be started from there
    export ALONE="$1"
    shift
    GODWIT_LOG=info GODWIT_FANOUT=1 job -H 'node[1-5]' "$@" addresses publish all 20
    gave 0 && grep -q "$ALONE could not be started by another host" "$err" && wrote "$(knows_all 5)"
}
check "a host that no other one can start" alone node2
check "the same, further down" alone node4
check "the same, when hosts are asked first" alone node3 --bind-to core --map-by node
unset ALONE
late() { # who publishes late delays those that need him, and no one else
    job -H node1:2,node2:2 addresses @3 sleep 1500 @ publish @!3 of 2 20 @0 of 3 20
    gave 0 && said '' && wrote "0 knows 2
0 knows 3
1 knows 2
2 knows 2"
}
check "a rank that comes late" late
never() {
    job -H node1:2,node2:2 addresses @!3 publish of 0 20 @0 of 3 1.5 @3 sleep 3000
    gave 0 && said '' && wrote "0 knows 0
0: rank 3 on node2 has not told its address within 1.5 s; has it called MPI_Init?
1 knows 0
2 knows 0"
}
check "a rank that never starts MPI" never
ended_without() {
    job -H node1:2,node2:2 addresses @!3 publish of 2 20 @0 of 3 60 @1 of 3 60
    gave 0 && said '' && wrote "0 knows 2
0: rank 3 on node2 has ended, and never had an address
1 knows 2
1: rank 3 on node2 has ended, and never had an address
2 knows 2"
}
check "a rank that ends and never had one" ended_without
local_ended() { # asked on its own node
    job -H node1:2,node2:2 addresses @!3 publish @2 of 3 60
    gave 0 && said '' && wrote "2: rank 3 on node2 has ended, and never had an address"
}
check "the same, on its own host" local_ended
killed() { # while others wait for its address
    job -H node1:2,node2:2 addresses @!3 publish of 3 60 @3 sleep 300 raise 9
    gave 137 && said 'mpirun: rank 3 (pid [0-9]* on node2) was killed by signal 9 (SIGKILL*'
}
check "a rank is killed meanwhile" killed
unwanted() { # nobody asks: nothing is exchanged
    GODWIT_LOG=info job -H node1:2,node2:2 addresses publish @1 of 1 0
    gave 0 && wrote '1 knows 1' && ! grep -q 'addresses of ranks are exchanged' "$err" || return 1
    GODWIT_LOG=info job -H node1:2,node2:2 addresses publish @0 of 3 20
    gave 0 && [ "$(grep -c 'the addresses of ranks are exchanged, as a rank on node1 needs one' "$err")" = 1 ]
}
check "ranks that ask for nothing" unwanted
one_host() {
    job -H node1:2 addresses publish @0 of 1 5
    gave 0 && said '' && wrote "0: rank 1 needs no address in a job on one node"
}
check "a job on one host" one_host

# ---- places that depend on what hosts have ----

shown() { # shown EXPECTED OPTIONS...: what --report-bindings says, and nothing runs
    printf '%s\n' "$1" >"$scratch/expected"
    shift
    : >"$FAKE_SSH_LOG"
    job --report-bindings --do-not-launch "$@" touch "$scratch/started-it"
    sed 's/ (of which a quota.*//' "$err" >"$scratch/told" # cpus of the name, time of this machine
    gave 0 && wrote '' && diff "$scratch/expected" "$scratch/told" && [ ! -e "$scratch/started-it" ]
}
check "--report-bindings shows all hosts" shown "mpirun: 6 ranks on 2 hosts, mapped by slot, each bound to one core
  (B: a cpu that it is bound to; / between cores, : between L3 caches or NUMA nodes, | between packages)
  two-1: 2 ranks, 2 slots, 2 cores, 2 cpus
    rank 0  core 0  cpu 0  [B/.]
    rank 1  core 1  cpu 1  [./B]
  eight-1: 4 ranks, 4 slots, 2 packages, 2 L3 caches, 8 cores, 8 cpus
    rank 2  core 0  cpu 0  [B/././.|./././.]
    rank 3  core 1  cpu 1  [./B/./.|./././.]
    rank 4  core 2  cpu 2  [././B/.|./././.]
    rank 5  core 3  cpu 3  [./././B|./././.]" -H two-1:2,eight-1:4 --bind-to core
by_what_each_has() { # three cores for a rank: two of them on the host that has eight, none on that which has two
    : >"$FAKE_SSH_LOG"
    job --display map --do-not-launch --map-by slot:PE=3 -n 2 -H two-1:2,eight-1:4 true
    gave 0 && grep -q '^  eight-1: 2 ranks' "$err" && ! grep -q '^  two-1' "$err"
}
check "ranks of three cores go where these are" by_what_each_has
runs_bound() { # on the machine that there is
    where='read -r r <<EOF
$GODWIT_RANK
EOF
echo "$r $(sed -n "s/^Cpus_allowed_list:[[:blank:]]*//p" /proc/self/status)"'
    : >"$FAKE_SSH_LOG"
    job --bind-to core -n 2 -H "$1" sh -c "$where" && gave 0 && said '' &&
        [ "$(grep -c '^[01] [0-9]*$' "$out")" = 2 ] && [ "$(wc -l <"$FAKE_SSH_LOG")" = "$2" ]
}
check "--bind-to core on two hosts, with one login for each" runs_bound node1,node2 2
check "--bind-to core on this host and another" runs_bound "$host,node2" 1
slots() {
    printf 'node1\nnode2\n' >"$scratch/hosts"
    job --hostfile "$scratch/hosts" sh -c 'echo $GODWIT_SIZE'
    gave 0 && said '' && [ $(($(wc -l <"$out") % 2)) = 0 ] && [ "$(sort -u "$out")" = "$(wc -l <"$out" | tr -d ' ')" ]
}
check "slots that nobody has said" slots
idle() { # hosts that were asked and get no ranks
    job --bind-to core -n 1 -H 'node[1-4]' sh -c 'echo $GODWIT_RANK $GODWIT_SIZE'
    gave 0 && said '' && wrote '0 1' || return 1
    GODWIT_FANOUT=2 job --bind-to core --map-by node -n 2 -H "node[1-5],$host,node6" addresses publish all 20
    gave 0 && said '' && wrote "$(knows_all 2)"
}
check "hosts that get no ranks" idle
asked_tree() {
    GODWIT_FANOUT=2 job --bind-to core --map-by node -H 'node[1-7]' addresses publish all 20
    gave 0 && said '' && wrote "$(knows_all 7)"
}
check "7 hosts as a tree" asked_tree
unplaceable() {
    job --map-by slot:PE=3 -H two-1,two-2 true
    gave 2 && said "mpirun: 3 cores for each rank are more than any host has (2 on 'two-1')"
}
check "what no host has" unplaceable
unreachable() {
    GODWIT_START_TIMEOUT=5 job --bind-to core -H node1,denied-1 true
    gave 1 && said "mpirun: cannot start on denied-1: ssh says *"
}
check "a host that cannot be asked" unreachable
interrupted() {
    start 0 --bind-to core -H hang-1,node1 actor note "$notes" sleep 60000
    until_within 10 grep -q hang-1 "$FAKE_SSH_LOG"
    kill -TERM "$job"
    ended
    gave 143 && said 'mpirun: got signal 15 (SIGTERM); ending the job' && nothing_left
}
: >"$FAKE_SSH_LOG"
check "SIGTERM while hosts are asked" interrupted
plan
