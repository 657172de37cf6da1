#! /bin/sh
# The ssh of the other tests of this folder (fake-ssh.c): it must fail and work as ssh does, or they show nothing.
# shellcheck disable=SC2016,SC2317 # the shells of hosts expand; functions are called by check
# shellcheck source=tests/tap.sh
. "${0%/*}/../tap.sh"

mkdir "$scratch/bin" "$scratch/tmp" && ln -s "$top_builddir/tests/launch/fake-ssh" "$scratch/bin/ssh" || exit 1
PATH=$scratch/bin:$PATH
TMPDIR=$scratch/tmp FAKE_SSH_LOG=$scratch/runs FAKE_SSH_ENV=ASAN_OPTIONS
export PATH TMPDIR FAKE_SSH_LOG FAKE_SSH_ENV
out=$scratch/out err=$scratch/err
nl='
'

# gives CODE OUT ERR SSH-ARGUMENTS...: ssh's own lines end with a carriage return, as they do from ssh
gives() {
    want_code=$1 want_out=$2 want_err=$3 code=0
    shift 3
    : >"$scratch/runs"
    timeout 60 ssh "$@" >"$out" 2>"$err" </dev/null || code=$?
    if [ $code != "$want_code" ] || [ "$(cat "$out")" != "$want_out" ] ||
        [ "$(tr '\r' @ <"$err")" != "$want_err" ]; then
        echo "exit code $code; wrote:"
        cat "$out" "$err"
        return 1
    fi
}
says() {
    gives 255 '' "$@"
}
logged() {
    line=$1
    shift
    gives 0 yes '' "$@" || return 1
    [ "$(cat "$scratch/runs")" = "$line" ] || { cat "$scratch/runs"; return 1; }
}

# ---- hosts that fail ----
check "refuse-" says 'ssh: connect to host refuse-1 port 22: Connection refused@' refuse-1 true
check "refuse- at another port" \
    says 'ssh: connect to host refuse-1 port 23: Connection refused@' -p23 refuse-1 true
check "unknown-" says 'ssh: Could not resolve hostname unknown-1: Name or service not known@' unknown-1 true
check "denied-" says 'me@denied-1: Permission denied (publickey).@' -T me@denied-1 true
check "hostkey-" says 'Host key verification failed.@' hostkey-1 true
check "-q keeps quiet" says '' -q refuse-1 true
check "missing-" gives 127 '' 'bash: line 1: mpirun: command not found' missing-1 mpirun --agent
check "noshell-" gives 0 "*** Welcome to noshell-1! ***${nl}Your disk is 93 % full.${nl}yes" '' noshell-1 echo yes
check "slow-" gives 0 yes '' slow-20-1 echo yes
check "lost-" gives 255 yes 'Connection to lost-50-1 closed by remote host.@' lost-50-1 'echo yes; sleep 60'
check "hang- with a limit" \
    says 'ssh: connect to host hang-1 port 22: Connection timed out@' -oConnectTimeout=1 hang-1 true
unanswered() { # 124: timeout has ended it
    code=0
    timeout 1 ssh "$1" "echo yes" >"$out" 2>&1 </dev/null || code=$?
    [ $code = 124 ] && [ ! -s "$out" ]
}
check "hang-" unanswered hang-1
check "stuck-" unanswered stuck-1
boots() {
    for try in 1 2; do
        says 'ssh: connect to host booting-2-a port 22: Connection refused@' booting-2-a true || return 1
    done
    gives 0 yes '' booting-2-a echo yes && gives 0 yes '' booting-2-a echo yes &&
        says 'ssh: connect to host booting-2-b port 22: Connection refused@' booting-2-b true
}
check "booting- refuses so often, for each host" boots
at_once() {
    for try in 1 2 3 4 5 6; do
        ssh booting-4-c true 2>"$scratch/try$try" </dev/null &
    done
    wait
    [ "$(cat "$scratch"/try? | grep -c refused)" = 4 ]
}
check "booting- counts those that come at once" at_once

