#! /bin/sh
# mpirun --doctor by a stand-in for ssh (fake-ssh.c): each kind of thing that is wrong, and what a person reads then. What
# hosts tell is text, so that sed makes it wrong here.
# shellcheck disable=SC2015,SC2317,SC3045 # functions are called by check; all shells have ulimit -n
# shellcheck source=tests/launch/common.sh
. "${0%/*}/common.sh"
FAKE_SSH_ENV='ASAN_OPTIONS UBSAN_OPTIONS'
export FAKE_SSH_ENV
# What node2 says goes through sed with these commands.
cat >"$bin/ssh" <<TEXT
#! /bin/sh
case " \$* " in
*' node2 '*) "$top_builddir/tests/launch/fake-ssh" "\$@" | LC_ALL=C sed -u -f "$scratch/lies" ;;
*) exec "$top_builddir/tests/launch/fake-ssh" "\$@" ;;
esac
TEXT
chmod +x "$bin/ssh"
: >"$scratch/lies"
me=$(id -un)

doctor() { # doctor LIES ARGUMENTS...
    printf '%s\n' "$1" >"$scratch/lies"
    shift
    job --doctor "$@"
    said ''
}
# has LINE...: these lines are in the table; each may end anyhow.
has() {
    for has_line in "$@"; do
        has_line=$has_line awk 'index($0, ENVIRON["has_line"]) == 1 { found = 1 } END { exit !found }' "$out" || {
            echo "no line: $has_line"
            cat "$out"
            return 1
        }
    done
}
ends_with() { # ends_with CODE LINE
    gave "$1" && [ "$(tail -n 1 "$out")" = "$2" ] || { cat "$out"; return 1; }
}
all="node1,node2,node3"
build=$(cd "$top_builddir" && pwd -P)

alone() {
    doctor '' && ends_with 0 'All is well.' && has "$host, as $host sees it (" '  Godwit       ok    ' \
        "  library      ok    $build/.libs/libmpi_abi.so.1" && ! grep -q 'ssh\|connections' "$out"
}
check "this host alone, without ssh" alone
well() {
    doctor '' -H $all && ends_with 0 'All is well.' && has "3 hosts, as $host sees them (" '  reachable    ok    all: ' \
        '  ssh login    ok    all: without a question, in ' '  clock        ok    all: ' '  connections  ok    all: '
}
check "three hosts that are well" well
words() {
    doctor '' node1 node2,node3 && ends_with 0 'All is well.' && has '3 hosts'
}
check "hosts as words" words
hostfile() {
    printf 'node1 slots=2\nnode2\nnode3\n' >"$scratch/hosts"
    doctor '' --hostfile "$scratch/hosts" && ends_with 0 'All is well.' && has '3 hosts' &&
        doctor '' --hostfile "$scratch/hosts" -H node3,node1 && has '2 hosts' && ends_with 0 'All is well.' &&
        printf '' >"$scratch/lies" && job --doctor --hostfile "$scratch/hosts" -H node4 && gave 2 &&
        said "mpirun: -H: host 'node4' is none of the hosts of the host file"
}
check "hosts of a file, and a choice of them" hostfile
no_host() {
    job --doctor ./solver
    gave 2 && said "mpirun: --doctor starts no program: './solver' is no name of a host"
}
check "a program is not a host" no_host
many() {
    doctor '' -H 'node[100-131]' && ends_with 0 'All is well.' && has '32 hosts' '  connections  ok    all: '
}
check "32 hosts" many

one() { # one HOST CHECK WORDS: what is wrong with the one host, and the others are well
    one_host=$1 one_label=$(printf '%-12s' "$2") one_words=$3
    GODWIT_START_TIMEOUT=4 doctor '' -H "node1,$one_host,node3" && ends_with 1 '1 thing is wrong.' &&
        has "  $one_label WRONG $one_host: $one_words" '  connections  ok    node[1,3]: '
}
check "connection refused" one refuse-1 reachable "ssh says 'connect to host refuse-1 port 22: Connection refused' ("
check "no answer" one hang-1 reachable "ssh says 'connect to host hang-1 port 22: Connection timed out' ("
check "an unknown name" one unknown-1 reachable "ssh says 'Could not resolve hostname unknown-1: "
check "permission denied" one denied-1 'ssh login' \
    "ssh says '$me@denied-1: Permission denied (publickey).' (\`ssh denied-1 true\` must work without a password"
