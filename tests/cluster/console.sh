# The first process of the test hosts' world, started by `cluster`: it makes the hosts, joins them by a switch,
# runs the command, and ends; the kernel then ends and removes all the rest. Its mounts cover /run, and some files
# of /etc, for the processes in here alone.
# shellcheck shell=sh
set -u
here=${0%/*}
fail() {
    echo "cluster: $*" >&2
    exit 1
}
cannot() {
    echo "cluster: no test hosts: $*" >&2
    exit 77
}

# Whoever started us may have died before the kernel was told to end us then.
while read -r key value; do
    [ "$key" != PPid: ] || [ "$value" = "$CLUSTER_PARENT" ] || exit 137
done </proc/self/status

# First of all: no mount made here may appear outside. Under a changed root, / is no mount that could be named;
# then it is named from the true root of this mount namespace, which is what entering it leads to.
mount --make-rprivate / 2>/dev/null || nsenter --mount=/proc/self/ns/mnt mount --make-rprivate / 2>/dev/null ||
    cannot "the mounts of a namespace cannot be made private"
error=$(mount -t proc proc /proc 2>&1) || cannot "/proc cannot be mounted anew ($error)"
error=$(mount -t tmpfs -o mode=755 cluster /run 2>&1) || cannot "no tmpfs can be mounted ($error)"
[ ! -e /proc/sys/net/ipv6/conf/all/disable_ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6

networks='lan lan2'
[ "$CLUSTER_NETWORKS" = 2 ] || networks=lan
for network in $networks; do
    error=$(ip link add "$network" type bridge 2>&1) || cannot "the kernel makes no bridge ($error)"
    ip link set "$network" up || fail "the bridge cannot be set up"
done
if [ "$CLUSTER_MODE" = probe ]; then
    error=$(ip link add probe0 type veth peer name probe1 2>&1) || cannot "the kernel makes no veth ($error)"
    exit 0
fi

CLUSTER_DIR=/run/cluster CLUSTER_SOURCE=$here
export CLUSTER_DIR CLUSTER_SOURCE
home=$CLUSTER_DIR/home
mkdir -p $home/.ssh $CLUSTER_DIR/tmp $CLUSTER_DIR/etc /run/sshd || exit 1
chmod 700 $home $home/.ssh && chmod 1777 $CLUSTER_DIR/tmp
numbers=$(seq "$CLUSTER_HOSTS")

# ---- keys and files of /etc ----
ssh-keygen -q -t ed25519 -N '' -C cluster -f $home/.ssh/id_ed25519 </dev/null || fail "ssh-keygen has failed"
cp $home/.ssh/id_ed25519.pub $CLUSTER_DIR/authorized_keys
etc=$CLUSTER_DIR/etc
printf '127.0.0.1 localhost\n::1 localhost\n' >$etc/hosts
for i in $numbers; do
    host=$CLUSTER_DIR/node$i
    mkdir "$host" && mkfifo "$host/go" || exit 1
    ssh-keygen -q -t ed25519 -N '' -C "node$i" -f "$host/key" </dev/null || fail "ssh-keygen has failed"
    read -r kind key _ <"$host/key.pub"
    echo "node$i,10.77.0.$i,node$i-6,fd77::$i,node$i-b,10.78.0.$i,fd78::$i $kind $key" >>$home/.ssh/known_hosts
    echo "10.77.0.$i node$i" >>$etc/hosts
    [ "$CLUSTER_IPV6" = no ] || echo "fd77::$i node$i-6" >>$etc/hosts
    [ "$CLUSTER_NETWORKS" = 1 ] || echo "10.78.0.$i node$i-b" >>$etc/hosts
done
cat >$home/.ssh/config <<TEXT
Host *
    User $CLUSTER_USER
    IdentityFile $home/.ssh/id_ed25519
    UserKnownHostsFile $home/.ssh/known_hosts
    StrictHostKeyChecking yes
    GSSAPIAuthentication no
TEXT
# ssh and sshd ask the table of users for the home, so no real ~/.ssh is read or written.
# shellcheck disable=SC2153 # cluster has exported it
awk -F : -v OFS=: -v home=$home -v user="$CLUSTER_USER" -v uid="$CLUSTER_UID" '
    $1 == "sshd" { sshd = 1 }
    $1 == "root" { $6 = home; $7 = "/bin/sh" }
    user == "root" || $3 != uid
    END {
        if (!sshd) print "sshd", "x", 65500, 65534, "", "/run/sshd", "/usr/sbin/nologin"
        if (user != "root") print user, "x", uid, uid, "", home, "/bin/sh"
    }' /etc/passwd >$etc/passwd
printf '%s:*:19000::::::\n' root "$CLUSTER_USER" | sort -u >$etc/shadow # a "!" would lock the account for sshd
[ ! -e /etc/nsswitch.conf ] || sed 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf >$etc/nsswitch.conf
: >$etc/resolv.conf
# In a bare root only a whole /etc can have what it lacks; what may not be read is not missed.
if [ ! -e /etc/hosts ]; then
    cp -dR --preserve=mode /etc $CLUSTER_DIR/etc-whole 2>/dev/null
    mount --bind $CLUSTER_DIR/etc-whole /etc || fail "there is no /etc/hosts, and none can be made"
    : >/etc/hosts
fi
for file in hosts passwd shadow nsswitch.conf resolv.conf; do
    [ ! -e /etc/$file ] || [ ! -e $etc/$file ] || mount --bind $etc/$file /etc/$file ||
        fail "/etc/$file cannot be covered"
done

# ---- the hosts ----
# allowed: the numbers of the cpus that this process may use, one per line
allowed() {
    sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status | tr , '\n' |
        while IFS=- read -r first last; do
            seq "$first" "${last:-$first}"
        done
}
# cpus_of HOST: its list of cpus for taskset. Neighbours begin one after another, so that they do not stack.
allowed >$CLUSTER_DIR/cpus
cpus_of() {
    [ -n "$CLUSTER_CPUS" ] || { paste -s -d , $CLUSTER_DIR/cpus; return; }
    echo "$CLUSTER_CPUS" | tr , '\n' | awk -v host="$1" '
        FILENAME == "-" { want[n++] = $1; next }
        { cpu[count++] = $1 }
        END {
            wanted = want[(host - 1) % n]
            for (i = 0; i < host - 1; i++) first += want[i % n]
            if (wanted > count) {
                print "cluster: node" host " has " count " cpus and not " wanted ", there are no more" \
                    >"/dev/stderr"
                wanted = count
            }
            for (i = 0; i < wanted; i++) printf "%s%d", i ? "," : "", cpu[(first + i) % count]
        }' - $CLUSTER_DIR/cpus
}

mkfifo $CLUSTER_DIR/ready && exec 5<>$CLUSTER_DIR/ready
# all_say WORD: every host says it, within 30 s
all_say() {
    timeout 30 head -n "$CLUSTER_HOSTS" <&5 >$CLUSTER_DIR/said
    if [ "$(grep -c "^$1\$" $CLUSTER_DIR/said)" != "$CLUSTER_HOSTS" ]; then
        cat $CLUSTER_DIR/node*/log >&2
        fail "not every host came up ($1)"
    fi
}

