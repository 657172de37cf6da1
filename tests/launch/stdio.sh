#! /bin/sh
# Standard input, output and error of ranks.
# shellcheck source=tests/launch/common.sh
# shellcheck disable=SC2016,SC2094  # the ranks expand these variables
. "${0%/*}/common.sh"

# each_line RANKS LINES TAG: standard input is what `actor lines` of so many ranks writes: each line whole, each there,
# and those of a rank in order. TAG is an awk pattern that stands before the line and names the rank, or ''.
each_line() {
    "$AWK" -v ranks="$1" -v lines="$2" -v tag="$3" '
        tag != "" {
            shown = $0
            if (!match(shown, "^" tag)) { print "no tag: " substr(shown, 1, 100); bad++; next }
            shown = substr(shown, 1, RLENGTH)
            gsub(/[^0-9,]/, "", shown)
            sub(/.*,/, "", shown)
            sub("^" tag, "")
            if (shown != $1) { print "tag of " shown ": " substr($0, 1, 100); bad++ }
        }
        {
            rest = $0
            gsub(sprintf("%c", 97 + $1 % 26), "", rest)
            if (length($0) != $3 && rest != $1 " " $2 " " $3 " ") {
                print "damaged, " length($0) " bytes: " substr($0, 1, 100); bad++
            } else if (length($0) == $3 && rest != $1 " " $2 " " $3 " ") {
                print "mixed: " substr($0, 1, 100); bad++
            }
            if ($2 != next_line[$1]++) { print "out of order: " substr($0, 1, 100); bad++ }
            if (bad > 5) exit
        }
        END {
            for (i = 0; i < ranks; i++)
                if (next_line[i] != lines) { print "rank " i " has " next_line[i] " lines"; bad++ }
            exit bad > 0
        }'
}

# ---- lines ----

heavy() {
    job -n 8 actor lines 20000 60
    gave 0 && said '' && each_line 8 20000 '' <"$out"
}
check "8 ranks write 20000 lines each into a file" heavy
heavy_pipe() {
    mpirun -n 8 actor lines 20000 60 | each_line 8 20000 ''
}
check "8 ranks write 20000 lines each into a pipe" heavy_pipe
tagged() {
    tagged_pattern=$1
    shift
    mpirun "$@" -n 8 actor lines 3000 200 | each_line 8 3000 "$tagged_pattern"
}
check "-l begins each line with the rank" tagged '[[][0-7][]] ' -l
check "--tag-output begins each line with the rank" tagged '[[]1,[0-7][]]<stdout>: ' --tag-output
long_lines() {
    mpirun "$3" -n 5 actor lines "$1" "$2" | each_line 5 "$1" "$4"
}
check "lines of 100 KB" long_lines 40 100000 -v ''
check "lines of 1.5 MB" long_lines 8 1500000 -v ''
check "tagged lines of 1.5 MB" long_lines 4 1500000 -l '[[][0-4][]] '
to_both() {
    job -n 4 sh -c 'actor lines 5 300000 >&2 & actor lines 5 300000; wait'
    gave 0 && each_line 4 5 '' <"$out" && each_line 4 5 '' <"$err"
}
check "long lines on standard output and standard error" to_both
apart() {
    job -l -n 3 actor say out err err
    gave 0 && wrote "$(printf '[0] out\n[1] out\n[2] out')" &&
        [ "$(sort "$err")" = "$(printf '[0] err\n[1] err\n[2] err')" ]
}
check "standard output and standard error are kept apart" apart
same_file() {
    mpirun -n 4 sh -c 'actor lines 200 5000 & actor lines 200 5000 >&2; wait' >"$out" 2>&1
    "$AWK" '{ seen[$0]++ } length($0) != $3 { print "damaged: " substr($0, 1, 100); bad = 1 }
        END { for (line in seen) if (seen[line] != 2) { print seen[line] " times: " substr(line, 1, 100); bad = 1 }
            exit bad || NR != 1600 }' "$out"
}
check "both into the same pipe or file: lines stay whole" same_file
partial() {
    job -n 3 actor mutter "piece $1"
    gave 0 && [ "$(tr -d '\n' <"$out")" = "piece ${1}piece ${1}piece $1" ] && [ "$(grep -c . "$out")" = 3 ]
}
check "a last line without its end is written, on a line of its own" partial x
partial_killed() {
    job -n 2 actor @0 mutter piece raise 9 @1 sleep 60000
    gave 137 && [ "$(cat "$out")" = piece ]
}
check "so is that of a rank that is killed" partial_killed
held_up() {
    # Rank 0 says nothing more in the middle of a long line: the others must still be heard.
    : >"$notes"
    start 1 -n 2 actor @0 mutter "$(head -c 100000 /dev/zero | tr '\0' a)" note "$notes" sleep 60000 \
        @1 sleep 200 say heard sleep 60000
    until_within 5 grep -q '^heard$' "$out"
    rc=$?
    kill -KILL "$job"
    ended
    return $rc
}
check "who stops in the middle of a long line does not silence the others" held_up

