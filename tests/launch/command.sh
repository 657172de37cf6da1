#! /bin/sh
# The command line, the environment of ranks, and what keeps a job from starting.
# shellcheck source=tests/launch/common.sh
# shellcheck disable=SC2016,SC2086,SC2009,SC3045  # the ranks expand the variables; $touch_it is words
. "${0%/*}/common.sh"

# ---- errors: one sentence, exit code 2, nothing started ----

# wrong PATTERN ARGUMENTS...
wrong() {
    wrong_pattern=$1
    shift
    job "$@"
    gave 2 && said "mpirun: $wrong_pattern" && wrote '' && nothing_left
}
touch_it="touch $scratch/started-it"
refused() {
    refused_text=$1
    shift
    check "$refused_text" wrong "$@"
}
printf 'moon slots=2\n' >"$scratch/moon"
printf 'localhost\nlocalhost slots=x\n' >"$scratch/bad"
refused "no program" 'no program to run (mpirun -n 2 ./program)' -n 2
refused "no arguments at all" 'no program to run*'
refused "an empty program name" 'no program to run*' -n 2 ''
refused "a part without a program" "a part of the command line between ':' names no program" -n 1 $touch_it :
refused "a first part without a program" "a part of the command line between ':' names no program" -n 1 : $touch_it
refused "an unknown option" "unknown option '--frobnicate' (man mpirun lists them all, mpirun --help the most used)" --frobnicate $touch_it
refused "a misspelt option" "unknown option '--hostfil=x' (perhaps --hostfile?)" --hostfil=x $touch_it
refused "a misspelt option with one -" "unknown option '-timout' (perhaps --timeout?)" -timout 3 $touch_it
refused "an unknown option in the second part" "unknown option '-frob' *" -n 1 $touch_it : -frob $touch_it
refused "-n without a value" "option '-n' needs a value after it" -n
refused "-n 0" '-n 0: a job needs at least one rank' -n 0 $touch_it
refused "-n -1" "-n takes a number, not '-1'" -n -1 $touch_it
refused "-n two" "-n takes a number, not 'two'" -n two $touch_it
refused "-n 2x" "-n takes a number, not '2x'" -n 2x $touch_it
refused "-n 99999999999999999999" '-n 99999999999999999999: 1 to * are possible' -n 99999999999999999999 $touch_it
refused "-x without a name" "-x '=1' does not begin with one name" -x =1 $touch_it
refused "-env with one value" "option '-env' needs two values after it" -env A
refused "-env=A=B" "option '-env=A=B' takes two values, as words" -env=A=B $touch_it
refused "-v=1" "option '-v=1' takes no value" -v=1 $touch_it
refused "-wdir ''" '-wdir needs a directory' -wdir '' $touch_it
refused "--stdin to a rank that is not there" '--stdin 2: the job has the ranks 0 to 1' -n 2 --stdin 2 $touch_it
refused "--stdin to nobody that exists" "-stdin takes a number, not 'everyone'" --stdin everyone $touch_it
refused "--timeout without a time" "--timeout is 'soon', which is no time *" --timeout soon $touch_it
refused "a wire that is not there" "--wire is 'pigeon', which is none of: auto ofi" --wire pigeon $touch_it
refused "--iface without a name" "--iface needs a word" --iface '' $touch_it
refused "a host file that does not exist" "cannot read the host file 'hosts': No such file or directory" -hostfile hosts $touch_it
refused "a host file with a mistake" "$scratch/bad, line 2: 'slots=x' needs a number from 1 to 1048576" -f "$scratch/bad" $touch_it
refused "a directory in place of a host file" "cannot read the host file '/': Is a directory" -machinefile / $touch_it
refused "no rank file" "cannot read the rank file 'ranks': No such file or directory" -rf ranks $touch_it
refused "a host that is not one of the host file" "-H: host 'sun' is none of the hosts of the host file" -hostfile "$scratch/moon" -H sun $touch_it
refused "more ranks than slots, when that is not wanted" '5 ranks need more than the 4 slots of the host, *' -H localhost:4 -n 5 --nooversubscribe $touch_it
refused "a cpu that is not there" "cpu 65535 of the cpu set is none that the job may use on host '*'" --cpu-set 65535 $touch_it
refused "an unknown error handler" "-initial-errhandler 'x' is none of:*" -initial-errhandler x $touch_it
setting() {
    GODWIT_GRACE=never wrong 'GODWIT_GRACE*never*' $touch_it
}
check "a setting with a value that it cannot have" setting
check "none of these has started anything" test ! -e "$scratch/started-it"

