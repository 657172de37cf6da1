#! /bin/sh
# The programs of examples/: each compares its result with that of one process. With several numbers of ranks,
# with less work than ranks, through libfabric, and on several hosts by a stand-in for ssh.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/launch/common.sh
. "${0%/*}/../launch/common.sh"
ln -s "$top_builddir/tests/launch/fake-ssh" "$bin/ssh" || exit 1
FAKE_SSH_LOG=$scratch/runs FAKE_SSH_ENV='ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS'
export FAKE_SSH_LOG FAKE_SSH_ENV
examples=$top_builddir/examples

# What each program says when all is well, and how many ranks it needs.
result() {
    case $1 in
    heat) says='degrees in the middle, as one process has it' needs=1 ;;
    samplesort) says=': sorted, as one process does it' needs=1 ;;
    cg) says=' rounds, as one process does it' needs=1 ;;
    nbody) says=': where one process has them' needs=1 ;;
    pi) says=': as one process counts them' needs=1 ;;
    transpose) says=': all in their places' needs=1 ;;
    rpc) says=': all answers are right' needs=2 ;;
    multicast) says=': in the same order everywhere' needs=1 ;;
    queue) says=': each consumed once' needs=3 ;;
    pubsub) says=': everybody has what he wants' needs=2 ;;
    esac
}
programs='heat samplesort cg nbody pi transpose rpc multicast queue pubsub'

# good RANKS PROGRAM OPTION-OF-MPIRUN... -- ARGUMENT...: one line, which says that all is well; where there are too
# few ranks, code 2 and a sentence that says how many it takes.
good() {
    ranks=$1 program=$2
    shift 2
    result "$program"
    for word; do
        shift
        [ "$word" != -- ] || set -- "$@" "$examples/$program"
        [ "$word" = -- ] || set -- "$@" "$word"
    done
    job --timeout 60 -n "$ranks" "$@"
    if [ "$ranks" -lt "$needs" ]; then
        gave 2 && grep -q "^$program: .*: start it with mpirun -n $needs, or more$" "$err"
    else
        gave 0 && grep -q "^$program: .*$says$" "$out" && [ "$(wc -l <"$out")" = 1 ] && [ ! -s "$err" ]
    fi || { cat "$out" "$err"; return 1; }
}

for program in $programs; do
    for ranks in 1 2 3 5 8; do
        check "$program, $ranks ranks" good "$ranks" "$program" --
    done
done
for program in $programs; do
    GODWIT_WIRE=ofi check "$program, 4 ranks, through libfabric" good 4 "$program" --
    check "$program, 5 ranks on 3 hosts" good 5 "$program" -H node1:2,node2:2,node3:2 --
done

while read -r ranks program arguments; do
    # shellcheck disable=SC2086 # words
    check "$program $arguments, $ranks ranks" good "$ranks" "$program" -- $arguments
done <<'END'
1 heat 1 1 10
5 heat 1 1 10
5 heat 2 3 10
8 heat 100 1 20
8 heat 1 100 20
3 heat 7 5 0
5 samplesort 0
5 samplesort 1
5 samplesort 4
8 samplesort 7
5 samplesort 5000 1
5 samplesort 5000 3
1 cg 1
5 cg 1
5 cg 4
8 cg 9
5 nbody 0
5 nbody 1
5 nbody 4
5 nbody 30 0
5 pi 1
5 transpose 0 0
5 transpose 0 9
5 transpose 1 1
5 transpose 3 400
5 transpose 400 3
5 rpc 0
5 rpc 1
5 multicast 0
5 multicast 1
5 queue 0
5 queue 1
5 queue 100 1
8 queue 3 100
5 pubsub 0
5 pubsub 1
END

wrong() { # wrong PROGRAM ARGUMENT...: code 2 and the usage
    program=$1
    shift
    job --timeout 60 -n 3 "$examples/$program" "$@"
    gave 2 && grep -q "^usage: $program \[" "$err"
}
for program in $programs; do
    check "$program does not take 'many'" wrong "$program" many
done

check "ring" job -n 5 "$examples/ring"
check "ring adds up" wrote "the ranks' numbers add up to 10"
check "workers" job -n 5 "$examples/workers"
check "workers add up" wrote "the squares of 0 to 99 add up to 328350"
check "nothing is left" nothing_left
plan
