#! /bin/sh
# The schedules of all collective operations, for numbers of ranks that no machine here has: every message finds
# the receive that waits for it, and steps, bytes and times are those that the algorithms are known for.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/tap.sh
. "${0%/*}/../tap.sh"
simulate=$top_builddir/tests/coll/simulate

whole() { # all that is sent is received, with the size that was expected, and nobody waits for ever
    "$simulate" --full --sizes 0,1,8,1000,70000,1M "$@" >"$scratch/out" && ! grep -q 'more steps' "$scratch/out"
}
check "1 to 36 ranks" whole --ranks 1-36
check "63 to 65, 127 and 200 ranks, another root" whole --ranks 63-65,127,200 --root 5
check "operations that do not commute" whole --ranks 1-20,63-65 --root 2 --ordered --op reduce --op allreduce \
    --op reduce_scatter --op scan --op exscan

alike() { # where all ranks do the same, one of them is enough
    for full in '' --full; do
        "$simulate" --op barrier --op allgather --op alltoall --op reduce_scatter --ranks 1-20,64,100 \
            --sizes 8,5000 $full >"$scratch/alike$full" || return 1
    done
    cmp "$scratch/alike" "$scratch/alike--full"
}
check "one rank stands for all that do the same" alike

# A machine where a message takes 1 us and nothing else takes any time; and one where only bytes do, 1 ns each.
latency='--latency 1 --bandwidth 1e12 --overhead 0 --copy 1e12 --reduce 1e12'
bytes='--latency 0 --bandwidth 1 --overhead 0 --copy 1e12 --reduce 1e12'

# costs MACHINE OP RANKS SIZE WAY "IN-A-ROW MESSAGES BYTES US": fields that are - do not matter
costs() {
    # shellcheck disable=SC2086 # words
    "$simulate" $1 --op "$2" --ranks "$3" --sizes "$4" >"$scratch/out" || return 1
    # shellcheck disable=SC2016 # awk's
    sed 's/\*//' "$scratch/out" | "$AWK" -v way="$5" -v wanted="$6" '
        $3 == way {
            found = 1
            split(wanted, w)
            for (i = 1; i <= 4; i++)
                if (w[i] != "-" && ($(3 + i) - w[i]) ^ 2 > 0.0001)
                    bad = 1
        }
        END { exit !found || bad }' || { echo "expected of $5: $6"; cat "$scratch/out"; return 1; }
}
check "barrier, dissemination" costs "$latency" barrier 1000 0 - "10 20 0 10"
check "broadcast, binomial" costs "$latency" bcast 1024 8 tree "10 10 80 10"
check "broadcast, binomial, bytes" costs "$bytes" bcast 1024 1000 tree "10 10 10000 10"
check "broadcast, scatter and ring" costs "$latency" bcast 64 1M scatter "69 - - 69"
# Parts of 65600 bytes, the last one smaller: all but the root's own leave it, then 63 of them go round.
check "broadcast, scatter and ring, bytes" costs "$bytes" bcast 64 4M scatter "- - - 8261.50"
check "gather, direct" costs "$bytes" gather 1000 1000 direct "1 999 1000 999"
check "gather, binomial" costs "$bytes" gather 1024 1000 tree "10 10 512000 1023"
check "scatter, direct" costs "$bytes" scatter 1000 1000 direct "1 999 999000 999"
check "scatter, binomial" costs "$bytes" scatter 1024 1000 tree "10 10 1023000 1023"
check "allgather, ring" costs "$latency" allgather 1000 8 ring "999 1998 7992 999"
check "allgather, ring, bytes" costs "$bytes" allgather 1000 8000 ring "- - 7992000 7992"
check "allgather, Bruck" costs "$latency" allgather 1000 8 bruck "10 20 7992 10"
check "alltoall, direct, bytes" costs "$bytes" alltoall 1000 1000 direct "- 1998 999000 999"
check "alltoall, Bruck" costs "$latency" alltoall 1024 8 bruck "10 20 40960 10"
check "alltoall, Bruck, bytes" costs "$bytes" alltoall 1024 1000 bruck "10 20 5120000 5120"
check "reduce, binomial" costs "$latency" reduce 1024 8 tree "10 10 8 10"
check "allreduce, doubling" costs "$latency" allreduce 1024 8 doubling "10 20 80 10"
check "allreduce, doubling, no power of two" costs "$latency" allreduce 2000 8 doubling "12 22 88 12"
check "allreduce, halving" costs "$latency" allreduce 1024 1M halving "20 40 2095104 20"
check "allreduce, halving, bytes" costs "$bytes" allreduce 1024 1M halving "- - - 2095.10"
check "reduce_scatter, pairs" costs "$bytes" reduce_scatter 100 800000 pairs "99 198 792000 792"
check "scan" costs "$latency" scan 1024 8 - "10 20 80 10"
check "barrier of 100000 ranks" costs "$latency" barrier 100000 0 - "17 34 0 17"
check "allreduce of 100000 ranks" costs "$latency" allreduce 100000 8 doubling "18 34 136 18"
check "allgather of 100000 ranks" costs "$latency" allgather 100000 8 bruck "17 34 799992 17"

two_levels() { # 16 ranks on each node: one message of the tree is between two nodes
    levels='--op bcast --sizes 8 --per-node 16 --near-latency 1 --latency 100 --overhead 0'
    # shellcheck disable=SC2086 # words
    "$simulate" $levels --ranks 16 | grep -q ' tree .* 4\.0[0-9] ' &&
        "$simulate" $levels --ranks 32 | grep -q ' tree .* 104\.0[0-9] '
}
check "ranks of one node are nearer" two_levels

too_many() {
    "$simulate" --op gather --ranks 1000 --sizes 8 --most 500 | grep -q 'more steps than --most'
}
check "too many steps" too_many
wrong() { # wrong TEXT OPTION...
    said=$1
    shift
    ! "$simulate" "$@" >/dev/null 2>"$scratch/err" && grep -q "$said" "$scratch/err"
}
check "an operation that is none" wrong "simulate: --op does not take 'bcost'" --op bcost
check "ranks that are none" wrong "simulate: --ranks does not take '4,x'" --ranks 4,x
check "no ranks" wrong "simulate: --ranks does not take '0'" --ranks 0
check "a bandwidth of nothing" wrong "simulate: --bandwidth does not take '0'" --bandwidth 0
plan
