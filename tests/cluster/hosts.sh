#! /bin/sh
# The test hosts themselves: they are what they say, can be broken in the ways that tests need, and leave nothing.
# shellcheck disable=SC2016,SC2317 # shells on the hosts expand; functions are called by check
here=$(cd "${0%/*}" && pwd) || exit 1
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
# shellcheck source=tests/cluster/cluster.sh
. "$here/cluster.sh"
cluster=$here/cluster

gives() { # gives TEXT COMMAND...
    expected=$1
    shift
    given=$("$@" 2>&1) || { echo "failed: $given"; return 1; }
    [ "$given" = "$expected" ] || { echo "'$given' and not '$expected'"; return 1; }
}
ends() { # ends CODE COMMAND...
    expected=$1 code=0
    shift
    "$@" || code=$?
    [ $code = "$expected" ] || { echo "ended with $code and not $expected"; return 1; }
}
until_within() { # until_within SECONDS COMMAND...
    tries=$(($1 * 20))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# ---- on the console of three hosts ----
login() { # login HOST COMMAND...: from node1
    login_to=$1
    shift
    cluster_on 1 timeout 60 ssh -o BatchMode=yes -o ConnectTimeout="${patience:-30}" "$login_to" "$@" </dev/null
}
reached() {
    gives "${2:-$1}" login "$1" uname -n
}
unreached() { # on a slow machine it may be reached too late to be noticed, but never the other way round
    patience=2
    ! login "$1" true || { echo "$1 is reached"; return 1; }
    patience=
}
names_differ() {
    for i in 1 2 3; do
        gives node$i cluster_on $i uname -n || return 1
    done
}
decoys_mislead() {
    for i in 1 2 3; do
        cluster_on $i ip addr show docker0 | grep -q 172.17.0.1/16 || { echo "node$i has no decoy"; return 1; }
        given=$(cluster_on $i ssh -o BatchMode=yes -o HostKeyAlias=node$i 172.17.0.1 uname -n </dev/null)
        [ "$given" = node$i ] || { echo "node$i reaches '$given' there"; return 1; }
    done
}
no_way_out() {
    for address in 192.0.2.1 8.8.8.8 10.99.0.1; do
        ! cluster_on 1 ip route get $address || return 1
    done
    ! ip -br -4 addr | grep -v '127.0.0.1' || { echo "the switch has an address"; return 1; }
    ! ip -o link | grep -vE ': (lo|lan2?|node[0-9]+(-b)?)(@[^:]*)?:' || { echo "who is that?"; return 1; }
}
unknown_name() {
    ends 255 login nowhere true 2>&1 | grep -q 'Could not resolve hostname nowhere'
}
cable() { # cable [silent]
    cluster_cut 2 "$@" && unreached node2 && reached node3 && gives node2 cluster_on 2 uname -n &&
        cluster_heal 2 && until_within 10 reached node2
}
refused() { # the words of a closed port, or of a firewall
    login "$1" true 2>&1 | tee "$TMPDIR/words" | grep -qE "$2" || { cat "$TMPDIR/words"; return 1; }
}
blocked() {
    cluster_block 2 22 "$1" && unreached node2 && reached node3 &&
        { [ ! -e /proc/sys/net/ipv6 ] || unreached node2-6; } &&
        gives node2 cluster_on 2 ssh -o BatchMode=yes node2 uname -n && cluster_unblock 2 && reached node2
}
blocked_range() {
    cluster_block 2 1-21 && cluster_block 2 23-65534 && reached node2 && cluster_unblock 2
}
sshd_stops() {
    cluster_sshd 2 stop && until_within 10 refused node2 'Connection refused' && cluster_sshd 2 start &&
        until_within 10 reached node2
}
freezes() { # ssh asks for its banner in vain
    cluster_freeze 2 && unreached node2 && cluster_thaw 2 && until_within 10 reached node2
}
cpus_differ() {
    gives 1 cluster_on 1 nproc && gives "$more" cluster_on 2 nproc && gives "$more" login node2 nproc
}
runs_there() {
    cluster_processes 2 >"$TMPDIR/processes"
    grep -q " sleep\$" "$TMPDIR/processes"
}
nothing_runs_there() {
    cluster_processes 2 >"$TMPDIR/processes"
    [ ! -s "$TMPDIR/processes" ]
}
processes_listed() {
    until_within 10 nothing_runs_there || { echo "before:"; cat "$TMPDIR/processes"; return 1; }
    login node2 'sleep 600 >/dev/null 2>&1 & echo $!' >"$TMPDIR/pid" && runs_there &&
        cluster_on 2 kill "$(cat "$TMPDIR/pid")" && until_within 10 nothing_runs_there
}
# What is started from a script's background ignores SIGINT, the hosts must not.
interruptible() {
    gives 130 login node2 'sh -c "kill -INT \$\$; echo not interrupted"; echo $?'
}
own_memory() {
    [ -d /dev/shm ] || return 0
    cluster_on 1 touch /dev/shm/mine && ends 1 cluster_on 2 test -e /dev/shm/mine && ends 1 test -e /dev/shm/mine
}
own_home() {
    gives "$CLUSTER_DIR/home" login node2 'cd && pwd' && gives "$CLUSTER_DIR/home" cluster_on 1 sh -c 'cd && pwd'
}
input_passes() {
    gives text sh -c '. "$0" && echo text | cluster_on 2 cat' "$here/cluster.sh"
}
lossy() {
    cluster_disturb 2 loss 100% && unreached node2 && cluster_disturb 2 delay 1ms && until_within 10 reached node2
}
powers_off() {
    cluster_off 3 && unreached node3 && reached node2 && ends 1 cluster_on 3 true
}

if [ "${1:-}" = inside ]; then
    more=$(wc -l <"$CLUSTER_DIR/cpus")
    [ "$more" -lt 2 ] || more=2
    check "each host has its name" names_differ
    check "a command's exit code is that of cluster_on" ends 7 cluster_on 2 sh -c 'exit 7'
    check "standard input passes through cluster_on" input_passes
    check "ssh from node1 to node2 asks nothing" reached node2
    check "ssh from node1 to node3 asks nothing" reached node3
    begun=$(date +%s%N)
    login node2 true
    echo "# one login: $((($(date +%s%N) - begun) / 1000000)) ms"
    check "ssh from node2 to node3" gives node3 cluster_on 2 ssh -o BatchMode=yes node3 uname -n
    if [ -e /proc/sys/net/ipv6 ]; then
        check "ssh over IPv6" reached node2-6 node2
    else
        skip "ssh over IPv6" "this kernel has none"
    fi
    check "ssh over the second network" reached node3-b node3
    check "an unknown host name fails at once" unknown_name
    check "docker0 has one address on all hosts, which leads nowhere else" decoys_mislead
    check "no packet leaves the hosts" no_way_out
    check "~ is an empty folder of the hosts" own_home
    check "each host has a /dev/shm of its own" own_memory
    check "hosts have the cpus that were asked for" cpus_differ
    check "SIGINT works on a host" interruptible
    check "what runs on a host can be listed" processes_listed
    check "a network that is cut, and heals" cable
    check "a network that is cut silently, and heals" cable silent
    check "a firewall that drops" blocked drop
    check "a firewall that rejects" blocked reject
    check "a firewall for ranges of ports" blocked_range
    check "an sshd that stops and starts" sshd_stops
    check "a host that hangs" freezes
    if reason=$(cluster_disturb 1 delay 0ms); then
        check "lost packets" lossy
    elif [ $? = 77 ]; then
        skip "lost packets" "$reason"
    else
        check "lost packets" sh -c 'echo "$0"; exit 1' "$reason"
    fi
    check "a host whose power fails" powers_off
    exit 0
fi

# ---- outside: what a run leaves ----
probe=0
why=$("$cluster" --probe 2>&1) || probe=$?
check "is it possible here? yes, or a reason" sh -c '[ $0 = 0 ] || { [ $0 = 77 ] && [ -n "$1" ]; }' $probe "$why"
check "no number of hosts is an error" ends 2 "$cluster"
check "201 hosts are an error" ends 2 "$cluster" 201 true
check "an unknown option is an error" ends 2 "$cluster" --frobnicate 2 true
check "an option's wrong value is an error" ends 2 "$cluster" --cpus 1,,2 2 true
if [ $probe != 0 ]; then
    skip "test hosts" "${why#cluster: }"
    plan
    exit 0
fi

# spaces: the namespaces of the console and of two hosts, for the script that is to look for processes in them
cat >"$scratch/spaces" <<'TEXT'
for process in self $(cat "$CLUSTER_DIR/node1/pid") $(cat "$CLUSTER_DIR/node2/pid"); do
    readlink "/proc/$process/ns/net" "/proc/$process/ns/mnt" "/proc/$process/ns/pid_for_children"
done >"$1.new" && mv "$1.new" "$1"
shift
exec "$@"
TEXT
outside() {
    { ip -o link 2>/dev/null || ls /sys/class/net; } | sed 's/ mtu .*//'
    cut -d ' ' -f 4- /proc/self/mountinfo
    find /tmp /var/tmp /run /dev/shm "${TMPDIR:-/tmp}" -maxdepth 1 -iname '*cluster*' 2>/dev/null
    [ ! -d ~/.ssh ] || ls -l --full-time ~/.ssh
}
outside >"$scratch/before"
empty() { # empty FILE: no process is in one of the namespaces that it names
    readlink /proc/[0-9]*/ns/net /proc/[0-9]*/ns/mnt /proc/[0-9]*/ns/pid 2>/dev/null | sort -u >"$scratch/used"
    [ -s "$1" ] && ! grep -qxFf "$1" "$scratch/used"
}
nothing_left() {
    for spaces in "$@"; do
        until_within 20 empty "$spaces" || { echo "processes are left in namespaces of the hosts"; return 1; }
    done
    outside | diff "$scratch/before" -
}
starts() { # starts FILE [COMMAND...]: two hosts in the background; $run is their pid
    file=$1
    shift
    rm -f "$file"
    "$@" "$cluster" --console 2 sh "$scratch/spaces" "$file" sleep 600 </dev/null &
    run=$!
    until_within 60 test -e "$file" || { echo "the hosts do not come up"; return 1; }
    ! empty "$file" || { echo "the namespaces are not found where they are used"; return 1; }
    outside | diff "$scratch/before" - # nothing of them shows outside while they run either
}
removed_by() { # removed_by SIGNAL CODE
    starts "$scratch/a" env --default-signal=INT && kill -"$1" $run && ends "$2" wait $run &&
        nothing_left "$scratch/a"
}
first_process_of() {
    for process in /proc/[0-9]*; do
        { read -r line <"$process/stat"; } 2>/dev/null || continue
        # shellcheck disable=SC2086 # words
        set -- ${line##*) }
        [ "$2" != "$run" ] || echo "${process#/proc/}"
    done
}
middle_killed() { # not the script but what it started dies
    starts "$scratch/a" && kill -KILL "$(first_process_of | head -n 1)" && ends 137 wait $run &&
        nothing_left "$scratch/a"
}
side_by_side() {
    starts "$scratch/a" && a=$run && starts "$scratch/b" && b=$run &&
        gives node2 "$cluster" 2 ssh -o BatchMode=yes node2 uname -n && kill -KILL "$a" &&
        nothing_left "$scratch/a" && ! empty "$scratch/b" && kill -TERM "$b" && ends 143 wait "$b" &&
        nothing_left "$scratch/a" "$scratch/b"
}
normal_end() {
    ends 7 "$cluster" --console 2 sh "$scratch/spaces" "$scratch/a" sh -c 'exit 7' && nothing_left "$scratch/a"
}
daemon_left() { # one that heeds no request to end
    "$cluster" --console 2 sh "$scratch/spaces" "$scratch/a" sh -c '
        . "$0"
        cluster_on 2 setsid -f sh -c "trap \"\" TERM HUP; sleep 600" </dev/null >/dev/null 2>&1
        cluster_processes 2 | grep -q " sleep\$\| sh\$"' "$here/cluster.sh" && nothing_left "$scratch/a"
}

"$cluster" --console --cpus 1,2 --networks 2 3 sh "$0" inside >"$scratch/inside" 2>"$scratch/inside.err" </dev/null
status=$?
offset=$tests
while IFS= read -r line; do # go on counting
    case $line in
    'ok '* | 'not ok '*)
        tests=$((tests + 1))
        result=${line%%ok*}ok line=${line#*ok }
        line="$result $tests ${line#* }"
        ;;
    esac
    printf '%s\n' "$line"
done <"$scratch/inside"
sed 's/^/# /' "$scratch/inside.err"
check "all of that has run ($((tests - offset)) results)" test $status = 0 -a $((tests - offset)) -ge 25

check "the command's exit code, and nothing left" normal_end
check "two runs side by side, one of them killed" side_by_side
check "a daemon on a host goes with it" daemon_left
check "nothing is left after SIGTERM" removed_by TERM 143
check "nothing is left after SIGINT" removed_by INT 130
check "nothing is left after SIGHUP" removed_by HUP 129
check "nothing is left after SIGKILL" removed_by KILL 137
check "nothing is left when its first process is killed" middle_killed
plan