# ---- much ----

head -c 50000000 /dev/urandom >"$scratch/random"
binary() {
    mpirun -n 1 cat <"$scratch/random" | cmp - "$scratch/random"
}
check "50 MB of anything go through one rank unchanged" binary
binary_error() {
    { mpirun -n 1 sh -c 'cat >&2' <"$scratch/random" 2>&1 >/dev/null; } | cmp - "$scratch/random"
}
check "and through its standard error" binary_error
if [ "${SANITIZED:-no}" = yes ]; then
    skip "1 GB into /dev/null in little memory" "sanitizers take memory"
    skip "1 GB into a pipe in little memory" "sanitizers take memory"
    skip "a slow reader: mpirun does not grow" "sanitizers take memory"
else
    small() { # small FILE: what `actor memory` wrote: both below 40 MB
        read -r agent_kib mpirun_kib <"$1" || return 1
        echo "agent $agent_kib KiB, mpirun $mpirun_kib KiB"
        [ "$agent_kib" -gt 0 ] && [ "$mpirun_kib" -gt 0 ] && [ "$agent_kib" -lt 40000 ] && [ "$mpirun_kib" -lt 40000 ]
    }
    to_null() {
        mpirun -n 1 actor flood 1000000000 memory "$scratch/memory" >/dev/null && small "$scratch/memory"
    }
    check "1 GB into /dev/null in little memory" to_null
    to_pipe() {
        bytes=$(mpirun -n 2 actor @0 flood 1000000000 memory "$scratch/memory" | wc -c)
        [ "$bytes" = 1000000000 ] && small "$scratch/memory"
    }
    check "1 GB into a pipe in little memory" to_pipe
    slow_reader() {
        : >"$notes"
        mpirun -n 4 actor @!0 flood 1000000000 @0 sleep 1000 memory "$scratch/memory" exit 3 2>"$err" |
            stage sip 1500 1000000000
        small "$scratch/memory" && nothing_left
    }
    check "a slow reader: mpirun does not grow" slow_reader
fi
all_there() {
    # Everything that a rank wrote before it failed comes out, however slow the reader is.
    bytes=$(mpirun -n 1 actor flood 3000000 exit 3 2>"$err" | { sleep 0.5; stage sip 200 0; cat; } | wc -c)
    [ "$bytes" -gt 2800000 ]
}
check "what was written before a failure is not lost" all_there

# ---- outputs and inputs that are not there ----

