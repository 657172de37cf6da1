# Functions for what runs on the console of the test hosts: a script reads this file in. At its top, tests say
#
#     . "${0%/*}/../cluster/cluster.sh"
#     cluster_or_skip 3 "$@"        (options of `cluster` may stand before the 3)
#
# which starts the script anew beside three hosts, or, where that cannot be, prints one skipped test and ends. Then
# $TMPDIR is a folder that all hosts share and that goes with them, and `ssh node2` works from each host. Hosts are
# named by their numbers; node1 is where mpirun runs. A function that this machine cannot do says why and returns
# 77.
# shellcheck shell=sh

cluster_or_skip() {
    [ -z "${CLUSTER_DIR:-}" ] || return 0
    cluster_command=${0%/*}/../cluster/cluster
    if cluster_why=$("$cluster_command" --probe 2>&1 </dev/null); then
        cluster_options=
        while [ "${1#-}" != "$1" ]; do
            cluster_options="$cluster_options $1"
            shift
        done
        cluster_count=$1
        shift
        # shellcheck disable=SC2086 # words
        exec "$cluster_command" --console $cluster_options "$cluster_count" sh "$0" "$@"
    else
        cluster_status=$?
    fi
    if [ "$cluster_status" != 77 ]; then
        echo "not ok 1 - test hosts can be made"
        echo "# $cluster_why"
        echo "1..1"
        exit 1
    fi
    echo "ok 1 - test hosts # SKIP ${cluster_why#cluster: }"
    echo "1..1"
    exit 0
}

# cluster_on HOST COMMAND...: runs it there, in the folder of the same name, and returns its status. Its pid there
# is not $!: to signal it, let it write down its own, or use cluster_on HOST kill.
cluster_on() {
    on_pid=$(cat "$CLUSTER_DIR/node$1/pid") && on_cpus=$(cat "$CLUSTER_DIR/node$1/cpus") || return 1
    shift
    # nsenter waits while the command alone decides what SIGINT means. A changed root stays one (-r -w).
    # shellcheck disable=SC2016 # expanded by the inner shell
    env --ignore-signal=INT,QUIT taskset -c "$on_cpus" \
        nsenter -t "$on_pid" -m -u -i -n -r -w --pid="/proc/$on_pid/ns/pid_for_children" \
        env --default-signal=INT,QUIT sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
}

# cluster_cut HOST [silent]: the network of the host is cut: its cable pulled, which it notices, or silently
# beyond.
cluster_cut() {
    for cut_port in "node$1" "node$1-b"; do
        ip link show "$cut_port" >/dev/null 2>&1 || continue
        case ${2:-} in
        silent) ip link set "$cut_port" nomaster || return 1 ;;
        *) ip link set "$cut_port" down || return 1 ;;
        esac
    done
}

cluster_heal() {
    ip link set "node$1" master lan up || return 1
    ! ip link show "node$1-b" >/dev/null 2>&1 || ip link set "node$1-b" master lan2 up
}

# cluster_block HOST PORTS [drop|reject]: a firewall on the host for what comes in for these TCP ports (80,
# 1024-65534; the kernel takes no 65535). Rules of routing do it, so that no firewall program is needed; local
# addresses must then be looked up after them. "drop" is silence, "reject" says "prohibited", which connect() calls
# EHOSTUNREACH or EACCES.
cluster_block() {
    case ${3:-drop} in
    drop) block_action=blackhole ;;
    reject) block_action=prohibit ;;
    *) echo "cluster_block: '$3' is neither drop nor reject" >&2; return 2 ;;
    esac
    block_families=-4
    [ "$CLUSTER_IPV6" = no ] || [ ! -e /proc/sys/net/ipv6 ] || block_families='-4 -6'
    for block_family in $block_families; do
        if ! cluster_on "$1" ip "$block_family" rule show pref 100 | grep -q local; then
            cluster_on "$1" ip "$block_family" rule add pref 100 lookup local &&
                cluster_on "$1" ip "$block_family" rule del pref 0 || return 1
        fi
        for block_interface in eth0 eth1; do
            [ $block_interface = eth0 ] || [ "$CLUSTER_NETWORKS" = 2 ] || continue
            cluster_on "$1" ip "$block_family" rule add pref 50 iif $block_interface ipproto 6 dport "$2" \
                $block_action || return 1
        done
    done
}

cluster_unblock() {
    for block_family in -4 -6; do
        while cluster_on "$1" ip "$block_family" rule del pref 50 2>/dev/null; do :; done
    done
}

# cluster_disturb HOST [delay TIME] [loss PERCENT]...: what leaves the host, and what reaches it, by netem's words.
cluster_disturb() {
    disturb_host=$1
    shift
    ip link add netem0 type bridge || return 1
    disturb_status=0
    disturb_error=$(tc qdisc add dev netem0 root netem delay 1ms 2>&1) || disturb_status=77
    ip link del netem0
    if [ $disturb_status != 0 ]; then
        echo "the kernel has no netem ($disturb_error)"
        return 77
    fi
    tc qdisc replace dev "node$disturb_host" root netem "$@" &&
        cluster_on "$disturb_host" tc qdisc replace dev eth0 root netem "$@"
}

# cluster_cable HOST MILLISECONDS PER_MILLE: packets of the host take so long, each way, and so many of a thousand are
# lost. Needs no netem; cluster_cut and cluster_heal do not know it.
cluster_cable() {
    ip link add "cable$1" type veth peer name "plug$1" && ip link set "node$1" nomaster &&
        ip link set "plug$1" master lan up && ip link set "cable$1" up || return 1
    "$top_builddir/tests/cluster/cable" "node$1" "cable$1" "$2" "$3" &
    echo $! >"$CLUSTER_DIR/node$1/cable"
}
cluster_cable_off() {
    kill "$(cat "$CLUSTER_DIR/node$1/cable")"
    ip link del "cable$1" && ip link set "node$1" master lan
}

# cluster_off HOST: its power fails; nobody says goodbye. There is no cluster_off's contrary.
cluster_off() {
    kill -KILL "$(cat "$CLUSTER_DIR/node$1/pid")"
}

# cluster_freeze HOST, cluster_thaw HOST: no process of it runs any more; its kernel still answers for them.
cluster_freeze() {
    cluster_signal "$1" STOP
}
cluster_thaw() {
    cluster_signal "$1" CONT
}
cluster_signal() {
    signal_space=$(readlink "/proc/$(cat "$CLUSTER_DIR/node$1/pid")/ns/pid_for_children") || return 1
    for signal_process in /proc/[0-9]*; do
        [ "$(readlink "$signal_process/ns/pid" 2>/dev/null)" != "$signal_space" ] ||
            kill -"$2" "${signal_process#/proc/}" 2>/dev/null
    done
}

# cluster_sshd HOST stop|start: the host refuses logins, and takes them again; sessions stay.
cluster_sshd() {
    # shellcheck disable=SC2016 # expanded there
    case $2 in
    stop) cluster_on "$1" kill "$(cat "$CLUSTER_DIR/node$1/sshd.pid")" ;;
    start) cluster_on "$1" sh -c '. "$1" && cluster_sshd_become "$2" </dev/null >/dev/null 2>&1 &' sh \
        "$CLUSTER_SOURCE/cluster.sh" "$CLUSTER_DIR/node$1" ;;
    *) echo "cluster_sshd: '$2' is neither start nor stop" >&2; return 2 ;;
    esac
}

# Becomes the host's sshd; runs there. Without a true root sshd must be the user that logs in.
cluster_sshd_become() {
    run_as=
    # shellcheck disable=SC2153 # cluster has exported it
    [ "$CLUSTER_USER" = root ] || run_as="unshare --user --map-user=$CLUSTER_UID --map-group=$CLUSTER_UID"
    # shellcheck disable=SC2086 # words
    exec env -i --default-signal=INT,QUIT PATH="$PATH" $run_as \
        "$(command -v sshd)" -D -f "$1/sshd_config" -E "$1/sshd.log"
}

# cluster_processes HOST: "pid parent name" of what runs there beside what each host has: its first process and its
# sshd.
cluster_processes() {
    # shellcheck disable=SC2016 # expanded there
    cluster_on "$1" sh -c '
        own=" $$ $(cat "$0/own" "$0/sshd.pid" | tr "\n" " ")"
        for process in /proc/[0-9]*; do
            pid=${process#/proc/}
            case $own in *" $pid "*) continue ;; esac
            { read -r line <"$process/stat"; } 2>/dev/null || continue
            name=${line#*(} name=${name%)*}
            set -- ${line##*) }
            [ "$1" = Z ] || echo "$pid $2 $name"
        done' "$CLUSTER_DIR/node$1"
}
