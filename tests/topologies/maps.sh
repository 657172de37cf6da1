#!/bin/sh
# Placement on machines of many kinds: each file of maps/ describes hosts, and holds command lines with the map that is
# expected of each. With `--write` the files are written anew, to be read and compared (git diff) before anybody
# believes them.
# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

placer=$top_builddir/tests/topologies/placer
here=$top_srcdir/tests/topologies
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # what a job holds lives until the process ends
export ASAN_OPTIONS
unset GODWIT_TAG GODWIT_TIMEOUT

as_expected() {
    "$placer" "$here/machines" "$1" >"$scratch/found" && diff "$1" "$scratch/found"
}

files=0 jobs=0
for map in "$here"/maps/*.map; do
    if [ "${1:-}" = --write ]; then
        "$placer" "$here/machines" "$map" >"$scratch/found" || exit
        cmp -s "$scratch/found" "$map" || cp "$scratch/found" "$map" || exit
    fi
    name=${map##*/}
    check "${name%.map}: $(sed -n 's/^# //p; 1q' "$map")" as_expected "$map"
    files=$((files + 1)) jobs=$((jobs + $(grep -c '^\$ ' "$map")))
done
check "at least ten machines have maps" test "$files" -ge 10
echo "# $jobs jobs on the machines of $files files"
plan