closed() {
    status=0
    mpirun -n 2 actor say no >&- 2>"$err" || status=$?
    gave 1 && said 'mpirun: standard output is closed; redirect it to a file or to /dev/null' || return 1
    : >"$err"
    status=0
    mpirun -n 2 actor say yes err no >"$out" 2>&- || status=$?
    gave 0 && wrote "$(printf 'yes\nyes')" || return 1
    status=0
    mpirun -n 2 actor read >"$out" 2>"$err" <&- || status=$?
    gave 0 && said '' && [ "$(grep -c 'read 0 bytes' "$out")" = 2 ]
}
check "closed standard output, error, input" closed
full_error() {
    status=0
    mpirun -n 2 actor say yes err no >"$out" 2>/dev/full || status=$?
    gave 1 && wrote "$(printf 'yes\nyes')"
}
check "standard error is full: the job goes on, and the exit code tells of the loss" full_error

# ---- standard input ----

sum_of() { # sum_of FILE: the line of `actor read`, without the rank
    actor read <"$1" | sed 's/^rank 0 //'
}
nothing='read 0 bytes, sum 0'
head -c 10000000 "$scratch/random" >"$scratch/big"
: >"$scratch/none"
big=$(sum_of "$scratch/big")

# input OPTION FILE RANK0 RANK1 RANK2: what each rank says; from a file and from a pipe.
input() {
    wanted=$(printf 'rank 0 %s\nrank 1 %s\nrank 2 %s' "$3" "$4" "$5")
    # shellcheck disable=SC2086  # words
    mpirun $1 -n 3 actor read <"$2" >"$out" && wrote "$wanted" || return 1
    # shellcheck disable=SC2086,SC2002
    cat "$2" | mpirun $1 -n 3 actor read >"$out" && wrote "$wanted"
}
check "standard input goes to rank 0" input '' "$scratch/big" "$big" "$nothing" "$nothing"
check "--stdin 2" input '--stdin 2' "$scratch/big" "$nothing" "$nothing" "$big"
check "--stdin all" input '--stdin all' "$scratch/big" "$big" "$big" "$big"
check "--stdin none" input '--stdin none' "$scratch/big" "$nothing" "$nothing" "$nothing"
check "empty input" input '' "$scratch/none" "$nothing" "$nothing" "$nothing"
check "empty input to all" input '--stdin all' "$scratch/none" "$nothing" "$nothing" "$nothing"
slow_readers() {
    mpirun --stdin all -n 3 actor slow <"$scratch/big" >"$out"
    wrote "$(printf 'rank 0 %s\nrank 1 %s\nrank 2 %s' "$big" "$big" "$big")"
}
check "10 MB to all, who read at different speeds" slow_readers
one_leaves() {
    # shellcheck disable=SC2002
    cat "$scratch/big" | mpirun --stdin all -n 3 actor @1 exit 0 @ read >"$out"
    wrote "$(printf 'rank 0 %s\nrank 2 %s' "$big" "$big")"
}
check "10 MB to all, one of whom does not read" one_leaves
list_loop() {
    printf 'a\nb\nc\n' >"$scratch/list"
    while read -r word; do
        mpirun "$@" -n 2 actor @0 say "$word"
    done <"$scratch/list" >"$out"
    wrote "$(printf 'a\nb\nc')"
}
check "a list that a loop reads is not eaten" list_loop
check "nor with --stdin none" list_loop --stdin none

# ---- terminals ----

