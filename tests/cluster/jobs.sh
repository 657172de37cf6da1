# What the tests of jobs on several hosts share: they read this file in, beside the hosts (cluster_or_skip). Jobs are
# started on node1, with TMPDIR as the folder that all hosts share.
# shellcheck shell=sh disable=SC2034 # names are for those who read this in

# shellcheck source=tests/tap.sh
. "${0%/*}/../tap.sh"
PATH=$top_builddir/mpirun:$top_builddir/tests/launch:$PATH
export PATH
unset GODWIT_DETECT GODWIT_FANOUT GODWIT_START_TIMEOUT # GODWIT_CONTROL is for runs by hand
cd "$scratch" || exit 1
out=$scratch/out err=$scratch/err notes=$scratch/notes

# job ARGUMENTS...: mpirun with them on node1, to its end; sets $status, and $out and $err hold what it wrote.
job() {
    status=0
    : >"$notes"
    cluster_on 1 timeout 60 mpirun "$@" >"$out" 2>"$err" </dev/null || status=$?
}

# gave CODE: mpirun's exit code.
gave() {
    [ "$status" = "$1" ] || {
        echo "exit code $status instead of $1"
        sed 's/^/stderr: /' "$err"
        return 1
    }
}

# said PATTERN: mpirun's standard error is one line, and that matches the pattern of `case`; said '' when it is empty.
said() {
    said_text=$(cat "$err")
    # shellcheck disable=SC2254 # a pattern
    case $said_text in
    $1) [ "$(wc -l <"$err")" -le 1 ] && return 0 ;;
    esac
    echo "stderr should be: $1"
    echo "stderr is: $said_text"
    return 1
}

# wrote TEXT: mpirun's standard output is this, sorted by lines.
wrote() {
    wrote_text=$(sort "$out")
    [ "$wrote_text" = "$1" ] || {
        echo "stdout should be: $1"
        echo "stdout is: $wrote_text"
        return 1
    }
}

until_within() { # until_within SECONDS COMMAND...
    wait_tries=$(($1 * 20))
    shift
    until "$@"; do
        wait_tries=$((wait_tries - 1))
        [ $wait_tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# start COUNT ARGUMENTS...: mpirun in the background, until COUNT processes have noted themselves.
start() {
    start_count=$1
    shift
    : >"$notes"
    rm -f "$scratch/pid"
    # shellcheck disable=SC2016 # expanded there
    cluster_on 1 sh -c 'echo $$ >"$0"; exec mpirun "$@"' "$scratch/pid" "$@" >"$out" 2>"$err" </dev/null &
    waiter=$!
    until_within 30 noted_or_ended "$start_count"
    noted "$start_count" || { echo "only $(wc -l <"$notes") of $start_count have noted themselves"; cat "$err"; return 1; }
    mpirun_pid=$(cat "$scratch/pid")
    begun=$(date +%s%N)
}
noted_or_ended() {
    noted "$1" || no_process "$waiter"
}
noted() {
    [ "$(wc -l <"$notes")" -ge "$1" ]
}

# ended: waits for the job that `start` started; sets $status, and $took, the milliseconds since `begun`.
ended() {
    if ! until_within 60 no_process "$waiter"; then
        echo "mpirun has not ended after 60 s"
        cluster_on 1 kill -KILL "$mpirun_pid"
    fi
    status=0
    wait "$waiter" 2>/dev/null || status=$?
    took=$((($(date +%s%N) - begun) / 1000000))
}
no_process() {
    { read -r stat_line <"/proc/$1/stat"; } 2>/dev/null || return 0
    case ${stat_line##*) } in Z*) return 0 ;; esac
    return 1
}

# nothing_left HOSTS...: no process of a job is on these hosts, 20 s from now at the latest (a slow machine); says how
# long it has taken.
nothing_left() {
    for left_host in "$@"; do
        until_within 20 host_is_empty "$left_host" || {
            echo "still on node$left_host:"
            cluster_processes "$left_host"
            return 1
        }
    done
    echo "nothing left after $((($(date +%s%N) - begun) / 1000000)) ms"
}
host_is_empty() {
    [ -z "$(cluster_processes "$1" | grep -v " ${left_spared:-none at all}\$")" ]
}

# process_of HOST NAME: the first process of this name on the host.
process_of() {
    cluster_processes "$1" | sed -n "s/^\([0-9]*\) [0-9]* $2\$/\1/p" | head -n 1
}
