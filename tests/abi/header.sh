#!/bin/sh
# mpi.h compiles by itself, first and twice, in the C and C++ that programs are written in, without a warning from any
# compiler at hand; and it defines what the tables list and nothing else. Values and prototypes are not checked here.

. "$(dirname "$0")/../tap.sh"

include=$top_srcdir/include
tables=$top_srcdir/tests/abi

cat >"$scratch/alone.c" <<'END'
#include <mpi.h>
extern MPI_Comm comm;
MPI_Comm comm = MPI_COMM_WORLD;
END

# Twice, and used: what must not draw a warning when a program does it.
cat >"$scratch/used.c" <<'END'
#include <mpi.h>
#include <mpi.h>
#if MPI_VERSION < 5 || MPI_ABI_VERSION != 1
#error "the versions are for the preprocessor too"
#endif
int used(int argc, char **argv, MPI_Comm comm);
static MPI_Comm_errhandler_function handler;
static void handler(MPI_Comm *comm, int *code, ...) { (void)comm; (void)code; }
int used(int argc, char **argv, MPI_Comm comm)
{
    MPI_Status status;
    MPI_Errhandler errhandler = MPI_ERRHANDLER_NULL;
    MPI_T_cb_safety safety = MPI_T_CB_REQUIRE_THREAD_SAFE;
    MPI_T_source_order order = MPI_T_SOURCE_UNORDERED;
    int mode = MPI_MODE_CREATE | MPI_MODE_RDWR, keyval = MPI_KEYVAL_INVALID;
    int error = MPI_Init_thread(&argc, &argv, argc > 1 ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &mode);
    int peer = error ? MPI_PROC_NULL : MPI_ANY_SOURCE;
    switch (error) {
    case MPI_SUCCESS:
    case MPI_ERR_COMM:
        break;
    default:
        return argc > 1 ? MPI_UNDEFINED : MPI_ERR_OTHER;
    }
    error = MPI_Comm_create_errhandler(handler, &errhandler);
    error |= MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, &keyval, MPI_BOTTOM);
    error |= MPI_Recv(MPI_BOTTOM, 0, MPI_LONG_LONG_INT, peer, MPI_ANY_TAG, comm, &status);
    error |= PMPI_Recv(MPI_BOTTOM, 0, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, comm, MPI_STATUS_IGNORE);
    return error + (comm == MPI_COMM_NULL) + (safety == MPI_T_CB_REQUIRE_NONE) + (order == MPI_T_SOURCE_ORDERED);
}
END
cp "$scratch/alone.c" "$scratch/alone.cpp"
cp "$scratch/used.c" "$scratch/used.cpp"

# The compilers to ask: the configured one, then the usual others that are here and can build anything.
compilers() {
    ending=$1
    shift
    echo 'int nothing(void); int nothing(void) { return 0; }' >"$scratch/probe.$ending"
    asked=' '
    for compiler in "$@"; do
        case $asked in
        *" $compiler "*) continue ;;
        esac
        asked="$asked$compiler "
        $compiler -fsyntax-only "$scratch/probe.$ending" >/dev/null 2>&1 && echo "$compiler"
    done
}

# compile COMPILER STANDARD FILE: the compiler may carry options, hence no quotes.
compile() {
    $1 -std="$2" -Wall -Wextra -pedantic -Werror -I"$include" -fsyntax-only "$3"
}

# languages ENDING COMPILERS STANDARDS...
languages() {
    ending=$1
    compilers=$2
    shift 2
    echo "$compilers" >"$scratch/compilers"
    while read -r compiler; do
        for standard in "$@"; do
            check "$compiler, $standard: mpi.h alone" compile "$compiler" "$standard" "$scratch/alone.$ending"
            check "$compiler, $standard: mpi.h twice and used" compile "$compiler" "$standard" "$scratch/used.$ending"
        done
    done <"$scratch/compilers"
}

languages c "$(compilers c "$CC" gcc clang)" c99 c11
found=$(compilers cpp "$CXX" g++ clang++)
if test -n "$found"; then
    languages cpp "$found" c++11 c++17
else
    skip "mpi.h in C++" "no C++ compiler"
fi

# Beside the tables: what depends on Fortran's INTEGER, written with what the tables have.
fortran_macros='MPI_F_SOURCE MPI_F_TAG MPI_F_ERROR MPI_F_STATUS_IGNORE MPI_F_STATUSES_IGNORE MPI_F08_STATUS_IGNORE
    MPI_F08_STATUSES_IGNORE'
fortran_names() {
    echo MPI_Fint
    echo MPI_F08_status
    for kind in Comm Errhandler File Group Info Message Op Request Session Type Win Status; do
        echo "MPI_${kind}_c2f"
        echo "MPI_${kind}_f2c"
    done
    for way in c2f08 f082c f2f08 f082f; do
        echo "MPI_Status_$way"
    done
}

# All macros of mpi.h, less those of the compiler, <stddef.h> and <stdint.h>.
macros() {
    $CC -dM -E -I"$include" "$1" | sed -n 's/^#define \([A-Za-z_0-9]*\).*/\1/p' | sort
}

exact_macros() {
    printf '#include <stddef.h>\n#include <stdint.h>\n' >"$scratch/before.c"
    echo '#include <mpi.h>' >"$scratch/after.c"
    macros "$scratch/before.c" >"$scratch/before"
    macros "$scratch/after.c" | comm -13 "$scratch/before" - >"$scratch/found"
    # shellcheck disable=SC2086 # words
    { echo MPI_H_ABI; printf '%s\n' $fortran_macros; sed 1d "$tables/constants.tsv" | awk -F '\t' '$2 != "int" { print $1 }'; } |
        sort >"$scratch/expected"
    same_lines "$scratch/expected" "$scratch/found"
}

# All words that begin with MPI_, MPIX_ or their profiling twins in what the compiler sees; the struct behind MPI_Name
# is called MPI_ABI_Name.
exact_names() {
    words='P\{0,1\}MPIX\{0,1\}_[A-Za-z_0-9]*'
    $CC -E -P -I"$include" "$scratch/after.c" | tr -cs 'A-Za-z_0-9' '\n' | grep -x "$words" | sort -u >"$scratch/found"
    {
        fortran_names
        sed 1d "$tables/functions.tsv" | awk -F '\t' '{ print $1; print "P" $1 }'
        sed 1d "$tables/callbacks.tsv" | cut -f 1
        sed 1d "$tables/constants.tsv" | awk -F '\t' '$2 == "int" { print $1 }'
        sed -n '/^| MPI_\|^| handles/p' "$tables/types.md" | tr -cs 'A-Za-z_0-9' '\n' |
            grep -x 'MPI_\(T_\)\{0,1\}[A-Za-z_]*' | grep -v '^MPI_ABI_'
        sed -n '/pointer to an incomplete struct/p' "$tables/types.md" | cut -d '|' -f 2 |
            tr -cs 'A-Za-z_0-9' '\n' | sed -n 's/^MPI_/MPI_ABI_/p'
    } | sort -u >"$scratch/expected"
    same_lines "$scratch/expected" "$scratch/found"
}

check "the macros are those of the table and the include guard" exact_macros
check "the names of types, constants and functions are those of the tables" exact_names
plan
