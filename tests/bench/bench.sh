#!/bin/sh
# godwit-bench as a command: its help, what it refuses, the floor, starting MPI, and the measurements that the MPI
# below can do. No figure decides anything here: they depend on the machine, and on what else it does.
# shellcheck disable=SC2016  # awk's $0, not the shell's
# shellcheck source=tests/tap.sh
. "${0%/*}/../tap.sh"

bench=$top_builddir/benchmarks/godwit-bench
mpirun=$top_builddir/mpirun/mpirun
here=$scratch/here out=$scratch/out err=$scratch/err
mkdir "$here" && cd "$here" || exit 1

# job RANKS ARGUMENTS...: as a job; 0 ranks: without mpirun. Leaves status, $out and $err. Where $template is set, by
# that launcher, which may want the program to be in a folder below this one.
template=
job() {
    ranks=$1
    shift
    status=0
    if [ -n "$template" ] && [ "$ranks" != 0 ]; then
        words=$(printf '%s\n' "$template" | sed "s|{n}|$ranks|g; s|{prog}|.program/godwit-bench|g")
        # shellcheck disable=SC2086  # words
        $words "$@" >"$out" 2>"$err" </dev/null || status=$?
    elif [ "$ranks" = 0 ]; then
        "$bench" "$@" >"$out" 2>"$err" </dev/null || status=$?
    else
        "$mpirun" -n "$ranks" "$bench" "$@" >"$out" 2>"$err" </dev/null || status=$?
    fi
}
# ended CODE: and what the job said is shown where it did not.
ended() {
    [ "$status" = "$1" ] && return
    echo "exit code $status, not $1; it said:"
    cat "$out" "$err"
    return 1
}
silent() {
    [ ! -s "$err" ] || { cat "$err"; return 1; }
}
no_files() {
    find . -mindepth 1 ! -path './.program*' | sed 's/^/left: /' >"$scratch/left"
    cat "$scratch/left"
    test ! -s "$scratch/left"
}

# ---- help ----

shows_help() {
    for option in -h --help; do
        job 0 $option
        ended 0 && silent && grep -q '^Usage: godwit-bench' "$out" || return 1
        [ "$(wc -l <"$out")" -le 30 ] && [ "$(wc -L <"$out")" -le 110 ] || return 1
    done
}
check "--help fits on a screen" shows_help
names_all() {
    for word in pingpong stream bistream rate modes overlap coll sweep floor start; do
        grep -qw "$word" "$out" || { echo "$word is not in the help"; return 1; }
    done
}
check "--help names every subcommand" names_all
# Every option of the program stands on the manual page and in the help, and no other does.
page_agrees() {
    sed -n 's/^ *{"\(--[a-z]*\)",.*/\1/p' "$top_srcdir/benchmarks/options.c" | sort >"$scratch/expected"
    sed 's/\\-/-/g' "$top_srcdir/man/godwit-bench.1" | sed -n '/^\.TP/{n;p;}' | grep -o -e '--[a-z]*' |
        sort >"$scratch/found"
    test -s "$scratch/expected" && same_lines "$scratch/expected" "$scratch/found" || return 1
    while read -r option; do
        grep -q -e "$option" "$out" || { echo "$option is not in the help"; return 1; }
    done <"$scratch/expected"
}
check "the manual page has the options of the program" page_agrees
shows_version() {
    job 0 --version
    ended 0 && silent && grep -q '^godwit-bench (Godwit) [0-9]' "$out"
}
check "--version" shows_version
once() {
    job 2 --version
    ended 0 && silent && [ "$(sort -u "$out" | wc -l)" = 1 ]
}
check "--version in a job" once
lying() {
    for set in SLURM_PROCID=3 PMI_RANK=1 OMPI_COMM_WORLD_RANK=2; do
        status=0
        env "$set" "$bench" --help >"$out" 2>"$err" || status=$?
        ended 0 && grep -q '^Usage: godwit-bench' "$out" || return 1
        env "$set" "$bench" frob >"$out" 2>"$err" || status=$?
        ended 2 && grep -q '^godwit-bench: unknown subcommand' "$err" || return 1
    done
}
check "a rank that the environment only says is no reason for silence" lying
closed() {
    status=0
    "$bench" --help >&- 2>"$err" || status=$?
    ended 1 && grep -q '^godwit-bench: cannot write to standard output: ' "$err"
}
check "--help with standard output closed" closed
full() {
    status=0
    "$bench" --help >/dev/full 2>"$err" || status=$?
    ended 1 && grep -q '^godwit-bench: cannot write to standard output: No space left' "$err"
}
check "--help into a full file" full

# ---- bad input: one sentence, exit code 2, no file ----