# ---- what is run, and how often ----

for count in -n -np --n --np -c -n=3; do
    counted() {
        case $count in
        *=*) job "$count" actor init place finalize ;;
        *) job "$count" 3 actor init place finalize ;;
        esac
        gave 0 && said '' && wrote "$(printf '0 of 3\n1 of 3\n2 of 3')"
    }
    check "$count gives the number of ranks" counted
done
several() {
    job -n 1 actor init place finalize say first : -n 2 -x B=2 sh -c 'echo $B $GODWIT_RANK; exec actor init finalize' : \
        actor init place finalize say last
    gave 0 && said '' && wrote "$(printf '0 of 4\n2 1\n2 2\n3 of 4\nfirst\nlast')"
}
check "programs between ':' have the ranks in order" several
network() {
    job -n 2 --wire ofi --iface eth1,ib0 sh -c 'echo $GODWIT_WIRE $GODWIT_IFACE' : -n 1 -x GODWIT_WIRE=auto sh -c 'echo $GODWIT_WIRE'
    gave 0 && said '' && wrote "$(printf 'auto\nofi eth1,ib0\nofi eth1,ib0')"
}
check "--wire and --iface are for the ranks, -x changes them for some" network
many() {
    job -n 64 actor init place finalize
    gave 0 && said '' && wrote "$(i=0; while [ $i -lt 64 ]; do echo "$i of 64"; i=$((i + 1)); done | LC_ALL=C sort)"
}
check "more ranks than cores" many
default_count() {
    job sh -c 'echo $GODWIT_RANK $GODWIT_SIZE'
    gave 0 && said '' && [ "$(wc -l <"$out")" = "$(cut -d ' ' -f 2 "$out" | sort -u)" ]
}
check "without -n there are as many ranks as GODWIT_SIZE says" default_count
dashes() {
    job -n 1 -- sh -c 'printf "%s " "$0" "$@"; echo' -n 5 --x
    wrote '-n 5 --x ' && gave 0
}
check "-- ends the options; the program's own are left alone" dashes
foreign_options() {
    job --allow-run-as-root --oversubscribe --mca btl self,vader --bind-to none -quiet -n 1 echo yes
    gave 0 && said '' && wrote yes || return 1
    job -usize 8 -genvall -launcher ssh -rmk user -iface lo -ppn 2 -n 2 echo yes
    gave 0 && said '' && wrote "$(printf 'yes\nyes')" || return 1
    job --bind-to core --map-by slot -n 1 echo yes
    gave 0 && said '' && wrote yes
}
check "options of other launchers are accepted" foreign_options
mpiexec_name() {
    status=0
    "$top_builddir/mpirun/mpiexec" -n 2 echo yes >"$out" 2>"$err" || status=$?
    gave 0 && said '' && wrote "$(printf 'yes\nyes')"
}
check "mpiexec is the same program" mpiexec_name
if [ "$(id -u)" = 0 ]; then
    check "root is not asked" mpiexec_name
else
    skip "root is not asked" "not root"
fi

# ---- the environment ----

