#!/bin/sh
# The committed files that come from the tables are what the generator writes today, whichever awk runs it.

. "$(dirname "$0")/../tap.sh"

generator=$top_srcdir/include/generate-abi.sh

# same WHAT FILE
same() {
    "$generator" "$1" >"$scratch/$1" || return
    cmp "$scratch/$1" "$top_srcdir/$2" || {
        echo "$2 is out of date: run \`make regenerate\`"
        return 1
    }
}

# The four outputs of the generator in one file, $1, written with the awk that the remaining words say.
everything() {
    output=$1
    shift
    for what in header unsupported check-constants check-prototypes; do
        AWK="$*" "$generator" "$what" || return
    done >"$output"
}

same_with() {
    everything "$scratch/other" "$@" && cmp "$scratch/all" "$scratch/other"
}

unknown_word_fails() {
    ! "$generator" nonsense
}

export AWK
check "include/mpi.h is up to date" same header include/mpi.h
check "lib/api/unsupported.c is up to date" same unsupported lib/api/unsupported.c
check "the generator refuses a word that it does not know" unknown_word_fails

check "all four outputs can be written" everything "$scratch/all" $AWK
for other in mawk gawk "busybox awk" original-awk; do
    if $other 'BEGIN { exit }' </dev/null >/dev/null 2>&1; then
        check "$other writes the same" same_with $other
    else
        skip "$other writes the same" "no such awk here"
    fi
done
plan
