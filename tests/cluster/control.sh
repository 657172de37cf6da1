#! /bin/sh
# How mpirun talks to other hosts when they are there: through TCP, or through ssh's streams where a firewall, or
# GODWIT_CONTROL, keeps it from that; and what strangers get who find its port.
# shellcheck disable=SC2016,SC2317 # the ranks expand; functions are called by check
# shellcheck source=tests/cluster/cluster.sh
. "${0%/*}/../cluster/cluster.sh"
cluster_or_skip 3 "$@"
# shellcheck source=tests/cluster/jobs.sh
. "${0%/*}/jobs.sh"
unset GODWIT_CONTROL

# told COUNT PATTERN ARGUMENTS...: ranks that wait until mpirun -v has said so COUNT times, and write much at the end.
told() {
    told_count=$1 told_pattern=$2
    shift 2
    job -v "$@" sh -c 'until [ "$(grep -c "$2" "$1")" -ge "$0" ]; do sleep 0.05; done; seq 20000' \
        "$told_count" "$err" "$told_pattern"
    gave 0 && [ "$(sort "$out" | uniq -c | awk '{ print $1 }' | sort -u)" = 3 ] && [ "$(wc -l <"$out")" = 60000 ]
}
three=node1,node2,node3
through="control traffic of node[23] goes through TCP, .* port [0-9]"
stays="control traffic of node[23] stays on ssh's stream: no answer within 0.* s from .*10.77.0.1"
refused="control traffic of node[23] stays on ssh's stream: .* port [0-9]*: "
auto() {
    told 2 "$through" -H $three
}
check "hosts come in through TCP" auto
chain() {
    GODWIT_FANOUT=1 told 2 "$through" -H $three
}
check "in a chain too" chain
at_once() {
    GODWIT_CONTROL=tcp told 2 "$through" -H $three
}
check "GODWIT_CONTROL=tcp" at_once
by_ssh() {
    GODWIT_CONTROL=ssh job -v -H $three sh -c 'sleep 0.5; seq 100' && gave 0 && ! grep 'control traffic' "$err"
}
check "GODWIT_CONTROL=ssh" by_ssh
one_interface() { # docker0 leads nowhere
    GODWIT_IFACE=docker0 told 2 "$refused" -H $three && GODWIT_IFACE=eth0 told 2 "$through" -H $three
}
check "GODWIT_IFACE" one_interface
input() {
    seq 300000 >"$scratch/much"
    status=0
    GODWIT_CONTROL=tcp cluster_on 1 mpirun --stdin all -H $three sh -c 'cat | cksum' <"$scratch/much" >"$out" 2>"$err" ||
        status=$?
    gave 0 && said '' && wrote "$(for i in 1 2 3; do cksum <"$scratch/much"; done)"
}
check "standard input through TCP" input
much_output() {
    GODWIT_CONTROL=$1 job -H node1:2,node2:2,node3:2 actor lines 3000 80 && gave 0 && [ "$(wc -l <"$out")" = 18000 ] &&
        awk '{ if (length($0) != $3 || $2 != next_of[$1]++) { print "damaged: " $0; exit 1 } }' "$out"
}
check "18000 lines through TCP, whole and in order" much_output tcp
moving_output() { # the way changes while there is much on it
    job -H node1:2,node2:2,node3:2 actor lines 60000 80 && gave 0 && [ "$(wc -l <"$out")" = 360000 ] &&
        awk '{ if (length($0) != $3 || $2 != next_of[$1]++) { print "damaged: " $0; exit 1 } }' "$out"
}
check "360000 lines while the way changes" moving_output
slow_reader() {
    status=0
    { GODWIT_CONTROL=tcp cluster_on 1 mpirun -H $three actor lines 3000 1000; } 2>"$err" | { sleep 1; cat; } >"$out"
    [ "$(wc -l <"$out")" = 9000 ]
}
check "a slow reader gets all through TCP" slow_reader

# A firewall on node1: answers to what ssh has asked may pass, and nothing else comes in.
for family in -4 -6; do
    [ $family = -4 ] || [ -e /proc/sys/net/ipv6 ] || continue
    cluster_on 1 ip $family rule add pref 40 iif eth0 ipproto 6 sport 22 lookup local
done
cluster_block 1 1024-65534 drop
dropped() {
    told 2 "$stays" -H $three
}
check "a firewall that drops: all stays on ssh's streams" dropped
silently() {
    job -H $three sleep 1 && gave 0 && said ''
}
check "and nothing is said of it" silently
forced() {
    GODWIT_DETECT=1 GODWIT_CONTROL=tcp job -H node1,node2 sleep 60 && gave 1 && said "mpirun: node2 cannot be reached \
through TCP (no answer within 1 s from *10.77.0.1* port [0-9]*), and GODWIT_CONTROL=tcp wants that; auto would stay on \
ssh's stream"
}
check "GODWIT_CONTROL=tcp and a firewall" forced
cluster_unblock 1
wrong_name() {
    GODWIT_IFACE=eth7 GODWIT_CONTROL=tcp job -H node1,node2 sleep 60 && gave 1 && said "mpirun: node2 cannot be reached \
through TCP (no interface that GODWIT_IFACE names is up where mpirun was started), and *"
}
check "GODWIT_IFACE that names nothing" wrong_name
broken_off() { # the firewall forgets a connection, and lets ssh's live
    GODWIT_DETECT=2 GODWIT_CONTROL=tcp start 4 -H node1:2,node2:2 actor note "$notes" sleep 60000 || return 1
    cluster_block 1 1024-65534 drop
    ended
    cluster_unblock 1
    gave 1 && nothing_left 1 2 && said "mpirun: nothing has come from node2 through TCP for 2 s, while ssh's stream lives \
(does a firewall break it off? GODWIT_CONTROL=ssh does without), and the job was ended without it"
}
check "a firewall breaks off TCP in the middle" broken_off

# node3 answers when the strangers have been there: until then the port is open.
# All 210 or, when this takes less than a second, without those who say nothing at the end.
somany='\([6-9][0-9]\|1[0-9][0-9]\|20[0-9]\|210\)'
strangers() {
    rm -f "$scratch/done"
    cluster_freeze 3
    cluster_on 1 timeout 60 mpirun -v -H $three sh -c 'until grep -q "$1" "$0"; do sleep 0.05; done; echo ran' "$err" \
        'node3 goes through TCP' >"$out" 2>"$err" </dev/null &
    waiter=$!
    until_within 30 has_port || return 1
    cluster_on 2 stranger 10.77.0.1 "$((0x$port))" "$scratch/done" >"$scratch/count" 2>&1 &
    until_within 30 test -e "$scratch/done"
    cluster_thaw 3
    status=0
    wait $waiter || status=$?
    cat "$err"
    gave 0 && wrote "ran
ran
ran" && [ "$(cat "$scratch/count")" = 210 ] && [ "$(grep -c 'were not of this job' "$err")" = 1 ] &&
        grep "^mpirun: note: $somany connections to mpirun's port on node1 were not of this job, and dropped$" "$err"
}
has_port() {
    port=$(cluster_on 1 cat /proc/net/tcp /proc/net/tcp6 |
        awk '$4 == "0A" && $2 !~ /:0016$/ { print substr($2, length($2) - 3) }' | head -n 1)
    [ -n "$port" ]
}
check "strangers find the port: a scan, garbage, silence" strangers
plan