for i in $numbers; do
    cpus_of "$i" >$CLUSTER_DIR/node"$i"/cpus
    # A session of its own: a terminal's Ctrl-C is not for the host.
    setsid env --default-signal=INT,QUIT taskset -c "$(cat $CLUSTER_DIR/node"$i"/cpus)" \
        unshare --mount --net --pid --uts --ipc --propagation unchanged --fork --kill-child \
        sh "$here/host.sh" "$i" </dev/null >$CLUSTER_DIR/node"$i"/log 2>&1 5<&- &
    echo $! >$CLUSTER_DIR/node"$i"/pid
done
all_say ready
for i in $numbers; do
    pid=$(cat $CLUSTER_DIR/node"$i"/pid)
    echo "link add node$i type veth peer name eth0 netns $pid"
    echo "link set node$i master lan up"
    [ "$CLUSTER_NETWORKS" = 2 ] || continue
    echo "link add node$i-b type veth peer name eth1 netns $pid"
    echo "link set node$i-b master lan2 up"
done >$CLUSTER_DIR/batch
ip -batch $CLUSTER_DIR/batch || fail "the hosts cannot be joined"
for i in $numbers; do
    echo >$CLUSTER_DIR/node"$i"/go
done
all_say up
exec 5<&-

# ---- the command ----
HOME=$home USER=root LOGNAME=root
export HOME USER LOGNAME
if [ "$CLUSTER_MODE" = console ]; then
    TMPDIR=$CLUSTER_DIR/tmp
    export TMPDIR
    "$@"
    exit $?
fi
# shellcheck source=tests/cluster/cluster.sh
. "$here/cluster.sh"
[ $# -gt 0 ] || set -- "${SHELL:-/bin/sh}"
cluster_on 1 "$@"
exit $?
