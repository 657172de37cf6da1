# What the launcher's tests share: they read this file in. Each command runs in an empty folder with an empty TMPDIR,
# what it leaves in them is a failure, and whoever noted his pid and is alive at the end of the script is killed.
# Wanted from outside: top_srcdir, top_builddir.
# shellcheck disable=SC2034,SC2013,SC2010  # names are for those who read this in; pids have no blanks

# shellcheck source=tests/tap.sh
. "${0%/*}/../tap.sh"

mpirun=$top_builddir/mpirun/mpirun
actor=$top_builddir/tests/launch/actor
stage=$top_builddir/tests/launch/stage
bin=$scratch/bin here=$scratch/here notes=$scratch/notes out=$scratch/out err=$scratch/err
host=$(uname -n)
interrupt=$(printf '\003')
mkdir "$bin" "$here" "$scratch/tmp" || exit 1
ln -s "$mpirun" "$bin/mpirun" && ln -s "$actor" "$bin/actor" && ln -s "$stage" "$bin/stage" || exit 1
# Short names in the tests; the links' names are what ranks' programs are called, their files are the build's.
PATH=$bin:$PATH
TMPDIR=$scratch/tmp
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0
export PATH TMPDIR ASAN_OPTIONS
cd "$here" || exit 1
: >"$notes"
: >"$scratch/started"

# alive PID: it exists and is no zombie (where nobody reaps orphans, they stay as such).
alive() {
    { read -r stat_line <"/proc/$1/stat"; } 2>/dev/null || return 1
    case ${stat_line##*)} in
    ' Z'* | ' X'*) return 1 ;;
    esac
}

# Everything that a test started by pid: mpirun, and whoever has noted himself.
end_all() {
    for pid in $(cat "$scratch/started") $(cut -d ' ' -f 1 "$notes") $(cut -d ' ' -f 2 "$notes"); do
        read -r name 2>/dev/null <"/proc/$pid/comm" || continue
        case $name in
        mpirun* | godwit-agent | actor | stage) kill -KILL "$pid" 2>/dev/null ;;
        esac
    done
}
trap 'end_all; rm -rf "$scratch"' EXIT

# Other programs of this machine come and go, so only names that sound like ours count; tests' folders do not.
files_elsewhere() {
    find /dev/shm /tmp /var/tmp /run/user -maxdepth 2 -iname '*godwit*' 2>/dev/null |
        grep -v '/godwit-[a-z-]*\.[A-Za-z0-9]*' | sort
}
files_elsewhere >"$scratch/elsewhere"

# nothing_left: no process that noted itself is alive 1 s from now at the latest, and no file is new.
nothing_left() {
    left_tries=0 left_rc=0
    for pid in $(cut -d ' ' -f 1 "$notes"); do
        while alive "$pid"; do
            if [ $left_tries -ge 50 ]; then
                echo "still alive after 1 s: $pid ($(grep "^$pid " "$notes"))"
                left_rc=1
                break
            fi
            left_tries=$((left_tries + 1))
            sleep 0.02
        done
    done
    end_all
    for pid in $(cut -d ' ' -f 2 "$notes" | sort -u); do # agents
        if alive "$pid" && grep -q '^mpirun' "/proc/$pid/comm" 2>/dev/null; then
            echo "an agent is still alive: $pid"
            left_rc=1
        fi
    done
    if [ -n "$(ls -A "$here" "$TMPDIR" | grep -v ':$' | tr -d '\n')" ]; then
        echo "files are left: $(ls -A "$here" "$TMPDIR")"
        left_rc=1
        rm -rf "${here:?}"/* "${TMPDIR:?}"/*
    fi
    files_elsewhere | comm -13 "$scratch/elsewhere" - >"$scratch/new"
    if [ -s "$scratch/new" ]; then
        echo "new files: $(cat "$scratch/new")"
        left_rc=1
    fi
    return $left_rc
}

# until_within SECONDS COMMAND...: tries the command every 20 ms.
until_within() {
    wait_tries=$(($1 * 50))
    shift
    until "$@"; do
        wait_tries=$((wait_tries - 1))
        [ $wait_tries -gt 0 ] || return 1
        sleep 0.02
    done
}

noted() { # noted COUNT: so many processes have noted themselves
    [ "$(wc -l <"$notes")" -ge "$1" ]
}

# job ARGUMENTS...: mpirun with them, to its end; sets $status, and $out and $err hold what it wrote.
job() {
    : >"$notes"
    status=0
    mpirun "$@" >"$out" 2>"$err" </dev/null || status=$?
}

# start COUNT ARGUMENTS...: mpirun with them in the background; waits until COUNT processes have noted themselves.
# Sets $job and, when one is noted, $agent.
start() {
    start_count=$1
    shift
    : >"$notes"
    stage fresh mpirun "$@" >"$out" 2>"$err" </dev/null &
    job=$!
    echo $job >>"$scratch/started"
    if ! until_within 10 noted "$start_count"; then
        echo "only $(wc -l <"$notes") of $start_count processes have noted themselves"
        return 1
    fi
    find_agent
}

find_agent() { # the parent of the first rank that has noted itself
    agent=$(sed -n '/rank$/{s/^[0-9]* \([0-9]*\) .*/\1/p;q;}' "$notes")
}

# ended: waits for the job that `start` started, at most 10 s; sets $status.
ended() {
    if ! until_within 10 gone "$job"; then
        echo "mpirun has not ended after 10 s"
        kill -KILL "$job"
    fi
    status=0
    wait "$job" 2>/dev/null || status=$?
}

gone() {
    ! alive "$1"
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
    # shellcheck disable=SC2254  # a pattern
    case $said_text in
    $1) [ "$(wc -l <"$err")" -le 1 ] && return 0 ;;
    esac
    echo "stderr should be: $1"
    echo "stderr is: $said_text"
    return 1
}

# wrote TEXT: mpirun's standard output is this, sorted by lines.
wrote() {
    wrote_text=$(LC_ALL=C sort "$out")
    [ "$wrote_text" = "$1" ] || {
        echo "stdout should be: $1"
        echo "stdout is: $wrote_text"
        return 1
    }
}

# check_tty TEXT COMMAND...: a check that needs a pseudo-terminal, which not every container has.
check_tty() {
    if stage tty -- true >/dev/null 2>&1; then
        check "$@"
    else
        skip "$1" "no terminal can be made here (/dev/ptmx, /dev/pts)"
    fi
}
