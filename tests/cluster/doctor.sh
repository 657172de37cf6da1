#! /bin/sh
# mpirun --doctor on hosts with the real ssh: firewalls, decoys, hosts that are down. What it says of each.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/cluster/cluster.sh
. "${0%/*}/../cluster/cluster.sh"
cluster_or_skip 4 "$@"
# shellcheck source=tests/cluster/jobs.sh
. "${0%/*}/jobs.sh"
ports=$(tr '\t' - </proc/sys/net/ipv4/ip_local_port_range)

# has LINE...: these lines are in the table; each may end anyhow.
has() {
    for has_line in "$@"; do
        awk -v line="$has_line" 'index($0, line) == 1 { found = 1 } END { exit !found }' "$out" || {
            echo "no line: $has_line"
            cat "$out"
            return 1
        }
    done
}
# wrong COUNT: exit code 1 and so many things.
wrong() {
    gave 1 && said '' && { tail -n 1 "$out" | grep -q "^$1 thing" || { cat "$out"; return 1; }; }
}
empty() { # nothing of the visit is left, and no job has been there
    begun=$(date +%s%N)
    nothing_left 1 2 3
}

well() {
    job --doctor -H 'node[1-4]' && gave 0 && said '' && has '4 hosts, as node1 sees them (' \
        '  reachable    ok    node[2-4]: ' '  ssh login    ok    node[2-4]: without a question, in ' \
        '  Godwit       ok    all: ' '  library      ok    all: ' '  clock        ok    node[2-4]: ' \
        '  addresses    note  all: docker0 172.17.0.0/16: no other host gets there' \
        '               ok    all: eth0 10.77.0.0/24' '  connections  ok    all: ' 'All is well.' && empty
}
check "four hosts that are well, and their decoy interfaces" well
words_as_hosts() {
    job --doctor node2 node3,node4 && gave 0 && has '3 hosts, as node1 sees them ('
}
check "hosts as words" words_as_hosts
blocked() { # the rules of the test hosts know no connections, so that node3 gets no answers either
    cluster_block 3 "$ports" "$1" || return
    job --doctor -H 'node[1-4]'
    cluster_unblock 3
    wrong 1 && has "  connections  WRONG node3: no TCP connection gets there from any other host, nor out (docker0 IPv4: refused, " \
        '               ok    node[1,2,4]: ' && grep -q "eth0 IPv[46]: $2" "$out" && grep -q "its firewall has to let the ports $ports in" "$out"
}
check "a firewall that drops" blocked drop 'no answer'
check "a firewall that says no" blocked reject 'no way there'
half() { # node3 hears nothing of node2; that cluster_block was here has made rules possible
    cluster_on 3 ip -4 rule add pref 50 iif eth0 from 10.77.0.2 ipproto 6 dport "$ports" blackhole &&
        cluster_on 3 ip -6 addr flush dev eth0 || return
    job --doctor -H 'node[1-4]'
    cluster_unblock 3
    wrong 2 && has '  connections  WRONG node2: no TCP connection gets there from node3 (' \
        '               WRONG node3: no TCP connection gets there from node2 (' '               ok    node[1,4]: '
}
check "two hosts that do not hear each other" half
stranger() { # node2 tells the port of its sshd in place of its own
    mkdir -p "$scratch/lying"
    cat >"$scratch/lying/ssh" <<TEXT
#! /bin/sh
case " \$* " in
*' node2 '*) $(command -v ssh) "\$@" | LC_ALL=C sed -u 's/^port .*/port 22/' ;;
*) exec $(command -v ssh) "\$@" ;;
esac
TEXT
    chmod +x "$scratch/lying/ssh"
    job --doctor --launcher-exec "$scratch/lying/ssh" -H 'node[1,2,4]'
    wrong 1 && has '  connections  WRONG node2: no TCP connection gets there from any other host (' '               ok    node[1,4]: ' &&
        grep -q 'eth0 IPv4: something else answers' "$out"
}
check "a server that is not Godwit's" stranger
refuses() {
    cluster_sshd 2 stop
    job --doctor -H 'node[1-3]'
    cluster_sshd 2 start
    wrong 1 && has "  reachable    WRONG node2: ssh says 'connect to host node2 port 22: Connection refused' (" \
        '               ok    node3: ' '  connections  ok    node[1,3]: '
}
check "a host without sshd" refuses
unknown() {
    job --doctor -H node1,nowhere
    wrong 1 && has "  reachable    WRONG nowhere: ssh says 'Could not resolve hostname nowhere: "
}
check "a name that nobody knows" unknown
frozen() {
    cluster_freeze 2
    GODWIT_START_TIMEOUT=4 job --doctor -H 'node[1-3]'
    cluster_thaw 2
    wrong 1 && grep -q ' WRONG node2: ' "$out" && has '  connections  ok    node[1,3]: '
}
check "a host that hangs" frozen
killed() { # mpirun is killed while it waits for node3
    cluster_freeze 3
    rm -f "$scratch/pid"
    # shellcheck disable=SC2016 # expanded there
    cluster_on 1 sh -c 'echo $$ >"$0"; exec mpirun --doctor -H "node[1-3]"' "$scratch/pid" >"$out" 2>"$err" </dev/null &
    waiter=$!
    if until_within 30 visited 2; then
        cluster_on 1 kill -KILL "$(cat "$scratch/pid")"
    else
        echo "node2 is not visited"
        cluster_thaw 3
        return 1
    fi
    wait "$waiter" 2>/dev/null
    cluster_thaw 3
    empty
}
visited() {
    [ -n "$(process_of "$1" godwit-guard)" ]
}
check "SIGKILL of mpirun --doctor" killed
off() {
    cluster_off 4
    GODWIT_START_TIMEOUT=4 job --doctor -H 'node[1-4]'
    wrong 1 && has "  reachable    WRONG node4: ssh says 'connect to host node4 port 22: " \
        '  connections  ok    node[1-3]: ' && empty
}
check "a host that is down" off
plan
