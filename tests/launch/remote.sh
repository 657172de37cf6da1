#! /bin/sh
# Starts on other hosts, by a stand-in for ssh (fake-ssh.c): how they fail, what a person reads then, and that they end.
# Where hosts can be made of namespaces, tests/cluster has the real ssh.
# shellcheck disable=SC2016,SC2317 # the ranks expand; functions are called by check
# shellcheck source=tests/launch/common.sh
. "${0%/*}/common.sh"
ln -s "$top_builddir/tests/launch/fake-ssh" "$bin/ssh" || exit 1
FAKE_SSH_LOG=$scratch/runs FAKE_SSH_ENV='ASAN_OPTIONS UBSAN_OPTIONS'
export FAKE_SSH_LOG FAKE_SSH_ENV

# fails HOSTS TEXT...: mpirun ends with code 1, and each text is one line of what it says, which has no others.
fails() {
    fails_hosts=$1
    shift
    : >"$FAKE_SSH_LOG"
    job -H "$fails_hosts" actor note "$notes"
    rm -f "$TMPDIR"/fake-ssh.*
    printf 'mpirun: %s\n' "$@" >"$scratch/expected"
    gave 1 && diff "$scratch/expected" "$err" && [ ! -s "$notes" ]
}
sshd="(is sshd running on refuse-1, and does it listen on this port?)"
up="(is hang-1 switched on, and does a firewall let ssh pass?)"
way="must work without a password (a key, or an agent that holds it))"
name="spelled as /etc/hosts or the name server has it?)"
refused='Connection refused'

GODWIT_START_TIMEOUT=1.5
export GODWIT_START_TIMEOUT
check "connection refused" fails refuse-1 \
    "cannot start on refuse-1: ssh says 'connect to host refuse-1 port 22: $refused' $sshd"
tried() { # tried LEAST MOST: so many runs of ssh
    [ "$(wc -l <"$FAKE_SSH_LOG")" -ge "$1" ] && [ "$(wc -l <"$FAKE_SSH_LOG")" -le "$2" ]
}
check "a host that refuses was tried again" tried 2 9
check "no answer" fails hang-1 "cannot start on hang-1: ssh says 'connect to host hang-1 port 22: Connection timed out' $up"
check "a login that does nothing" fails stuck-1 "cannot start on stuck-1: no answer within 1.5 s"
GODWIT_START_TIMEOUT=20
me=$(id -un)
check "permission denied" fails denied-1 \
    "cannot start on denied-1: ssh says '$me@denied-1: Permission denied (publickey).' (\`ssh denied-1 true\` $way"
check "a host that denies is not tried again" tried 1 1
check "an unknown host" fails unknown-1 \
    "cannot start on unknown-1: ssh says 'Could not resolve hostname unknown-1: Name or service not known' (is the name 'unknown-1' $name"
check "an unknown host is not tried again" tried 1 1
check "another host key" fails hostkey-1 \
    "cannot start on hostkey-1: ssh says 'Host key verification failed.' (\`ssh hostkey-1 true\`, once by hand, shows what it does not trust)"
check "no shell, no command" fails missing-1 \
    "cannot start on missing-1: ssh says 'bash: line 1: exec: command not found' (--prefix says where Godwit is installed on missing-1)"
check "several hosts, each with its reason" fails refuse-1,denied-2,unknown-3,node4 \
    "cannot start on refuse-1: ssh says 'connect to host refuse-1 port 22: $refused' $sshd" \
    "cannot start on denied-2: ssh says '$me@denied-2: Permission denied (publickey).' (\`ssh denied-2 true\` $way" \
    "cannot start on unknown-3: ssh says 'Could not resolve hostname unknown-3: Name or service not known' (is the name 'unknown-3' $name"
check "many hosts, one reason" fails 'denied-[01-40],node1' \
    "cannot start on 40 hosts (denied-[01-40]); of the first one, ssh says '$me@denied-01: Permission denied (publickey).' (\`ssh denied-01 true\` $way"