# in_ranks WANTED ARGUMENTS...
in_ranks() {
    in_ranks_wanted=$1
    shift
    job "$@"
    gave 0 && said '' && wrote "$in_ranks_wanted"
}
A=1 B=2 C=3
export A B C
show='echo "$A,$B,$C,$D"'
check "the environment is passed on" in_ranks 1,2,3, -n 1 sh -c "$show"
check "-envall changes nothing" in_ranks 1,2,3, -envall -n 1 sh -c "$show"
check "-x NAME=VALUE" in_ranks 1,2,x=y,z,w -n 1 -x C=x=y,z -x D=w sh -c "$show"
check "-x NAME,NAME" in_ranks 1,2,3, -n 1 -x A,B sh -c "$show"
absent() {
    job -n 1 -x A,NOT_THERE sh -c "$show"
    gave 0 && wrote 1,2,3, && said 'mpirun: note: the variable NOT_THERE is not set, so the ranks do not get it'
}
check "-x NAME, where there is none" absent
check "-env NAME VALUE, for one program" in_ranks "$(printf '1,2,3,\n1,5 6,3,')" \
    -n 1 -env B '5 6' sh -c "$show" : -n 1 sh -c "$show"
check "-genv NAME VALUE, for all programs" in_ranks "$(printf '1,5,3,\n1,5,3,')" \
    -genv B 5 -n 1 sh -c "$show" : -n 1 sh -c "$show"
check "-envnone, with what is set behind it" in_ranks ,7,, -n 1 -envnone -env B 7 /bin/sh -c "$show"
check "-genvnone -envlist" in_ranks 1,,3, -genvnone -n 1 -envlist A,C /bin/sh -c "$show"
check "-genvlist" in_ranks "$(printf ',2,3,\n,2,3,')" -genvlist B,C -n 2 /bin/sh -c "$show"
check "a world without an environment" in_ranks "$(printf '0 of 2\n1 of 2')" -genvnone -n 2 "$actor" init place finalize

for_scripts='echo $PMI_RANK/$PMI_SIZE $MPI_LOCALRANKID/$MPI_LOCALNRANKS \
    $OMPI_COMM_WORLD_RANK/$OMPI_COMM_WORLD_SIZE $OMPI_COMM_WORLD_LOCAL_RANK/$OMPI_COMM_WORLD_LOCAL_SIZE \
    $OMPI_COMM_WORLD_NODE_RANK $GODWIT_RANK/$GODWIT_SIZE $GODWIT_LOCAL_RANK/$GODWIT_LOCAL_SIZE'
check "scripts find their place" in_ranks \
    "$(for i in 0 1 2; do echo "$i/3 $i/3 $i/3 $i/3 $i $i/3 $i/3"; done)" -n 3 sh -c "$for_scripts"
outer() {
    PMI_RANK=7 PMI_FD=9 PMIX_RANK=7 OMPI_COMM_WORLD_SIZE=9 in_ranks '0,,,1' -n 1 \
        sh -c 'echo $PMI_RANK,$PMI_FD,$PMIX_RANK,$OMPI_COMM_WORLD_SIZE'
}
check "what an outer launcher has set is not passed on" outer

# ---- directories and paths ----

mkdir "$scratch/other place"
printf '#!/bin/sh\necho here\n' >"$scratch/other place/say_here"
chmod +x "$scratch/other place/say_here"
check "-wdir" in_ranks "$scratch/other place" -n 1 -wdir "$scratch/other place" pwd
check "-wdir, and a program relative to it" in_ranks here -n 1 -wdir "$scratch/other place" ./say_here
check "-path" in_ranks here -n 1 -path "/nowhere:$scratch/other place" say_here
check "-wdir for one program of two" in_ranks "$(printf '%s\n%s' "$here" "$scratch/other place")" \
    -n 1 -wdir "$scratch/other place" pwd : -n 1 pwd

# ---- programs that cannot be run ----

