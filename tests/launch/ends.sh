#! /bin/sh
# How jobs end: the exit code, the one sentence, and that no process and no file is left.
# shellcheck source=tests/launch/common.sh
# shellcheck disable=SC2016,SC2013  # the ranks expand these variables
. "${0%/*}/common.sh"

# Every job brings the helpers that outlive a careless launcher.
brood="note $notes child session daemon"

# ends CODE PATTERN PROCESSES VERBS...: 3 ranks note themselves and their children, meet, and do what the verbs say.
ends() {
    ends_code=$1 ends_pattern=$2
    shift 2
    # shellcheck disable=SC2086  # words
    job -n 3 actor $brood meet 12 "$@"
    gave "$ends_code" && said "$ends_pattern" && nothing_left
}
one="mpirun: rank 1 (pid [0-9]* on $host)"

check "a rank exits with code 3" ends 3 "$one exited with code 3; ending the job" @1 exit 3 @ sleep 60000
check "a rank exits with code 3, the others ignore SIGTERM" \
    ends 3 "$one exited with code 3; ending the job" @1 exit 3 @ deaf sleep 60000
check "a rank exits with code 3, the others are stopped" \
    ends 3 "$one exited with code 3; ending the job" @1 sleep 50 exit 3 @ stop sleep 60000
check "a rank exits with code 255" ends 255 "$one exited with code 255; ending the job" @1 exit 255 @ sleep 60000
check "a rank is killed" \
    ends 137 "$one was killed by signal 9 (SIGKILL, Killed); ending the job" @1 raise 9 @ sleep 60000
check "a rank ends by SIGTERM" \
    ends 143 "$one was killed by signal 15 (SIGTERM, Terminated); ending the job" @1 raise 15 @ sleep 60000
check "a rank writes to address 0" \
    ends 139 "$one was killed by signal 11 (SIGSEGV, Segmentation fault)*; ending the job" init @1 crash @ sleep 60000
for pair in 0:0 1:1 7:7 255:255 256:1 -1:255; do
    check "MPI_Abort with ${pair%:*}" \
        ends "${pair#*:}" "$one called MPI_Abort(MPI_COMM_WORLD, ${pair%:*}); ending the job" \
        init @1 abort "${pair%:*}" @ sleep 60000
done
check "MPI_Abort by all at once" \
    ends 5 "mpirun: rank [012] (pid [0-9]* on $host) called MPI_Abort(MPI_COMM_WORLD, 5); ending the job" init abort 5
check "a rank ends without MPI_Finalize" \
    ends 1 "$one ended without calling MPI_Finalize; ending the job" init @1 exit 0 @ sleep 60000
check "a rank exits with a code and without MPI_Finalize" \
    ends 4 "$one exited with code 4 without calling MPI_Finalize; ending the job" init @1 exit 4 @ sleep 60000
check "a rank fails after MPI_Finalize" \
    ends 4 "$one exited with code 4; ending the job" init finalize @1 exit 4 @ sleep 60000
check "the last rank that runs fails" \
    ends 6 "$one exited with code 6" init finalize @1 sleep 100 exit 6
check "all is well: children left behind are ended" ends 0 '' init finalize
check "all is well without MPI: children left behind are ended" ends 0 '' exit 0
alone() {
    # shellcheck disable=SC2086
    job -n 1 actor $brood meet 4 exit 9
    gave 9 && said "mpirun: rank 0 (pid [0-9]* on $host) exited with code 9" && nothing_left
}
check "the only rank fails" alone

# ---- signals to mpirun ----

# signalled SIGNAL CODE PATTERN VERBS...
signalled() {
    signal_name=$1 signal_code=$2 signal_pattern=$3
    shift 3
    # shellcheck disable=SC2086
    start 12 -n 3 actor $brood "$@" || return 1
    kill "-$signal_name" "$job"
    ended
    gave "$signal_code" && said "$signal_pattern" && nothing_left
}
got="mpirun: got signal"
interrupted='mpirun: interrupted; ending the job (once more: at once)'
check "SIGINT" signalled INT 130 "$interrupted" sleep 60000
check "SIGINT, and ranks that ignore it" signalled INT 130 "$interrupted" deaf sleep 60000
check "SIGINT, and stopped ranks" signalled INT 130 "$interrupted" stop sleep 60000
check "SIGTERM" signalled TERM 143 "$got 15 (SIGTERM); ending the job" sleep 60000
check "SIGTERM, and ranks that ignore it" signalled TERM 143 "$got 15 (SIGTERM); ending the job" deaf sleep 60000
check "SIGHUP" signalled HUP 129 "$got 1 (SIGHUP); ending the job" sleep 60000
check "SIGQUIT" signalled QUIT 131 "$got 3 (SIGQUIT); ending the job" sleep 60000

