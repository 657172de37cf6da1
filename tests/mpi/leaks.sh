#!/bin/sh
# What MPI_Finalize says of handles that were never freed (GODWIT_CHECK=leaks).

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$top_builddir/tests/mpi/leaks
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # it leaves handles behind on purpose
export ASAN_OPTIONS
mpirun=$top_builddir/mpirun/mpirun

# said SETTING RANKS WHAT: the report's lines without what differs from run to run, sorted by rank.
said() {
    run="env GODWIT_CHECK=$1 $program $3"
    [ "$2" -eq 0 ] || run="$mpirun --timeout 60 -n $2 $run"
    # shellcheck disable=SC2086 # lists of words
    timeout 60 $run >"$scratch/output" 2>&1 </dev/null || { cat "$scratch/output"; return 1; }
    sed 's/ (pid [0-9]* on [^)]*)//' "$scratch/output" | sort -s -k 3,3 >"$scratch/found"
    cat "$scratch/found"
}

is() {
    cat >"$scratch/expected"
    cmp "$scratch/expected" "$scratch/found"
}

silent() {
    said "$@" && test ! -s "$scratch/found"
}

each_kind() {
    said leaks "$1" each && for rank in $2; do
        sed "s/^has/godwit: rank $rank &/; s/^[0-9]/godwit: rank $rank:   &/" <<LINES
has never freed 12 handles:
1 communicator of MPI_Cart_create
1 communicator 'solver' of MPI_Comm_dup
1 communicator of MPI_Comm_split
2 groups of MPI_Comm_group
1 group of MPI_Group_incl
1 datatype of MPI_Type_dup
1 datatype 'row' of MPI_Type_vector
1 request of MPI_Irecv
1 request of MPI_Send_init
1 operation of MPI_Op_create
1 attribute key of MPI_Comm_create_keyval
has never freed 6 handles:
1 info object of MPI_Comm_get_info
2 info objects of MPI_Info_create
1 info object of MPI_Info_dup
1 error handler of MPI_Comm_create_errhandler
1 error handler of MPI_Comm_get_errhandler
LINES
    done | sort -s -k 3,3 | is
}

many() {
    said leaks 0 many && grep -c "'number [0-9]*' of MPI_Comm_dup" "$scratch/found" >"$scratch/count" &&
        test "$(cat "$scratch/count")" -eq 20 && grep -qx 'godwit: rank 0:   and 10 more' "$scratch/found" &&
        grep -qx 'godwit: rank 0 has never freed 30 handles:' "$scratch/found" && test "$(wc -l <"$scratch/found")" -eq 22
}

session() {
    said leaks 0 session && is <<LINES
godwit: rank 0 has never freed 1 handle:
godwit: rank 0:   1 group of MPI_Group_from_session_pset
LINES
}

open_session() {
    said leaks 0 open && is <<LINES
godwit: rank 0 has never freed 2 handles:
godwit: rank 0:   1 group of MPI_Group_from_session_pset
godwit: rank 0:   1 session of MPI_Session_init
LINES
}

check "one of each kind that is forgotten is listed, by every rank" each_kind 2 "0 1"
check "and without mpirun" each_kind 0 0
check "a program that frees all is told nothing" silent leaks 2 free
check "without the setting nothing is said" silent none 2 each
check "30 different ones are 20 lines and a number" many
check "the last session to be finalized lists what is left" session
check "a session that is never finalized is listed when the program ends" open_session
plan