# refused TEXT PATTERN ARGUMENTS...
refused() {
    refused_text=$1 refused_pattern=$2
    shift 2
    check "refused: $refused_text" refuses "$@"
}
refuses() {
    job 0 "$@"
    ended 2 && no_files || return 1
    cat "$out" "$err"
    [ ! -s "$out" ] && [ "$(wc -l <"$err")" = 1 ] || return 1
    said=$(cat "$err")
    # shellcheck disable=SC2254  # the pattern is one
    case $said in
    "godwit-bench: "$refused_pattern) ;;
    *) return 1 ;;
    esac
}
refused "no subcommand" "no subcommand: *"
refused "an unknown subcommand" "unknown subcommand 'ping'*" ping
refused "an unknown option" "unknown option '--size' *" pingpong --size 8
refused "size 0" "--sizes '0': the smallest *" pingpong --sizes 0
refused "a range from 0" "--sizes '0:8': the smallest *" pingpong --sizes 0:8
refused "a negative size" "--sizes '-8' is neither *" pingpong --sizes -8
refused "a negative range" "--sizes '8:-4' is no range*" pingpong --sizes 8:-4
refused "a reversed range" "--sizes '4M:8' is a range that ends before it begins" pingpong --sizes 4M:8
refused "a size that is too large" "--sizes '99999999999999999999': the largest *" pingpong --sizes 99999999999999999999
refused "a size that is none" "--sizes '8,many' is neither *" pingpong --sizes 8,many
refused "no time" "--seconds takes a time from * not '0'" pingpong --seconds 0
refused "a negative time" "--seconds takes a time from * not '-1'" pingpong --seconds -1
refused "no operations" "--iterations takes a number from 1 *" pingpong --iterations 0
refused "both time and operations" "--seconds and --iterations *" pingpong --seconds 1 --iterations 1
refused "a window of none" "--window takes a number from 1 *" stream --window 0
refused "an option that is not used" "pingpong does not use --window" pingpong --window 3
refused "one rank for pingpong" "pingpong needs 2 ranks: mpirun -n 2 godwit-bench pingpong" pingpong
refused "one rank for stream" "stream needs 2 ranks: *" stream --csv x.csv --json x.json --plot x.svg
refused "one rank for rate" "rate needs 2 ranks: *" rate
refused "more ranks than there are" "--ranks 2 needs as many ranks, and there is 1: *" coll barrier --ranks 2
refused "no operation" "coll needs operations to measure*" coll
refused "an unknown operation" "unknown operation 'frob'; there are barrier bcast *alltoall*" coll barrier,frob
refused "an unknown mode" "unknown mode 'frob'; there are send *" modes --ops frob
refused "cpus that are none" "--pin takes keep, core, one or a list of cpus*not 'x'" pingpong --pin x
refused "a cpu that is not there" "--pin: rank 0 may not run on cpu 8000 of *" coll barrier --pin 8000
refused "a floor with --check" "--check and --floor do not go together*" pingpong --check --floor memory
refused "a cpu that is not there, for the floor" "--pin: cpu 8000 cannot be used *" floor --pin 8000
refused "two files on standard output" "--csv and --json both write '-'" coll barrier --csv - --json -
refused "one file twice" "--csv and --plot both write 'x'" coll barrier --csv x --plot x
refused "one file by two names" "--csv and --json both write *" coll barrier --csv ./x --json x
refused "a control character in a name" "cannot write 'no?/x': No such file or directory" \
    coll barrier --csv "$(printf 'no\033/x')"
refused "a file in a folder that is not there" "cannot write 'no/x.csv': No such file or directory" \
    coll barrier --csv no/x.csv
refused "a folder as a file" "cannot write '.': Is a directory" coll barrier --json .
refused "the floor into a folder that is not there" "cannot write 'no/x.svg': No such file or directory" \
    floor --seconds 0.001 --plot no/x.svg
of_two() {
    job 2 pingpong --sizes 0
    ended 2 && [ ! -s "$out" ] && [ "$(grep -c '^godwit-bench: ' "$err")" = 1 ]
}
check "of two ranks one says what is wrong" of_two

# ---- the floor ----