twice() {
    GODWIT_GRACE=30
    export GODWIT_GRACE
    # shellcheck disable=SC2086
    start 12 -n 3 actor $brood deaf sleep 60000 && kill -INT "$job" && sleep 0.2 && kill -INT "$job"
    unset GODWIT_GRACE
    ended
    gave 130 && said "$interrupted" && nothing_left
}
check "SIGINT twice does not wait for the grace" twice

heeded() {
    start 2 -n 2 actor heed note "$notes" sleep 60000 || return 1
    kill -USR1 "$job"
    until_within 10 wrote "$(printf 'usr1\nusr1')"
    kill -USR2 "$job"
    until_within 10 wrote "$(printf 'usr1\nusr1\nusr2\nusr2')"
    kill -TERM "$job"
    ended
    gave 0 && said "$got 15 (SIGTERM); ending the job" && wrote "$(printf 'usr1\nusr1\nusr2\nusr2')" && nothing_left
}
check "SIGUSR1 and SIGUSR2 are passed on; SIGTERM, and ranks that end cleanly on it" heeded

nohup_job() {
    : >"$notes"
    (
        trap '' HUP
        exec mpirun -n 2 actor note "$notes" sleep 600
    ) >"$out" 2>"$err" &
    job=$!
    echo $job >>"$scratch/started"
    until_within 10 noted 2 || return 1
    kill -HUP "$job"
    ended
    gave 0 && said '' && nothing_left
}
check "SIGHUP under nohup is ignored" nohup_job

# ---- on a terminal ----

# typed CODE STEPS... -- VERBS...
typed() {
    : >"$notes"
    # shellcheck disable=SC2086
    stage tty "$@" >"$out" 2>"$err"
    status=$?
}
control_c() {
    # shellcheck disable=SC2086
    typed +ready "=$interrupt" -- mpirun -n 3 actor $brood meet 12 @0 say ready @ "$@" sleep 60000
    gave 130 && grep -q '^\^Cmpirun: interrupted' "$out" && [ "$(grep -c mpirun "$out")" = 1 ] && nothing_left
}
check_tty "^C on a terminal" control_c
check_tty "^C on a terminal, and ranks that ignore it" control_c deaf
check_tty "^C on a terminal, and stopped ranks" control_c @1 stop @
control_c_twice() {
    # shellcheck disable=SC2086
    GODWIT_GRACE=30 typed +ready "=$interrupt" +interrupted ~100 "=$interrupt" -- mpirun -n 3 actor $brood meet 12 \
        @0 say ready @ deaf sleep 60000
    gave 130 && [ "$(grep -c mpirun "$out")" = 1 ] && nothing_left
}
check_tty "^C twice on a terminal" control_c_twice

terminal_goes() {
    # shellcheck disable=SC2086
    typed +ready ! -- mpirun -n 3 actor $brood meet 12 @0 say ready @ "$@" sleep 60000
    gave 129 && nothing_left
}
check_tty "the terminal goes away" terminal_goes
check_tty "the terminal goes away, and ranks ignore that" terminal_goes deaf

# ---- the time limit ----

time_limit() {
    # shellcheck disable=SC2086
    job --timeout 1 -n 6 actor $brood deaf meet 24 @1 stop @!1 init @2 finalize @3 stop @4 finalize exit 0 \
        @ sleep 60000
    cat "$err"
    gave 124 && [ "$(wc -l <"$err")" = 5 ] &&
        grep -q '^mpirun: the job has reached its time limit of 1 s and is ended; its ranks:$' "$err" &&
        grep -q '^    ranks 0,5: outside of MPI calls, sleeping$' "$err" &&
        grep -q '^    rank 1: not yet in MPI_Init, stopped by a signal$' "$err" &&
        grep -q '^    ranks 2,4: waiting in MPI_Finalize (the other ranks), for [0-9.]* s$' "$err" &&
        grep -q '^    rank 3: outside of MPI calls, stopped by a signal$' "$err" &&
        nothing_left
}
check "--timeout says where each rank stands" time_limit

# ---- parts of mpirun die ----

