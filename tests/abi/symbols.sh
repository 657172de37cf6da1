#!/bin/sh
# What the libraries show to a program: the functions of the standard, weak as MPI_ and strong as PMPI_, and nothing
# else; and that a profiling tool may put a function of its own before one of them.

. "$(dirname "$0")/../tap.sh"

shared=$top_builddir/.libs/libmpi_abi.so.1
static=$top_builddir/libmpi_abi.a
tables=$top_srcdir/tests/abi

sanitized() {
    test "${SANITIZED:-no}" = yes
}

# Lines "MPI_Name W" and "PMPI_Name T", sorted.
sed 1d "$tables/functions.tsv" | awk -F '\t' '{ print $1, "W"; print "P" $1, "T" }' | sort >"$scratch/expected"

# Reads nm's output and prints "name letter"; the sanitizers leave names of their own, which programs never call.
symbols() {
    awk 'NF >= 2 && $NF !~ /:$/ { print $NF, $(NF - 1) }' |
        if sanitized; then grep -v '^_*\(odr_\)\{0,1\}\(asan\|ubsan\|lsan\|sanitizer\)'; else cat; fi | sort
}

exact_shared() {
    $NM -D --defined-only "$shared" >"$scratch/nm" || return
    symbols <"$scratch/nm" >"$scratch/found"
    same_lines "$scratch/expected" "$scratch/found"
}

exact_static() {
    $NM -g --defined-only "$static" >"$scratch/nm" || return
    symbols <"$scratch/nm" >"$scratch/found"
    same_lines "$scratch/expected" "$scratch/found"
}

dynamic() {
    $READELF -d "$shared" | sed -n "s/.*($1).*\\[\\(.*\\)\\].*/\\1/p"
}

soname() {
    found=$(dynamic SONAME)
    echo "the soname is ${found:-missing}"
    test "$found" = libmpi_abi.so.1
}

# The C library and what belongs to it; hwloc and libfabric are not for every rank to load.
needed() {
    dynamic NEEDED >"$scratch/needed"
    test -s "$scratch/needed" || {
        echo "no list of needed libraries could be read"
        return 1
    }
    bad=0
    while read -r library; do
        case $library in
        libc.so.* | libm.so.* | libpthread.so.* | ld-linux*.so.* | ld64.so.* | libgcc_s.so.*) continue ;;
        libasan.so.* | libubsan.so.*) sanitized && continue ;;
        esac
        echo "the library needs $library"
        bad=1
    done <"$scratch/needed"
    return $bad
}

cat >"$scratch/profile.c" <<'END'
#include <mpi.h>
#include <stdio.h>
static int mine;
int MPI_Init(int *argc, char ***argv)
{
    mine++;
    return PMPI_Init(argc, argv);
}
int main(int argc, char **argv)
{
    int error = MPI_Init(&argc, &argv);
    if (error || mine != 1) {
        printf("MPI_Init returned %d and the program's own was called %d times\n", error, mine);
        return 1;
    }
    return MPI_Finalize();
}
END

# profile LIBRARY OPTIONS...: builds and runs the program above with it.
profile() {
    library=$1
    shift
    extra=
    sanitized && extra=-fsanitize=address,undefined
    $CC $extra -I"$top_srcdir/include" "$scratch/profile.c" -o "$scratch/profile" "$library" "$@" && "$scratch/profile"
}

if test -e "$shared"; then
    check "the shared library exports the functions of the standard and nothing else" exact_shared
    check "its soname is libmpi_abi.so.1" soname
    check "it needs the C library only" needed
    check "a program's own MPI_Init goes before that of the shared library" \
        profile "$shared" -Wl,-rpath,"$top_builddir/.libs"
else
    check "the shared library is at $shared" false
fi
if test -e "$static"; then
    check "the static library shows the functions of the standard and nothing else" exact_static
    check "a program's own MPI_Init goes before that of the static library" profile "$static" -pthread -lm
else
    check "the static library is at $static" false
fi
plan