# unrunnable CODE PATTERN ARGUMENTS...
unrunnable() {
    unrunnable_code=$1 unrunnable_pattern=$2
    shift 2
    job "$@"
    gave "$unrunnable_code" && said "mpirun: $unrunnable_pattern" && wrote '' && nothing_left
}
files=$scratch/files
mkdir "$files"
echo 'echo hello' >"$files/plain"
echo 'echo hello' >"$files/headless"
printf '#!/no/such/shell\n' >"$files/lost"
printf '\177ELF garbage' >"$files/garbage"
: >"$files/empty"
chmod +x "$files/headless" "$files/lost" "$files/garbage" "$files/empty"
check "a program that is not there" unrunnable 127 "there is no program './no_such'" -n 2 ./no_such
check "a program that is not in PATH" unrunnable 127 "there is no program 'no_such' in PATH" -n 2 no_such
if [ "$(id -u)" = 0 ]; then
    skip "a folder in PATH that may not be entered" "root may enter it"
else
    mkdir -m 0 "$scratch/secret"
    locked() {
        PATH=$PATH:$scratch/secret unrunnable 127 "there is no program 'no_such' in PATH" -n 2 no_such
    }
    check "a folder in PATH that may not be entered" locked
fi
dot() {
    unrunnable 127 "there is no program 'say_here' in PATH; for the one in this directory, write ./say_here" \
        -n 1 -wdir "$scratch/other place" say_here
}
check "a program in this directory, not in PATH" dot
check "a folder" unrunnable 126 "'$files' is a directory, not a program" -n 2 "$files"
check "a file that may not be executed" unrunnable 126 \
    "'$files/plain' may not be executed (chmod +x makes a file executable)" -n 2 "$files/plain"
check "a script without #!" unrunnable 126 \
    "'$files/headless' is neither a program for this machine nor a script that begins with #!" -n 2 "$files/headless"
check "an empty file" unrunnable 126 "'$files/empty' is neither a program *" -n 2 "$files/empty"
check "garbage" unrunnable 126 "'$files/garbage' is neither a program *" -n 2 "$files/garbage"
check "a script whose interpreter is not there" unrunnable 127 \
    "'$files/lost' exists, but the interpreter or loader that it names does not" -n 2 "$files/lost"
check "a folder that is not there" unrunnable 1 "cannot enter the working directory '/no/such': No such file or directory" \
    -n 2 -wdir /no/such actor
check "the second program is not there" unrunnable 127 "there is no program './no_such'" \
    -n 2 actor note "$notes" session deaf sleep 60000 : -n 1 ./no_such
too_long() {
    long=$(head -c 70000 /dev/zero | tr '\0' x)
    unrunnable 126 "'actor' cannot be started: its arguments and environment take * KiB, more than the system allows *" \
        -n 2 -env "$long" "$long" actor init
}
check "too many arguments" too_long

# ---- jobs in jobs, and ways into the job ----

nested() {
    job -n 2 mpirun -n 2 actor init place finalize
    gave 0 && said '' && wrote "$(printf '0 of 2\n0 of 2\n1 of 2\n1 of 2')" && nothing_left
}
check "an mpirun in each rank" nested
nested_end() {
    job -n 2 mpirun -n 2 actor note "$notes" session daemon deaf meet 12 @1 exit 3 @ sleep 60000
    gave 3 && nothing_left
}
check "an mpirun in each rank, and a rank of them fails" nested_end
nested_kill() {
    start 12 -n 2 mpirun -n 2 actor note "$notes" session daemon deaf sleep 60000 || return 1
    kill -KILL "$job"
    ended
    gave 137 && nothing_left
}
check "an mpirun in each rank, and SIGKILL of the outer one" nested_kill
two_programs() {
    job -n 2 sh -c 'actor init finalize && actor init finalize'
    cat "$err"
    [ "$status" -ne 0 ] && [ "$(wc -l <"$err")" -le 3 ] &&
        grep -q 'process [0-9]* of the same rank [01] has started MPI already, and mpirun gives each rank to one' "$err"
}
check "a rank that runs two MPI programs one after the other is told why not" two_programs
check "descriptors closed on the way" in_ranks "$(printf '0 of 2\n1 of 2')" -n 2 stage bare actor init place finalize
check "through a shell" in_ranks "$(printf '0 of 2\n1 of 2')" -n 2 sh -c 'actor init place finalize; :'
alone() {
    [ "$(actor init place finalize)" = '0 of 1' ]
}
check "without mpirun: a world of one" alone