check "another host key" one hostkey-1 'ssh login' "ssh says 'Host key verification failed.' ("
check "a login that does nothing" one stuck-1 'ssh login' 'no answer within '
check "no Godwit there" one missing-1 Godwit "ssh says 'bash: line 1: exec: command not found' (--prefix says where"
banner() {
    doctor '' -H node1,noshell-1 && ends_with 0 'All is well.'
}
check "a banner before the greeting is no harm" banner
same() {
    doctor '' -H 'denied-[1-3]' && ends_with 1 '1 thing is wrong.' && has "  ssh login    WRONG all: of the first one, ssh says '$me@denied-1:"
}
check "hosts with the same trouble share a line" same

lie() { # lie LIES CODE LAST LINE...: node2 tells something else
    lie_text=$1 lie_code=$2 lie_last=$3
    shift 3
    GODWIT_START_TIMEOUT=4 doctor "$lie_text" -H $all && ends_with "$lie_code" "$lie_last" && has "$@"
}
wrong='1 thing is wrong.'
version=$(mpirun --version | sed -n '1s/.*) //p')
other=$(echo "$version" | tr 0-9 9)
check "another version" lie "s/$version/$other/" 1 "$wrong" "  Godwit       WRONG node2: $host has Godwit $version (protocol " \
    '               ok    node[1,3]: '
check "a library that cannot be loaded" lie 's/^library_wrong .*/library_wrong cannot be loaded: no such symbol/' 1 "$wrong" \
    "  library      WRONG node2: $build/.libs/libmpi_abi.so.1 cannot be loaded: no such symbol"
check "another build" lie 's/^library_print .*/library_print 1/' 0 'All is well.' \
    "  library      note  node2: $build/.libs/libmpi_abi.so.1 is another build than that of node1"
check "a clock that is ahead" lie 's/^\(clock_[a-z]*\) 1/\1 2/' 1 "$wrong" "  clock        WRONG node2: 1000000000 s ahead of this host's"
check "few cpus" lie 's/^online .*/online 4096/' 0 'All is well.' '  cpus         note  node2: '
check "no shared memory" lie 's/^memory_wrong .*/memory_wrong the memory cannot be reserved/' 1 "$wrong" \
    '  memory       WRONG node2: the memory cannot be reserved'
check "few open files" lie 's/^nofile .*/nofile 20/' 1 "$wrong" '  limits       WRONG node2: 20 open files are allowed'
check "few processes" lie 's/^nproc .*/nproc 3/' 1 "$wrong" '  limits       WRONG node2: 3 processes are allowed'
check "no direct copies" lie 's/^copy_wrong .*/copy_wrong Operation not permitted/' 0 'All is well.' \
    '  direct copy  note  node2: between processes is not allowed (Operation not permitted)'
check "no addresses" lie '/^address /d' 1 "$wrong" '  addresses    WRONG node2: there is none but loopback'
if grep -q ':' /proc/net/if_inet6 2>/dev/null || ip -4 address show up 2>/dev/null | grep -q 'inet .*scope global'; then
    check "a port that nobody listens on" lie 's/^port .*/port 1/' 1 "$wrong" \
        '  connections  WRONG node2: no TCP connection gets there from any other host ('
fi
check "nonsense" lie 's/^cpus .*/cpus many/' 1 "$wrong" "  Godwit       WRONG node2: sends a line 'cpus' that is not understood"
check "an answer that does not come" lie 's/^end$/more 1/' 1 "$wrong" '  ssh login    WRONG node2: no answer within '
check "a round that is not told" lie 's/^reach .*/reach nobody/' 1 "$wrong" "  Godwit       WRONG node2: sends a line 'reach' that is not understood"

limits() { # real ones
    status=0
    (ulimit -n 40 && exec mpirun --doctor) >"$out" 2>"$err" </dev/null || status=$?
    ends_with 1 "$wrong" && has '  limits       WRONG 40 open files are allowed, and a rank on each cpu takes '
}
check "a true limit of open files" limits
file_sizes() { # they are limited for what is written to a file here, too
    { (ulimit -f 1 && exec mpirun --doctor) 2>"$err" </dev/null; echo $? >"$scratch/code"; } | cat >"$out"
    status=$(cat "$scratch/code")
    ends_with 1 "$wrong" && has '  memory       WRONG the limit of file sizes holds for shared memory too and is too low: '
}
check "a true limit of file sizes" file_sizes
no_job() { # what is not a job's: no rank, no file
    : >"$scratch/runs"
    FAKE_SSH_LOG=$scratch/runs doctor '' -H $all && [ "$(wc -l <"$scratch/runs")" = 3 ] && nothing_left
}
check "each host is logged in to once, and nothing is left" no_job
closed_output() {
    status=0
    mpirun --doctor >/dev/full 2>"$err" </dev/null || status=$?
    gave 1 && said 'mpirun: cannot write to standard output: *'
}
check "output that cannot be written" closed_output
plan