# fields FILE: every line of the table that a CSV file holds has as many fields as its head; how many lines.
fields() {
    grep -v '^#' "$1" >"$scratch/lines"
    "$AWK" -F , '{ gsub(/"[^"]*"/, "text") }
        NR == 1 { n = NF }
        NF != n { print "fields: " NF ", not " n ": " $0; bad = 1 }
        END { exit bad || NR < 2 }' "$scratch/lines"
}
floor_table() {
    job 0 floor --seconds 0.001 --sizes 8,64K
    ended 0 && silent && no_files || return 1
    for what in 'cache line hand-over' 'memcpy' 'tcp ping-pong' 'context switch' 'exec+wait'; do
        grep -q "$what .*[0-9] [nmu]*s" "$out" || { echo "no line for $what"; cat "$out"; return 1; }
    done
}
floor_files() {
    job 0 floor --seconds 0.001 --sizes 8,64K --csv f.csv --json f.json --plot f.svg
    ended 0 && silent && fields f.csv && grep -q '^floor,memcpy,65536,' f.csv || return 1
    grep -q '</svg>' f.svg && [ "$(find . -mindepth 1 | wc -l)" = 3 ] || return 1
    if command -v python3 >/dev/null 2>&1; then
        python3 -c 'import json; json.load(open("f.json"))' || return 1
        python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("f.svg")' || return 1
    fi
    rm -f f.csv f.json f.svg
}
floor_csv() {
    job 0 floor --seconds 0.001 --sizes 8 --csv -
    ended 0 && silent && fields "$out" && ! grep -q 'What this machine' "$out"
}
if [ "$(nproc)" -ge 2 ]; then
    check "floor shows the machine's limits" floor_table
    check "floor writes CSV, JSON and SVG" floor_files
    check "--csv - puts nothing else on standard output" floor_csv
    floor_once() {
        job 2 floor --seconds 0.001 --sizes 8
        ended 0 && silent && [ "$(grep -c 'context switch' "$out")" = 1 ]
    }
    check "of two ranks one measures the floor" floor_once
    floor_lying() {
        status=0
        PMI_RANK=1 "$bench" floor --seconds 0.001 --sizes 8 >"$out" 2>"$err" || status=$?
        ended 0 && grep -q 'context switch' "$out"
    }
    check "the floor is measured where the environment only says a rank" floor_lying
else
    for text in "floor shows the machine's limits" "floor writes CSV, JSON and SVG" \
        "--csv - puts nothing else on standard output" "of two ranks one measures the floor" \
        "the floor is measured where the environment only says a rank"; do
        skip "$text" "there is one cpu only"
    done
fi
cut_off() {
    status=0
    "$bench" floor --seconds 0.001 --sizes 8 >/dev/full 2>"$err" || status=$?
    ended 1 && grep -q '^godwit-bench: cannot write to standard output: ' "$err"
}
check "floor into a full file" cut_off

# ---- starting and ending MPI ----

starts() {
    job 2 start
    ended 0 && silent && [ ! -s "$out" ]
}
check "start only starts MPI and ends it" starts
memory() {
    job 2 start --memory
    ended 0 && silent && [ "$(grep -c '^memory [0-9][0-9]* [0-9][0-9]*$' "$out")" = 2 ] && [ "$(wc -l <"$out")" = 4 ] &&
        [ "$(grep -c '^mpi Godwit [0-9]' "$out")" = 1 ] && [ "$(grep -c '^ranks 2$' "$out")" = 1 ]
}
if [ -r /proc/self/smaps_rollup ]; then
    check "start --memory: a line from each rank" memory
else
    skip "start --memory: a line from each rank" "this system has no /proc/PID/smaps_rollup"
fi
alone() {
    job 0 start
    ended 0 && silent && [ ! -s "$out" ]
}
check "start without mpirun" alone

# ---- what it is linked with: any MPI that has the standard ABI can be measured with this very file ----

needs() {
    "$READELF" -d "$bench" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' | sort >"$scratch/found"
    printf 'libc.so.6\nlibmpi_abi.so.1\n' >"$scratch/expected"
    same_lines "$scratch/expected" "$scratch/found"
}
if [ "${SANITIZED:-no}" = yes ]; then
    skip "it needs libmpi_abi.so.1 and the C library, nothing else" "sanitizers bring libraries of their own"
elif ! command -v "$READELF" >/dev/null 2>&1; then
    skip "it needs libmpi_abi.so.1 and the C library, nothing else" "readelf is not installed"
else
    check "it needs libmpi_abi.so.1 and the C library, nothing else" needs
fi

# ---- measurements: two ranks, three where some have nothing to do ----

# BENCH_LAUNCHER='mpiexec -n {n} {prog}' runs them under another MPI of the standard ABI, by its launcher. (TMPDIR says
# where the scratch folder is, if the launcher does not like /tmp.)
if [ -n "${BENCH_LAUNCHER:-}" ]; then
    template=$BENCH_LAUNCHER
    mkdir .program && cp "$bench" .program/ || exit 1
fi

# can RANKS SUBCOMMAND ARGUMENTS...: or $missing is what the MPI below does not have yet. It is asked, not guessed; any
# other failure is left to the test.
can() {
    job "$@" --iterations 1 --floor off --sizes 8
    missing=$(sed -n 's/.*\(MPI_[A-Za-z_]*: not built yet in Godwit [0-9.]*\).*/\1/p' "$err" | head -n 1)
    [ -z "$missing" ]
}