# killed WHO VERBS...: SIGKILL to mpirun, its agent, or mpirun's whole process group.
killed() {
    who=$1
    shift
    # shellcheck disable=SC2086
    start 12 -n 3 actor $brood "$@" || return 1
    case $who in
    mpirun) kill -KILL "$job" ;;
    agent) kill -KILL "$agent" ;;
    group) kill -KILL "-$job" ;;
    both) kill -KILL "$job" "$agent" ;;
    esac
    ended
    case $who in
    agent)
        gave 137 &&
            said "mpirun: the agent of mpirun on $host ended unexpectedly (signal 9), and the job with it" &&
            nothing_left
        ;;
    both)
        # Nobody is left to look for children of ranks; the ranks themselves end with the agent.
        grep 'rank$' "$notes" >"$scratch/ranks"
        end_all_children
        cp "$scratch/ranks" "$notes"
        gave 137 && said '' && nothing_left
        ;;
    *) gave 137 && said '' && nothing_left ;;
    esac
}
end_all_children() {
    for pid in $(grep -v 'rank$' "$notes" | cut -d ' ' -f 1); do
        kill -KILL "$pid" 2>/dev/null
    done
}
for who in mpirun agent group both; do
    check "SIGKILL of $who" killed $who deaf sleep 60000
    check "SIGKILL of $who, ranks stopped" killed $who stop sleep 60000
done
agent_stopped() {
    # shellcheck disable=SC2086
    start 12 -n 3 actor $brood deaf sleep 60000 || return 1
    kill -STOP "$agent"
    kill -TERM "$job"
    ended
    gave 143 && said "$got 15 (SIGTERM); ending the job" && nothing_left
}
check "SIGTERM while the agent is stopped" agent_stopped

agent_stopped_again() {
    # Each rank stops the agent: it does not hear that it is to go on until rank 1 is started, and then stops again.
    GODWIT_GRACE=0.2 start 0 -n 2 sh -c 'kill -STOP $PPID; exec actor note "$0" deaf sleep 60000' "$notes"
    until_within 10 noted 1
    kill -TERM "$job"
    ended
    gave 143 && said "$got 15 (SIGTERM); ending the job" && nothing_left
}
check "SIGTERM while ranks keep the agent stopped" agent_stopped_again
orphaned_agent() {
    # shellcheck disable=SC2086
    start 12 -n 3 actor $brood deaf sleep 60000 || return 1
    kill -STOP "$agent"
    kill -KILL "$job"
    ended
    gave 137 && said '' && nothing_left
}
check "SIGKILL of mpirun while the agent is stopped" orphaned_agent
agent_asked() {
    # shellcheck disable=SC2086
    start 12 -n 3 actor $brood deaf sleep 60000 || return 1
    kill -TERM "$agent"
    ended
    gave 143 && said "mpirun: the agent of mpirun on $host was asked to end (SIGTERM); ending the job" && nothing_left
}
check "SIGTERM to the agent ends the ranks" agent_asked
random_moments() {
    for step in 0 1 2 3 4 5 6 7 8 9; do
        for who in mpirun agent group; do
            start 0 -n 60 actor note "$notes" session deaf sleep 60000
            sleep "0.0$step"
            find_agent
            case $who in
            mpirun) kill -KILL "$job" ;;
            agent) kill -KILL "${agent:-$job}" ;;
            group) kill -KILL "-$job" 2>/dev/null || kill -KILL "$job" ;;
            esac
            ended
            gave 137 && nothing_left || return 1
        done
    done
}
check "SIGKILL at different moments of the start of 60 ranks" random_moments
ignored_children() {
    : >"$notes"
    status=0
    # shellcheck disable=SC2086
    env --ignore-signal=CHLD mpirun -n 3 actor $brood meet 12 @1 exit 3 @ deaf sleep 60000 >"$out" 2>"$err" || status=$?
    gave 3 && said "$one exited with code 3; ending the job" && nothing_left
}
if env --ignore-signal=CHLD true 2>/dev/null; then
    check "started with SIGCHLD ignored" ignored_children
else
    skip "started with SIGCHLD ignored" "env cannot do that"
fi

# ---- outputs that end ----

reader_closes() {
    : >"$notes"
    # shellcheck disable=SC2086
    {
        status=0
        mpirun -n 3 actor $brood meet 12 deaf "$@" 2>"$err" || status=$?
        echo $status >"$scratch/status"
    } | head -n 1 >"$out"
    status=$(cat "$scratch/status")
    gave 141 && said 'mpirun: the reader of standard output has closed it; ending the job' && nothing_left
}
check "the reader of standard output closes it" reader_closes flood 100000000 sleep 60000
check "the reader closes, and one rank only writes" reader_closes @1 flood 100000000 @ sleep 60000

full() {
    : >"$notes"
    status=0
    # shellcheck disable=SC2086
    mpirun -n 3 actor $brood meet 12 say hello sleep 60000 >/dev/full 2>"$err" || status=$?
    gave 1 && said 'mpirun: cannot write to standard output: No space left on device; ending the job' && nothing_left
}
check "standard output is full" full

plan
