#! /bin/sh
# How long logins take on the test hosts, for developers: tests/cluster/logins.sh [hosts...], by default 1, 4 and
# 16. "up" is what making the hosts takes; "one" is one login from node1 to another host (to itself where it is
# alone), the median of 5; "all" is one login to every host at once.
here=$(cd "${0%/*}" && pwd) || exit 1
if [ -z "${CLUSTER_DIR:-}" ]; then
    [ $# -gt 0 ] || set -- 1 4 16
    printf '%5s %9s %9s %9s\n' hosts up one all
    for count in "$@"; do
        "$here/cluster" --console "$count" sh "$0" "$count" "$(date +%s%N)" || exit
    done
    exit 0
fi
# shellcheck source=tests/cluster/cluster.sh
. "$here/cluster.sh"
up=$((($(date +%s%N) - $2) / 1000000))
# shellcheck disable=SC2016 # expanded on node1
cluster_on 1 sh -c '
    since() {
        echo $((($(date +%s%N) - $1) / 1000000))
    }
    to=node2
    [ "$0" -gt 1 ] || to=node1
    one=$(for try in 1 2 3 4 5; do
        begun=$(date +%s%N)
        ssh "$to" true </dev/null || exit 1
        since "$begun"
    done | sort -n | sed -n 3p)
    begun=$(date +%s%N)
    for i in $(seq "$0"); do
        ssh "node$i" true </dev/null &
    done
    wait
    printf "%5s %6s ms %6s ms %6s ms\n" "$0" "$1" "$one" "$(since "$begun")"' "$1" "$up"
