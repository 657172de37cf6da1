#! /bin/sh
# A rank is killed while the ranks exchange messages of all sizes: whatever the others meet because of it (memory that
# has gone in the middle of a copy), the job ends with the exit code and the sentence of the one that was killed.
#
#     KILLS=200 SEED=7 tests/launch/kill.sh       more of it, other moments
# shellcheck source=tests/launch/common.sh
. "${0%/*}/common.sh"

: "${KILLS:=20}" "${SEED:=1}"
ln -s "$top_builddir/tests/mpi/endless" "$bin/endless" || exit 1

victim_noted() {
    pid=$(sed -n "s/^\([0-9]*\) [0-9]* $1 rank\$/\1/p" "$notes")
    [ -n "$pid" ]
}

# killed NUMBER CMA [large]: the moment follows from the number: during the start at first, then later and later.
killed() {
    victim=$(($1 % 4))
    moment=$(awk -v n="$1" -v seed="$SEED" 'BEGIN { srand(seed * 1000 + n); printf "%.4f", rand() * (n % 5) * 0.06 }')
    GODWIT_CMA=$2
    export GODWIT_CMA
    # shellcheck disable=SC2086 # large may be missing
    start 0 -n 4 endless "$notes" "$SEED$1" ${3-} || return 1
    unset GODWIT_CMA
    sleep "$moment"
    until_within 10 victim_noted $victim || return 1
    kill -KILL "$pid" || return 1
    ended
    echo "rank $victim was killed after $moment s"
    gave 137 &&
        said "mpirun: rank $victim (pid $pid on $host) was killed by signal 9 (SIGKILL, Killed); ending the job" &&
        nothing_left
}

number=0
while [ $number -lt "$KILLS" ]; do
    case $((number % 3)) in
    0) check "kill $number" killed $number on ;;
    1) check "kill $number, large messages" killed $number on large ;;
    2) check "kill $number, through shared memory alone" killed $number off ;;
    esac
    number=$((number + 1))
done

plan