# ---- the command line ----
check "words are joined by blanks" logged 'node1 - - echo   yes' node1 'echo ' ' yes'
check "user, port and options with and without blanks" \
    logged 'node1 me 2222 echo yes' \
    -xT -p 2222 -oBatchMode=yes -o StrictHostKeyChecking=no -F /dev/null -lme node1 echo yes
check "options after the host" logged 'node1 me 2222 echo yes' me@node1 -p 2222 -T echo yes
check "what looks like an option after the command is not one" \
    logged 'node1 - - echo yes; : -p 1' node1 'echo yes; :' -p 1
check "-o Port and User" logged 'node1 me 2222 echo yes' -o 'Port 2222' -o user=me node1 echo yes
check "-l and -p count more than what follows" \
    logged 'node1 me 2222 echo yes' -l me -p 2222 ssh://you@node1:22 echo yes
check "ssh://" logged 'node1 you 24 echo yes' ssh://you@node1:24 echo yes
check "-- ends the options" logged 'node1 - - echo yes' -T -- node1 echo yes
usage='usage: ssh [options] destination [command [argument ...]]@'
check "no host" says "$usage" -T
check "a login without a command" says 'fake-ssh: a login without a command is not imitated' node1
unknown_option() {
    ! ssh -? node1 true 2>"$err" && grep -q '^usage: ' "$err"
}
check "an unknown option" unknown_option

# ---- the command ----
check "exit codes" gives 7 '' '' node1 exit 7
check "death by a signal" says '' node1 'kill -KILL $$'
check "output and errors stay apart" gives 0 yes no node1 'echo yes; echo no >&2'
check "it runs at home" gives 0 "$(cd && pwd)" '' node1 pwd
not_passed() {
    SECRET=1 gives 0 'none /usr/local/bin:/usr/bin:/bin:/usr/games' '' node1 'echo ${SECRET:-none} $PATH'
}
check "it gets no variable of ours" not_passed
passed() {
    FAKE_SSH_ENV="SECRET $FAKE_SSH_ENV" SECRET=1 gives 0 1 '' node1 'echo ${SECRET:-none}'
}
check "but those that are named" passed
check "no descriptor of ours" gives 0 'none' '' node1 '(: <&9) 2>/dev/null && echo leaks || echo none' 9<&0
if unshare --uts true 2>/dev/null; then
    check "the host has its name" gives 0 node1 '' node1 uname -n
else
    skip "the host has its name" "no right to make namespaces"
fi
through() {
    head -c 3000000 /dev/zero | tr '\0' x >"$scratch/much"
    ssh node1 'tee /dev/stderr' <"$scratch/much" >"$out" 2>"$err" && cmp "$scratch/much" "$out" &&
        cmp "$scratch/much" "$err"
}
check "three megabytes there and back twice" through
check "-n gives it no input" gives 0 0 '' -n node1 'wc -c'
leaver() { # its reader goes away, its input goes on
    yes 2>/dev/null | timeout 60 ssh node1 'head -n 1; echo end >&2' 2>"$err" | grep -qx y && grep -qx end "$err"
}
check "a command that ends before its input" leaver
until_there() { # until_there FILE
    tries=3000
    until [ -e "$1" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.02
    done
}
cut_off() { # what the command notices of ssh's death is the end of its input
    mkfifo "$scratch/input"
    # shellcheck disable=SC2029 # the names are ours
    ssh node1 ": >'$scratch/begun'; cat >/dev/null; : >'$scratch/over'" <"$scratch/input" &
    ssh=$!
    exec 7>"$scratch/input"
    until_there "$scratch/begun" || { echo "the command does not begin"; return 1; }
    kill -KILL $ssh
    wait $ssh 2>/dev/null
    until_there "$scratch/over" || { echo "its input is still open"; return 1; }
    exec 7>&-
}
check "a killed ssh breaks the streams of its command" cut_off
plan