# ---- help ----

fits() {
    for option in --help -h -help; do
        job $option
        gave 0 && said '' && [ "$(wc -l <"$out")" -le 24 ] && [ "$(wc -L <"$out")" -le 110 ] || return 1
    done
    grep -q '^Usage: mpirun' "$out"
}
check "--help fits on a screen" fits
version() {
    for option in --version -V -version; do
        job $option
        gave 0 && said '' && grep -q '^mpirun (Godwit) [0-9]' "$out" || return 1
    done
}
check "--version" version
full_help() {
    status=0
    mpirun --help >/dev/full 2>"$err" || status=$?
    gave 1 && said 'mpirun: cannot write to standard output: No space left on device'
}
check "--help into a full file" full_help

# ---- low limits ----

# limited LIMIT ARGUMENTS...: as job, under `ulimit LIMIT`.
limited() {
    limit=$1
    shift
    : >"$notes"
    status=0
    # shellcheck disable=SC2086  # option and value
    (ulimit $limit && exec mpirun "$@") >"$out" 2>"$err" </dev/null || status=$?
}
few_files() {
    limited '-n 64' -n 40 actor init finalize
    gave 1 && said 'mpirun: 40 ranks need * open files in mpirun, and 64 are allowed (ulimit -Hn)' && nothing_left
}
check "ulimit -n 64" few_files
soft_files() {
    limited '-S -n 64' -n 40 sh -c 'ulimit -n; exec actor init finalize'
    gave 0 && said '' && [ "$(sort -u "$out")" = 64 ]
}
check "a soft limit of open files is raised for mpirun, and not for ranks" soft_files
few_bytes() {
    : >"$notes"
    {
        (ulimit -f 0 && exec mpirun -n 2 actor init finalize) 2>&1
        echo $? >&3
    } 3>"$scratch/status" | cat >"$err"
    status=$(cat "$scratch/status")
    gave 1 && said "mpirun: the ranks share * KiB of addresses * limit of file sizes is 0 KiB: 'ulimit -f unlimited' lifts that" && nothing_left
}
check "ulimit -f 0" few_bytes
small_file() {
    : >"$notes"
    {
        (ulimit -f 1000 && exec mpirun -n 2 actor note "$notes" meet 2 deaf flood 1000000 sleep 60000) 2>&1 >"$out"
        echo $? >&3
    } 3>"$scratch/status" | cat >"$err"
    status=$(cat "$scratch/status")
    gave 1 && said 'mpirun: cannot write to standard output: File too large; ending the job' && nothing_left
}
check "ulimit -f, reached by the output" small_file
if [ "${SANITIZED:-no}" = yes ]; then
    skip "ulimit -v" "sanitizers reserve more than that"
else
    little_memory() {
        for kib in 2500 3500 5000 8000 12000 20000; do
            limited "-v $kib" -n 2 actor note "$notes" init finalize
            echo "$kib KiB: exit code $status: $(cat "$err")"
            [ "$status" = 0 ] || [ -s "$err" ] || return 1
            nothing_left || return 1
        done
    }
    check "ulimit -v: works, or says why not" little_memory
fi
if [ "$(id -u)" = 0 ]; then
    skip "ulimit -u" "root has no such limit"
else
    few_processes() {
        option=-u
        (ulimit -u 4000) 2>/dev/null || option=-p # dash
        used=$(ps -e -L -o uid= 2>/dev/null | grep -c "^ *$(id -u)\$")
        limited "$option $((used + 20))" -n 200 actor note "$notes" deaf sleep 60000
        gave 1 && said 'mpirun: cannot start rank *: no more processes are allowed (ulimit -u, *' && nothing_left
    }
    check "ulimit -u" few_processes
fi

plan