quick="--iterations 20 --warmup 0 --floor off"
# measures RANKS SUBCOMMAND ARGUMENTS...: a table, and files with what it shows.
measures() {
    measures_ranks=$1
    shift
    # shellcheck disable=SC2086  # words
    job "$measures_ranks" "$@" $quick --csv m.csv --json m.json --plot m.svg
    ended 0 && silent && [ -s "$out" ] && fields m.csv && [ -s m.json ] && grep -q '</svg>' m.svg || return 1
    [ "$1" = sweep ] || grep -q "^$1," m.csv || return 1
    rm -f m.csv m.json m.svg
    no_files
}
# measured TEXT RANKS SUBCOMMAND ARGUMENTS...
measured() {
    measured_text=$1
    shift
    if can "$@"; then
        check "$measured_text" measures "$@"
    else
        skip "$measured_text" "$missing"
    fi
}
for subcommand in pingpong stream bistream modes overlap; do
    measured "$subcommand" 2 $subcommand --sizes 1,3,70000
    measured "$subcommand, every byte checked, and a third rank that sleeps" 3 $subcommand --sizes 1,3,70000 --check
done
measured "rate, two pairs" 4 rate --sizes 8 --window 5 --check
measured "pingpong through more memory than the caches hold" 2 pingpong --sizes 8,3K --buffers rotate --check
measured "stream through more memory than the caches hold" 2 stream --sizes 8 --buffers rotate --check
measured "coll, two ranks" 2 coll barrier,bcast,allreduce --sizes 8,70000 --check
measured "coll, not blocking" 2 coll ibarrier,iallreduce --sizes 8 --check
measured "coll, three ranks of four" 4 coll barrier,allgather,alltoall --sizes 8 --ranks 3 --check
measured "sweep" 2 sweep --sizes 8
measured "coll, roots that take turns, on three ranks" 3 coll bcast,reduce,gather,scan --sizes 8 --check

# asked TEXT FUNCTION: what needs nothing but point-to-point
asked() {
    if [ -z "$missing" ]; then
        check "$@"
    else
        skip "$1" "$missing"
    fi
}
says_where() {
    job 2 pingpong --sizes 8 --iterations 1 --floor off --pin one
    ended 0 && grep -q 'both ranks on cpu [0-9]' "$out"
}
odd() {
    job 3 rate
    ended 2 && grep -q '^godwit-bench: rate needs an even number of ranks, not 3: ' "$err" && [ ! -s "$out" ]
}
few_cpus() {
    job 2 pingpong --pin 0
    ended 2 && [ "$(grep -c '^godwit-bench: --pin names 1 cpu, and .* has more ranks' "$err")" = 1 ]
}
unwritable() {
    job 2 pingpong --csv no/x.csv
    ended 2 && [ "$(grep -c "^godwit-bench: cannot write 'no/x.csv'" "$err")" = 1 ] && [ ! -s "$out" ] && no_files
}
only_csv() {
    job 2 pingpong --sizes 8,16 --iterations 5 --floor off --csv -
    ended 0 && silent && fields "$out" && [ "$(grep -c '^pingpong,' "$out")" = 2 ]
}
no_floor_on_one() {
    job 2 pingpong --sizes 8 --iterations 1 --pin one --floor memory
    ended 1 && grep -q 'the machine.s own limits cannot be measured' "$err"
}
no_floor_with_check() {
    job 2 pingpong --sizes 8 --seconds 0.001 --check --csv -
    ended 0 && grep -q '^pingpong,.*,0$' "$out"
}
rate_by_time() {
    job 4 rate --sizes 8 --seconds 0.05 --floor off
    ended 0 && grep -q '8 B .* [kM]/s' "$out"
}
asked_for_cpus() {
    job 2 pingpong --sizes 8 --iterations 1 --floor off --pin core
    ended 0 && grep -q 'rank 0 on cpu [0-9]*, rank 1 on cpu [0-9]*$' "$out"
}
can 2 pingpong
asked "the table says that both ranks are on one cpu" says_where
asked "refused: an odd number of ranks for rate" odd
asked "refused: fewer cpus than ranks" few_cpus
asked "refused: a file that cannot be written, before anything is measured" unwritable
asked "pingpong --csv - is CSV and nothing else" only_csv
asked "no floor where all ranks share one cpu" no_floor_on_one
asked "rate of two pairs, by time" rate_by_time
asked "no floor where the times include the checking" no_floor_with_check
if [ "$(nproc)" -ge 2 ]; then
    asked "--pin core: a cpu for each of two ranks" asked_for_cpus
else
    skip "--pin core: a cpu for each of two ranks" "there is one cpu only"
fi

plan
