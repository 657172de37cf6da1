#!/bin/sh
# Writes, to standard output, the files that follow from the tables of the MPI standard ABI in tests/abi:
#
#   header             include/mpi.h, which is committed
#   unsupported        lib/api/unsupported.c, which is committed: the functions that no other file of lib/api defines
#   check-constants    tests/abi/check_constants.c, made at build time
#   check-prototypes   tests/abi/check_prototypes.c, made at build time
#
# `make regenerate` rewrites the committed two. The checks come from an awk program of their own that shares nothing
# with the one that writes the header, so that a mistake in either is noticed. Any POSIX awk will do (mawk, gawk,
# busybox, the one true awk); the variable AWK names another than `awk`.

set -eu
LC_ALL=C
export LC_ALL

root=$(dirname "$0")/..
tables=$root/tests/abi
: "${AWK:=awk}"

# The C sources of lib/api that people wrote; without any, the pattern itself comes out and is left out.
api_sources() {
    for source in "$root"/lib/api/*.c; do
        case $source in
        */unsupported.c | */\*.c) ;;
        *) cat "$source" ;;
        esac
    done
}

# AWK stands unquoted: it may be two words, such as `busybox awk`.
write() {
    $AWK -f "$root/include/generate-abi.awk" -v what="$1" \
        "$tables/constants.tsv" "$tables/callbacks.tsv" "$tables/functions.tsv" -
}

check() {
    $AWK -f "$tables/generate-checks.awk" -v what="$1" \
        "$tables/types.md" "$tables/constants.tsv" "$tables/callbacks.tsv" "$tables/functions.tsv"
}

case ${1-} in
header) write header </dev/null ;;
unsupported) api_sources | write unsupported ;;
check-constants) check constants ;;
check-prototypes) check prototypes ;;
*)
    echo "usage: $0 header|unsupported|check-constants|check-prototypes" >&2
    exit 2
    ;;
esac
