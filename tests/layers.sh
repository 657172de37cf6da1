#!/bin/sh
# Holds the #includes of lib/ and mpirun/ against the table of ARCHITECTURE.md: each folder may include its own
# headers and those named here; tests, and the wire that is only for them, may include anything. Also: one place for
# getenv, for hwloc, for libfabric, for fork and exec.
set -u
cd "$top_srcdir" || exit 1
number=0 plan=0
result() { # result TEXT OFFENDERS
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
    fi
}

# folder: what it may include besides itself and the system's headers
allowed='base:
type: base/
obj: base/ type/ p2p/match.h
wire: base/
p2p: base/ type/ obj/ wire/wire.h
coll: base/ type/ obj/ p2p/p2p.h boot/node.h
rma: base/ type/ obj/ p2p/p2p.h boot/node.h
boot: base/ type/ obj/ p2p/p2p.h coll/coll.h wire/
api: base/ obj/ type/ p2p/p2p.h p2p/buffer.h p2p/partitioned.h coll/coll.h rma/rma.h boot/proc.h'
plan=$(printf '%s\n' "$allowed" | wc -l)
echo "1..$((plan + 7))"
while IFS=: read -r folder may; do
    offenders=
    for f in lib/"$folder"/*.[ch]; do
        [ -e "$f" ] || continue
        case $f in *_test.[ch] | lib/wire/fake.* | lib/wire/ofi_fault.*) continue ;; esac
        for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
            good=no
            for prefix in "$folder/" config.h $may; do
                case $include in "$prefix"*) good=yes ;; esac
            done
            [ $good = yes ] || offenders="$offenders$f includes $include
"
        done
    done
    result "lib/$folder includes only itself and:${may:- nothing}" "$offenders"
done <<EOF
$allowed
EOF

sources() { find lib mpirun \( -name '*.c' -o -name '*.h' \) ! -name '*_test.[ch]' ! -name 'fake.[ch]' ! -name 'ofi_fault.[ch]'; }
offenders=$(grep -n '^#include "' mpirun/*.[ch] | grep -vE '_test\.c:|"(mpirun/|base/|boot/node\.h|wire/(secret|ofi_iface)\.h|config\.h)|^mpirun/info\.c:.*"wire/ofi\.h"')
result "mpirun includes only itself, base/, boot/node.h, wire/secret.h and wire/ofi_iface.h; info.c wire/ofi.h" "$offenders"
result "only base/conf.c calls getenv" "$(sources | grep -v lib/base/conf.c | xargs grep -nE '\bgetenv *\(')"
result "only mpirun/topo.c includes hwloc" "$(sources | grep -v mpirun/topo.c | xargs grep -nE '#include <hwloc')"
result "only lib/wire/ofi*.c include libfabric" "$(sources | grep -v lib/wire/ofi | xargs grep -nE '#include <rdma/')"
result "only tests include wire/fake.h and wire/ofi_fault.h" "$(sources | xargs grep -nE 'wire/(fake|ofi_fault)')"
result "only mpirun/spawn.c forks and executes" \
    "$(sources | grep -v mpirun/spawn.c | xargs grep -nE '\b(v?fork|exec[vl]p?e?|posix_spawnp?) *\(')"
result "only boot/proc.c ends the process" \
    "$(sources | grep '^lib/.*\.c$' | grep -v lib/boot/proc.c | xargs grep -nE '\b(abort|exit|_exit) *\(')"