boots() {
    job -v -H booting-2-a,node1 sh -c 'echo $GODWIT_RANK'
    rm -f "$TMPDIR"/fake-ssh.*
    gave 0 && wrote "0
1"
}
check "a host that is still booting" boots
works() { # works HOST TEXT...
    works_host=$1
    shift
    job -H "$works_host:2" "$@" sh -c 'echo $GODWIT_RANK' && gave 0 && said '' && wrote "0
1"
}
check "a host that answers late" works slow-700-1
check "a banner before the agent's greeting" works noshell-1
through_tcp() { # as tests/cluster/control.sh has it, on one machine
    job -v -H node1:2,node2:2 sh -c 'until [ "$(grep -c "goes through TCP" "$0")" = 2 ]; do sleep 0.05; done; seq 5' "$err"
    gave 0 && [ "$(wc -l <"$out")" = 20 ]
}
check "control traffic goes through TCP" through_tcp
no_tcp() {
    GODWIT_IFACE=none-0 job -v -H node1:2 sh -c 'until grep -q "stays on ssh" "$0"; do sleep 0.05; done' "$err"
    gave 0 && grep -q "^mpirun: control traffic of node1 stays on ssh's stream: no interface that GODWIT_IFACE names" "$err"
}
check "control traffic stays on ssh's stream" no_tcp
flooded() {
    mkdir -p "$scratch/flood" && cat >"$scratch/flood/ssh" <<TEXT
#! /bin/sh
head -c 100000 /dev/zero | tr '\\0' x
sleep 60
TEXT
    chmod +x "$scratch/flood/ssh"
    PATH=$scratch/flood:$PATH fails node1 "cannot start on node1: more than 64 KiB came that are not from Godwit, at last \
'$(head -c 159 /dev/zero | tr '\0' x)'; the shell's startup files there should write nothing where nobody is logged in at a terminal"
}
check "a login script that writes and writes" flooded
echoes() {
    mkdir -p "$scratch/echo" && printf '#! /bin/sh\nexec cat\n' >"$scratch/echo/ssh" && chmod +x "$scratch/echo/ssh"
    PATH=$scratch/echo:$PATH fails node1 \
        "cannot start on node1: node1 sends back what it is sent: nothing there has become an agent of mpirun"
}
check "a host that echoes" echoes
silent() {
    mkdir -p "$scratch/silent" && printf '#! /bin/sh\nexit 3\n' >"$scratch/silent/ssh" && chmod +x "$scratch/silent/ssh"
    PATH=$scratch/silent:$PATH fails node1 \
        "cannot start on node1: ssh ended with code 3 before the agent answered; \`ssh node1 true\` may show why"
}
check "an ssh that says nothing" silent
other_version() { # the same agent, with another number in its greeting
    mkdir -p "$scratch/version"
    version=$(mpirun --version | sed -n '1s/.*) //p')
    cat >"$scratch/version/ssh" <<TEXT
#! /bin/sh
exec "$bin/ssh" "\$@" | sed 's/$version/$(echo "$version" | tr 0-9 9)/'
TEXT
    chmod +x "$scratch/version/ssh"
    PATH=$scratch/version:$PATH
    job -H node1 true
    PATH=${PATH#*:}
    gave 1 && said "mpirun: cannot start on node1: $host has Godwit $version (protocol [0-9]*) and node1 has Godwit \
$(echo "$version" | tr 0-9 9) (protocol [0-9]*); the same version is needed on all hosts (--prefix says where it is)"
}
check "another version" other_version
no_ssh() {
    mkdir -p "$scratch/none" && ln -sf "$mpirun" "$scratch/none/mpirun"
    (PATH=$scratch/none
    job -H node1 true
    PATH=$bin:/usr/bin:/bin
    gave 1 && said "mpirun: cannot start on node1: there is no program 'ssh' in PATH here*")
}
check "no ssh" no_ssh
lost() {
    : >"$notes"
    job -H lost-900-1:2 actor note "$notes" child session daemon deaf sleep 60000
    gave 1 && said "mpirun: the connection to lost-900-1 is lost (ssh says 'Connection to lost-900-1 closed by remote host.'), and the job with it" &&
        nothing_left
}
check "a connection that breaks" lost
ends() { # ends SIGNAL CODE: mpirun is ended, and all that runs behind ssh
    start 16 -H node1:2,node2:2 actor note "$notes" child session daemon deaf meet 16 sleep 60000 || return 1
    kill "-$1" "$job"
    ended
    gave "$2" && nothing_left
}
check "SIGKILL of mpirun" ends KILL 137
check "SIGTERM to mpirun" ends TERM 143
ended_early() {
    start 0 -H hang-1,node1 actor note "$notes" sleep 60000
    until_within 10 grep -q hang-1 "$FAKE_SSH_LOG"
    kill -TERM "$job"
    ended
    gave 143 && said 'mpirun: got signal 15 (SIGTERM); ending the job' && nothing_left
}
: >"$FAKE_SSH_LOG"
check "SIGTERM during the start" ended_early
agent_killed() {
    start 2 -H node1:2 actor note "$notes" sleep 60000 || return 1
    kill -KILL "$agent"
    ended
    gave 137 && said "mpirun: the agent of mpirun on node1 ended unexpectedly (signal 9), and the job with it" && nothing_left
}
check "SIGKILL of the agent" agent_killed

# ---- what ssh is told ----
told() { # told LINE OPTIONS...
    told_line=$1
    shift
    : >"$FAKE_SSH_LOG"
    job "$@" true && gave 0 && sed 's/ exec .*//' "$FAKE_SSH_LOG" | grep -qx "$told_line" || { cat "$FAKE_SSH_LOG"; return 1; }
}
check "host alone" told 'node1 - -' -H node1
check "user@host" told 'node1 me -' -H me@node1
check "--launcher-args" told 'node1 - 2222' --launcher-args "-p 2222 -oForwardAgent='no'" -H node1
check "-mca plm_rsh_agent" told 'node1 - 77' -mca plm_rsh_agent 'ssh -p 77' -H node1
wrapper() {
    printf '#! /bin/sh\necho "$1" >"%s"\nshift\nexec sh -c "$*"\n' "$scratch/wrapped" >"$bin/on" && chmod +x "$bin/on"
    job --launcher exec --launcher-exec on -H node7 sh -c 'echo there' && gave 0 && wrote there && grep -qx node7 "$scratch/wrapped"
}
check "--launcher exec" wrapper
refused() {
    job --launcher srun -H node1 true
    gave 1 && said "mpirun: cannot start on node1: --launcher srun is not built; ssh, rsh, and exec with --launcher-exec are"
}
check "a launcher that is not built" refused
odd_folder() { # whatever the shell would do with it
    odd="$scratch/it's \$HOME & \"more\""
    mkdir -p "$odd" && cp "$mpirun" "$odd/mpirun" || return 1
    status=0
    "$odd/mpirun" -H node1 sh -c 'echo $GODWIT_SIZE' >"$out" 2>"$err" || status=$?
    gave 0 && wrote 1 && grep -q -F "it'\\''s" "$FAKE_SSH_LOG"
}
check "a folder with a name that shells read" odd_folder
prefix() {
    job --prefix /nowhere/ -H node1 true
    gave 1 && said "mpirun: cannot start on node1: ssh says 'there is no /nowhere/bin/mpirun' (is Godwit installed there on node1?)"
}
check "--prefix" prefix
tree() {
    : >"$FAKE_SSH_LOG"
    GODWIT_FANOUT=2 FAKE_SSH_ENV="$FAKE_SSH_ENV PATH FAKE_SSH_LOG FAKE_SSH_ENV TMPDIR" job -H 'node[1-9]' sh -c 'echo $GODWIT_RANK' &&
        gave 0 && wrote "$(seq 0 8)" && [ "$(wc -l <"$FAKE_SSH_LOG")" = 9 ]
}
check "nine hosts as a tree" tree
mkdir "$scratch/refusing" && printf '#! /bin/sh\necho "x@y: Permission denied (publickey)." >&2\nexit 255\n' >"$scratch/refusing/ssh" &&
    chmod +x "$scratch/refusing/ssh"
no_login_from_there() { # the hosts' ssh may not log in anywhere
    : >"$FAKE_SSH_LOG"
    mkdir -p "$scratch/way"
    cat >"$scratch/way/ssh" <<TEXT
#! /bin/sh
FAKE_SSH_ENV='PATH ASAN_OPTIONS' PATH="$scratch/refusing:$bin:/usr/bin:/bin" exec "$top_builddir/tests/launch/fake-ssh" "\$@"
TEXT
    chmod +x "$scratch/way/ssh"
    PATH=$scratch/way:$PATH
    GODWIT_FANOUT=2 job -H 'node[1-9]' sh -c 'echo $GODWIT_RANK'
    PATH=${PATH#*:}
    gave 0 && said '' && wrote "$(seq 0 8)"
}
check "a tree, and no login from host to host" no_login_from_there

stopped() { # Ctrl-Z, and fg; the stop is longer than the silence that would end the ranks
    GODWIT_DETECT=0.3 start 2 -H node1:2 actor note "$notes" sleep 60000 || return 1
    rank_pid=$(sed -n '1s/ .*//p' "$notes")
    kill -TSTP "$job"
    until_within 10 state_is T "$rank_pid" && until_within 10 state_is T "$job" && sleep 1.5 || return 1
    state_is T "$rank_pid" || { echo "the rank has not stayed"; return 1; }
    kill -CONT "$job"
    until_within 10 state_is S "$rank_pid" || { echo "the rank does not go on"; return 1; }
    kill -TERM "$job"
    ended
    gave 143 && nothing_left
}
state_is() {
    { read -r stat_line <"/proc/$2/stat"; } 2>/dev/null || return 1
    case ${stat_line##*)} in " $1"*) return 0 ;; esac
    return 1
}
check "mpirun is stopped and goes on" stopped

# ---- MPI between hosts ----
neighbours() { # ranks of one host that are not neighbours in the world
    job --map-by node -n 4 -H node1:2,node2:2 actor init @1 send 3 @3 recv 1 say got @0 recv 2 say too @2 send 0 @ finalize &&
        gave 0 && said '' && wrote "got
too"
}
check "messages between ranks of the same host" neighbours
plan
