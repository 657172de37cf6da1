# The first process of one test host: its name, its network, its sshd. It then collects what others leave behind,
# as the first process of a machine does. Started by console.sh with the number of the host.
# shellcheck shell=sh
set -u
i=$1
host=$CLUSTER_DIR/node$i
fail() {
    echo "node$i: $*" >&2
    echo "failed" >"$CLUSTER_DIR/ready"
    exit 1
}
setting() { # setting VALUE FILE of /proc/sys/net, where the kernel has it
    [ ! -e "/proc/sys/net/$2" ] || echo "$1" >"/proc/sys/net/$2"
}

mount -t proc proc /proc || fail "/proc cannot be mounted"
hostname "node$i" 2>/dev/null || echo "node$i" >/proc/sys/kernel/hostname || fail "the host cannot be named"
[ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 shm /dev/shm || fail "no /dev/shm of its own"
# /sys shows the interfaces of whoever mounted it. The cgroups, mounted below, stay what they are.
mkdir "$host/cgroup"
if mount --rbind /sys/fs/cgroup "$host/cgroup" 2>/dev/null; then
    ! mount -t sysfs sysfs /sys 2>/dev/null || mount --rbind "$host/cgroup" /sys/fs/cgroup
fi
if [ "$CLUSTER_LOOPBACK_NAMES" = yes ]; then
    sed "s/^10\.77\.0\.$i .*/127.0.1.1 node$i/" /etc/hosts >"$host/hosts"
    mount --bind "$host/hosts" /etc/hosts || fail "/etc/hosts cannot be covered"
fi

# Addresses are there at once, without a search for doubles, and none comes from elsewhere.
setting 0 ipv6/conf/default/accept_dad
setting 0 ipv6/conf/default/accept_ra
[ "$CLUSTER_IPV6" = yes ] || setting 1 ipv6/conf/default/disable_ipv6
setting 0 ipv4/ip_unprivileged_port_start
{
    echo "link set lo up"
    if [ "$CLUSTER_DECOY" = yes ]; then # first among the interfaces, with a cable in it, and the same everywhere
        echo "link add docker0 type bridge"
        echo "addr add 172.17.0.1/16 dev docker0"
        echo "link add decoy0 type veth peer name decoy1"
        echo "link set decoy0 master docker0 up"
        echo "link set decoy1 up"
        echo "link set docker0 up"
    fi
} | ip -batch - || fail "lo and docker0 cannot be set up"
echo ready >"$CLUSTER_DIR/ready"
read -r _ <"$host/go"

networks='eth0:77 eth1:78'
[ "$CLUSTER_NETWORKS" = 2 ] || networks=eth0:77
for network in $networks; do
    interface=${network%:*} net=${network#*:}
    echo "addr add 10.$net.0.$i/24 dev $interface"
    [ "$CLUSTER_IPV6" = no ] || [ ! -e /proc/sys/net/ipv6 ] || echo "addr add fd$net::$i/64 dev $interface nodad"
    echo "link set $interface up"
done | ip -batch - || fail "its network cannot be set up"

cat >"$host/sshd_config" <<TEXT
Port 22
HostKey $host/key
PidFile $host/sshd.pid
AuthorizedKeysFile $CLUSTER_DIR/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitUserRC no
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 200
MaxSessions 200
TEXT
# Newer ones answer failed logins by silence for a while, which tests of failures would run into.
! "$(command -v sshd)" -t -f "$host/sshd_config" -o PerSourcePenalties=no 2>/dev/null ||
    echo "PerSourcePenalties no" >>"$host/sshd_config"
# shellcheck source=tests/cluster/cluster.sh
. "${0%/*}/cluster.sh"
cluster_sshd_become "$host" &
sleep infinity & # so that there is always somebody to wait for
echo "1 $!" >"$host/own"
tries=500
until grep -q ' [0-9A-F]*:0016 0*:0000 0A ' /proc/net/tcp; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "its sshd does not listen after 10 s: $(cat "$host/sshd.log")"
    sleep 0.02
done
echo up >"$CLUSTER_DIR/ready"
while :; do
    wait
    sleep 1
done