on_terminal() { # on_terminal STEPS... -- COMMAND...
    stage tty "$@" >"$out" 2>"$err"
    status=$?
    tr -d '\r' <"$out" >"$scratch/plain"
}
talk() {
    on_terminal '+your name? ' '=Ada
' '+good day, Ada' -- mpirun "$@" sh -c '[ $GODWIT_RANK = 0 ] || exit 0
        printf "your name? "; read -r name; echo "good day, $name"'
    gave 0
}
check_tty "a question without newline is shown, and answered" talk -n 2
check_tty "also by a single rank" talk -n 1
talk_all() {
    on_terminal +ready '=one
' "=$(printf '\004')" '+rank 2 read 4 bytes' -- mpirun --stdin all -n 3 actor @0 say ready @ read
    gave 0
}
check_tty "--stdin all from a terminal" talk_all
background() {
    # A shell with job control starts mpirun in the background.
    on_terminal '+all done' -- sh -c 'set -m; mpirun "$@" & wait $!; echo "code $?"; echo all done' sh "$@"
    gave 0 && grep -q '^code 0$' "$scratch/plain" && ! grep -qi stop "$scratch/plain"
}
check_tty "in the background of a terminal" background -n 2 actor say hello sleep 300
check_tty "in the background of a terminal, --stdin all" background --stdin all -n 2 actor say hello sleep 300
background_reader() {
    on_terminal '+wants to read the terminal' '+now in front' ~300 '=line
' "=$(printf '\004')" '+read 5 bytes' '+all done' -- \
        sh -c 'set -m; mpirun "$@" & sleep 1; echo now in front; fg; echo "code $?"; echo all done' \
        sh -n 2 actor @0 read
    gave 0 && grep -q '^code 0$' "$scratch/plain" && [ "$(grep -c 'wants to read' "$scratch/plain")" = 1 ]
}
check_tty "a reader in the background waits for fg" background_reader
background_reader_killed() {
    on_terminal '+wants to read the terminal' '+all done' -- \
        sh -c 'set -m; mpirun "$@" & sleep 0.5; kill $!; wait $!; echo "code $?"; echo all done' \
        sh -n 2 actor note "$notes" session daemon @0 read @1 sleep 60000
    gave 0 && grep -q '^code 143$' "$scratch/plain" && nothing_left
}
check_tty "a reader in the background, and kill" background_reader_killed
suspended() {
    on_terminal +ready "=$(printf '\032')" '+in front' '+code 0' '+all done' -- \
        sh -c 'set -m; mpirun "$@"; echo; echo in front; fg; echo "code $?"; echo all done' \
        sh -n 2 actor @0 say ready @ sleep 1000
    gave 0
}
check_tty "^Z stops the job, and fg continues it" suspended
# ---- what others share ----

flags_of() { # flags_of COMMAND...: the flags of the descriptors after it, as one line in $scratch/flags
    "$@"
    stage flags 2>&3
}
flags_kept() {
    { flags_of mpirun -n 2 actor say x 3>"$scratch/flags" | cat >/dev/null; } </dev/null 2>/dev/null
    [ "$(cat "$scratch/flags")" = '0 0 0' ] || return 1
    : | { flags_of mpirun --stdin all -n 2 actor read say x err y 3>"$scratch/flags" 2>&1 | cat >/dev/null; }
    [ "$(cat "$scratch/flags")" = '0 0 0' ] || return 1
    on_terminal -- sh -c 'mpirun -n 2 actor say x err y; stage flags 2>"$0"' "$scratch/flags"
    [ "$(cat "$scratch/flags")" = '0 0 0' ]
}
check "the flags of descriptors that others share are unchanged" flags_kept

input_for_many() { # more ranks than are started at once: the last get the beginning of the input, too
    seq 1 20000 | mpirun -n 70 --stdin all wc -l >"$out" 2>"$err" || return 1
    [ "$(sort -u "$out")" = 20000 ] && [ "$(wc -l <"$out")" = 70 ] && said ''
}
check "--stdin all reaches each of 70 ranks whole" input_for_many
input_never_comes() {
    mkfifo "$scratch/silent"
    exec 9<>"$scratch/silent"
    status=0
    mpirun --timeout 20 -n 64 --stdin all true <&9 >"$out" 2>"$err" 9<&- || status=$?
    exec 9>&-
    gave 0 && said ''
}
check "--stdin all, nothing to read, and ranks that end" input_never_comes
error_reader_closes() {
    { mpirun --timeout 20 -n 2 sh -c 'exec yes >&2' 2>&1 >/dev/null; echo $? >"$scratch/status"; } | head -1 >"$out"
    status=$(cat "$scratch/status")
    gave 141
}
check "the reader of standard error closes: the job ends" error_reader_closes

plan
