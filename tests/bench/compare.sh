#!/bin/sh
# godwit-compare with launchers that print prepared figures: what the table, the files and the order of the runs have to
# be is known beforehand. Also: launchers that fail or hang, and what keeps a comparison from starting.
# shellcheck disable=SC2016,SC2034  # the fake launchers expand the variables

# shellcheck source=tests/tap.sh
. "${0%/*}/../tap.sh"

compare=$top_builddir/benchmarks/godwit-compare
bench=$top_builddir/benchmarks/godwit-bench
here=$scratch/here out=$scratch/out err=$scratch/err files=$scratch/files turns=$scratch/turns pids=$scratch/pids
mkdir "$here" "$files" "$scratch/bin" || exit 1
cd "$here" || exit 1
: >"$pids"
export files turns pids

end_all() { # what a test has left, by the pids that they noted
    while read -r pid; do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in
        sleep | sh | dash | bash | fake | hang) kill -KILL "$pid" 2>/dev/null ;;
        esac
    done <"$pids"
}
trap 'end_all; rm -rf "$scratch"' EXIT

# ---- fake launchers ----

# fake NAME ...: takes a note of its turn and prints the figures prepared for its k-th turn, or else for all turns.
cat >"$scratch/bin/fake" <<'END'
#!/bin/sh
echo "$1" >>"$turns"
k=$(grep -c "^$1\$" "$turns")
[ -e "$files/$1.$k" ] || k=all
cat "$files/$1.$k"
END
# words FILE ...: its further words, one a line, into a file; prints the figures of "plain".
cat >"$scratch/bin/words" <<'END'
#!/bin/sh
file=$1
shift
printf '%s\n' "$@" >"$file"
exec cat "$files/plain.all"
END
# hang ...: never ends, and has a child in a session of its own that never ends either; both are deaf to SIGHUP.
cat >"$scratch/bin/hang" <<'END'
#!/bin/sh
trap '' HUP
setsid sleep 300 &
echo $! >>"$pids"
echo $$ >>"$pids"
sleep 300
END
# deaf ...: the same, and deaf to SIGTERM.
cat >"$scratch/bin/deaf" <<'END'
#!/bin/sh
trap '' TERM INT
sleep 300 &
echo $! >>"$pids"
echo $$ >>"$pids"
wait
sleep 300
END
# broken ...: says much and ends with code 3.
cat >"$scratch/bin/broken" <<'END'
#!/bin/sh
echo broken >>"$turns"
i=0
while [ $i -lt 30 ]; do
    i=$((i + 1))
    echo "complaint $i" >&2
done
exit 3
END
chmod +x "$scratch"/bin/*
PATH=$scratch/bin:$PATH
export PATH

# points [PINNING [LIBRARY]]: lines "test,variant,bytes,ranks,median,moved,messages,overlap,floor" from stdin become
# what godwit-bench prints, of a job of $ranks ranks, 2 where that is not set.
points() {
    cat >"$scratch/lines"
    printf '# godwit-bench: 0.1.0\n# mpi: %s\n# host: birch\n# cpu: Sample, 2 cpus\n' "${2:-Sample MPI 1.0}"
    printf '# pinning: %s\n# buffers: same buffer\n# pinned: yes\n' "${1:-rank 0 on cpu 0, rank 1 on cpu 1}"
    printf '# ranks: %d\n# points: %d\n' "${ranks:-2}" "$(grep -c . "$scratch/lines")"
    echo 'test,variant,bytes,ranks,samples,min_us,median_us,p99_us,max_us,moved_bytes,messages,overlap,floor_us'
    sed 's/^\([^,]*,[^,]*,[^,]*,[^,]*\),\([^,]*\),/\1,100,\2,\2,\2,\2,/' "$scratch/lines"
}
# pingpong SMALL LARGE FLOOR: microseconds for 8 B and for 1 KiB.
pingpong() {
    points <<END
pingpong,,8,2,$1,8,1,,$3
pingpong,,1024,2,$2,1024,1,,1
END
}
pingpong 1 4 0.5 >"$files/a.1"
pingpong 3 4 0.25 >"$files/a.2"
pingpong 2 4 1 >"$files/a.3"
pingpong 5 2 0.5 >"$files/b.1"
pingpong 6 2 0.5 >"$files/b.2"
pingpong 7 2 0.5 >"$files/b.3"
pingpong 20 40 0.5 >"$files/c.all"
pingpong 1 1 0.5 >"$files/plain.all"
a='a=fake a {n} {prog}' b='b=fake b {n} {prog}' c='c=fake c {n} {prog}'

# run ARGUMENTS...: sets $status; $out and $err hold what it wrote. $run_path is its PATH.
run_path=$PATH
run() {
    : >"$turns"
    status=0
    env PATH="$run_path" "$compare" "$@" >"$out" 2>"$err" </dev/null || status=$?
}
gave() { # gave CODE
    [ "$status" = "$1" ] || {
        echo "exit code $status instead of $1"
        cat "$out" "$err"
        return 1
    }
}
# has FILE LINE: a line of it, blanks squeezed, is this pattern of `case`.
has() {
    sed 's/  */ /g; s/^ //; s/ $//' "$1" >"$scratch/squeezed"
    while IFS= read -r has_line; do
        # shellcheck disable=SC2254
        case $has_line in
        $2) return 0 ;;
        esac
    done <"$scratch/squeezed"
    echo "no line like: $2"
    cat "$1"
    return 1
}
silent() {
    [ ! -s "$err" ] || {
        cat "$err"
        return 1
    }
}
nothing_left() {
    ls -A "$here" >"$scratch/left"
    [ ! -s "$scratch/left" ] || {
        echo "files are left: $(cat "$scratch/left")"
        rm -rf "${here:?}"/*
        return 1
    }
    while read -r pid; do
        if read -r stat_line 2>/dev/null <"/proc/$pid/stat"; then
            case ${stat_line##*)} in
            ' Z'*) ;;
            *)
                echo "still there: $stat_line"
                return 1
                ;;
            esac
        fi
    done <"$pids"
}

# ---- figures ----

medians() {
    run --launcher "$a" --launcher "$b" --rounds 3 pingpong --sizes 8,1K
    gave 0 && silent &&
        has "$out" 'godwit-compare *: pingpong --sizes 8,1K with 2 ranks, 3 rounds in turns' &&
        has "$out" 'a Sample MPI 1.0' && has "$out" 'host birch' && has "$out" 'cpu Sample, 2 cpus' &&
        has "$out" 'pinning rank 0 on cpu 0, rank 1 on cpu 1' && has "$out" 'size a b ratio floor x floor' &&
        has "$out" '8 B 2.00 us +-50 % 6.00 us +-17 % 3.00x 0.500 us 4.00x' &&
        has "$out" '1 KiB 4.00 us +-0 % 2.00 us +-0 % 0.50x 1.00 us 4.00x' &&
        has "$out" 'a against b: 1.22 times faster (* of 2 *; slowest point 0.50x at ping-pong, 1 KiB, slower at 1' &&
        has "$out" 'Ratio: how many times faster a is than b; below 1 it is slower.' &&
        has "$out" 'Median of *, +- half of the way from the lowest to the highest of them.'
}
check "medians, spread, ratio, floor and geometric mean" medians
outlier() {
    for k in 1 2 3 4; do
        pingpong 2 4 0.5 >"$files/o.$k"
    done
    pingpong 2000 4 0.5 >"$files/o.5"
    run --launcher 'o=fake o {n} {prog}' --rounds 5 --csv x.csv
    gave 0 && has "$out" '8 B 2.00 us +-0 % 0.500 us 4.00x' &&
        has "$out" 'Median of *, +- half of the way from their first to their third quartile.' &&
        has x.csv 'o,pingpong,,8,2,5,2,2,2000,1,*' && rm x.csv
}
check "one round that is far off does not make the spread" outlier
turns_of_three() {
    pingpong 1 1 1 >"$files/a.all"
    pingpong 1 1 1 >"$files/b.all"
    run --launcher "$a" --launcher "$b" --launcher "$c" --rounds 6
    rm "$files/a.all" "$files/b.all"
    tr -d '\n' <"$turns"
    gave 0 && [ "$(tr -d '\n' <"$turns")" = abcbaccabacbbcacba ]
}
check "each of three launchers leads, and follows each other one" turns_of_three
even() {
    run --launcher 'x=fake c {n} {prog}' --launcher 'x=fake c {n} {prog}' --rounds 2
    gave 0 && has "$out" 'size x x 2 ratio floor x floor' &&
        has "$out" 'x against x 2: no difference beyond the spread at any of 2 points (1.00 times, geometric mean)'
}
check "one launcher under two names is as fast as itself" even
one_round() {
    run --launcher 'x=fake c {n} {prog}' --rounds 1
    gave 0 && has "$out" '8 B 20.0 us 0.500 us 40.0x'
}
check "one round of one launcher has no spread and no ratio" one_round
others() {
    points >"$files/mine.all" <<END
stream,,1024,2,10,65536,64,,5
rate,,8,2,10,800,100,,1
overlap,isend,1048576,2,100,1048576,1,0.9,50
modes,isend,8,2,1,8,1,,0.5
coll,barrier,0,2,4,0,0,,0
END
    points >"$files/his.all" <<END
stream,,1024,2,20,65536,64,,5
rate,,8,2,5,800,100,,1
overlap,isend,1048576,2,100,1048576,1,0.2,50
modes,isend,8,2,2,8,1,,0.5
coll,barrier,0,2,1,0,0,,0
END
    run --launcher 'm=fake mine {n} {prog}' --launcher 'h=fake his {n} {prog}' --rounds 1 sweep
    gave 0 && silent && has "$out" '1 KiB 6.55 GB/s 3.28 GB/s 2.00x 13.1 GB/s 2.00x' &&
        has "$out" '8 B 10.0 M/s 20.0 M/s 0.50x 100 M/s 10.0x' && has "$out" '1 MiB 90 % 20 % +70' &&
        has "$out" 'isend 1.00 us 2.00 us 2.00x 0.500 us 2.00x' && has "$out" 'barrier 2 4.00 us 1.00 us 0.25x' &&
        has "$out" 'm against h: 1.19 times slower (* of 4 *; slowest point 0.25x at barrier, 2 ranks, slower at 2'
}
check "bandwidth, rate, overlap, modes and collective operations" others
missing() {
    points >"$files/less.all" <<END
pingpong,,8,2,40,8,1,,0.5
END
    run --launcher "$c" --launcher 'l=fake less {n} {prog}' --rounds 1
    gave 0 && has "$out" '1 KiB 40.0 us - - 1.00 us 40.0x' &&
        has "$out" 'c against l: 2.00 times faster (geometric mean of 1 point)'
}
check "a point that one launcher lacks" missing

told_pinning() {
    points 'not pinned: 2 ranks on 2 cpus' >"$files/loose.all" <<END
pingpong,,8,2,40,8,1,,0.5
END
    run --launcher "$c" --launcher 'l=fake loose {n} {prog}' --rounds 1
    gave 0 && has "$out" 'NOT PINNED THE SAME WAY, *' && has "$out" 'c: rank 0 on cpu 0, rank 1 on cpu 1' &&
        has "$out" 'l: not pinned: 2 ranks on 2 cpus'
}
check "different pinning is told" told_pinning
told_library() {
    run --launcher 'openmpi=fake c {n} {prog}' --rounds 1
    gave 0 && has "$out" "NOT WHAT ITS NAME SAYS: the ranks of openmpi had the library of Sample MPI 1.0; *"
}
check "ranks with the library of another MPI are told" told_library

# ---- files ----

csv() {
    run --launcher "$a" --launcher "$b" --rounds 3 --csv x.csv
    gave 0 && has x.csv '# mpi of a: Sample MPI 1.0' &&
        has x.csv 'launcher,test,variant,bytes,ranks,rounds,median_us,lowest_us,highest_us,ratio,bytes_per_second,*' &&
        has x.csv 'b,pingpong,,8,2,3,6,5,7,3,1333333.33,166666.667,,0.5' && has x.csv 'a,pingpong,,8,2,3,2,1,3,1,*' &&
        [ "$(grep -c '^[ab],' x.csv)" = 4 ] && rm x.csv && nothing_left
}
check "--csv" csv
json() {
    run --launcher "$a" --launcher "b=fake b \"qu'ote\" {n} {prog}" --rounds 3 --json=x.json
    gave 0 && has x.json '*{"launcher": "b", "test": "pingpong", *"bytes": 8, *"median_us": 6,*"ratio": 3,*' || return 1
    if command -v python3 >/dev/null; then
        python3 -c 'import json, sys
d = json.load(open("x.json"))
assert len(d["points"]) == 4, d
assert d["launchers"][1]["command"] == ["fake", "b", "qu'"'"'ote", "{n}", "{prog}"], d' || return 1
    fi
    rm x.json && nothing_left
}
check "--json" json
picture() {
    run --launcher "$a" --launcher "$b" --rounds 3 --plot x.svg
    gave 0 && has x.svg '<svg*' && has x.svg '*</svg>*' && has x.svg '*>Latency<*' && has x.svg '*>Bandwidth<*' &&
        has x.svg '*>a<*' && has x.svg '*>b<*' && has x.svg '*>floor, without MPI<*' &&
        has x.svg '*a: Sample MPI 1.0; b: Sample MPI 1.0*' && rm x.svg && nothing_left
}
check "--plot" picture
to_stdout() {
    run --launcher "$c" --rounds 1 --csv -
    gave 0 && [ "$(grep -c '^c,pingpong,' "$out")" = 2 ] && ! grep -q 'ratio:' "$out" &&
        head -n 1 "$out" | grep -q '^# godwit-compare: '
}
check "--csv - is all that standard output holds" to_stdout
full() {
    : >"$turns"
    status=0
    "$compare" --launcher "$c" --rounds 1 >/dev/full 2>"$err" || status=$?
    gave 1 && has "$err" 'godwit-compare: cannot write to standard output: No space left on device'
}
check "standard output that is full" full

# ---- templates ----

quotes() {
    run --launcher "w=words $scratch/w 'a b' c\\ d \"e'\\\"f\" n{n} 'x {prog}' {prog}" -n 2 --rounds 1 \
        pingpong --sizes 8
    printf '%s\n' 'a b' 'c d' "e'\"f" n2 \
        "x $bench pingpong --sizes 8 --csv - --pin core --floor auto" \
        "$bench" pingpong --sizes 8 --csv - --pin core --floor auto >"$scratch/expected"
    gave 0 && diff "$scratch/expected" "$scratch/w"
}
check "quotes, backslashes and places in a template" quotes
given() {
    run --launcher "words $scratch/w {n} {prog}" --rounds 1 --pin=0,1 --floor off --check
    printf '%s\n' 2 "$bench" pingpong --pin=0,1 --floor off --check --csv - >"$scratch/expected"
    gave 0 && diff "$scratch/expected" "$scratch/w" && has "$out" 'words Sample MPI 1.0'
}
check "--pin and --floor that are given stay, and pingpong is the default" given
# Values that look like words of their own: they are values.
values() {
    run --launcher "words $scratch/w {n} {prog}" --csv sweep --json -h --rounds 1 modes --ops -v
    printf '%s\n' 2 "$bench" modes --ops -v --csv - --pin core --floor auto >"$scratch/expected"
    gave 0 && diff "$scratch/expected" "$scratch/w" && silent && [ -s sweep ] && [ -s ./-h ] &&
        rm sweep ./-h || return 1
    run --launcher "words $scratch/w {n} {prog}" --csv stream --rounds 1
    printf '%s\n' 2 "$bench" pingpong --csv - --pin core --floor auto >"$scratch/expected"
    gave 0 && diff "$scratch/expected" "$scratch/w" && rm stream && nothing_left
}
check "values of options are no subcommands and no options" values
shown() {
    run --launcher "$c" --rounds 2 -v
    gave 0 && [ "$(grep -c "^godwit-compare: fake c 2 $bench pingpong --csv - --pin core --floor auto\$" "$err")" = 2 ]
}
check "-v shows the commands" shown
named() {
    mkdir -p "$scratch/opt/openmpi" && ln -sf "$scratch/bin/fake" "$scratch/opt/openmpi/run" || return 1
    run --launcher "$scratch/opt/openmpi/run c {n} {prog}" \
        --launcher "$scratch/opt/openmpi/run c n{n} {prog}" --launcher 'fake c {n} {prog}' --rounds 1
    gave 0 && has "$out" 'size openmpi openmpi 2 ratio fake ratio floor x floor'
}
check "names that follow from templates" named

# What the ranks of a job of one print for --memory.
alone='case "$*" in *--memory) printf "ranks 1\nmpi Sample MPI 1.0\nmemory 100 110\n" ;; esac'
# found MPI...: a folder for PATH with launchers that say what they are, take notes, and do nothing.
found() {
    for f_mpi; do
        case $f_mpi in
        openmpi) f_name=mpirun f_says='mpirun (Open MPI) 6.0.0' ;;
        mpich) f_name=mpiexec.mpich f_says='HYDRA build details:' ;;
        esac
        mkdir -p "$scratch/found/$f_mpi/bin" "$scratch/found/$f_mpi/lib"
        printf '#!/bin/sh\n[ "$1" != --version ] || { echo "%s"; exit; }\necho "%s $*" >>"$turns"\n%s\n' \
            "$f_says" "$f_mpi" "$alone" >"$scratch/found/$f_mpi/bin/$f_name"
        chmod +x "$scratch/found/$f_mpi/bin/$f_name"
    done
}
on_path() {
    found openmpi mpich
    : >"$scratch/found/openmpi/lib/libmpi_abi.so.1"
    run_path=$scratch/found/openmpi/bin:$scratch/found/mpich/bin:$PATH
    run --startup 1 --rounds 1
    gave 0 &&
        has "$err" 'godwit-compare: note: mpich is left out: MPICH at *mpich has no libmpi_abi.so.1 beside it,*' &&
        has "$out" '1 godwit *' && has "$out" '1 openmpi *' && ! grep -q '1  mpich' "$out" &&
        has "$turns" "openmpi -n 1 --oversubscribe --bind-to none * -x LD_PRELOAD=$scratch/*/lib/*.so.1 $bench start" ||
        return 1
    : >"$scratch/found/mpich/lib/libmpi_abi.so.1"
    run --launcher mpich --startup 1 --rounds 1
    gave 0 && has "$out" '1 mpich *' && silent &&
        has "$turns" "mpich -n 1 -genv LD_PRELOAD $scratch/found/mpich/lib/libmpi_abi.so.1 $bench start"
}
check "launchers on PATH, each with its own library" on_path
run_path=$PATH

# says TEXT...: an mpirun that says this of itself.
says() {
    mkdir -p "$scratch/found/says/bin" "$scratch/found/says/lib"
    : >"$scratch/found/says/lib/libmpi_abi.so.1"
    printf '%s\n' "$@" >"$scratch/found/says/text"
    printf '#!/bin/sh\n[ "$1" != --version ] || exec cat "%s"\necho "says $*" >>"$turns"\n%s\n' \
        "$scratch/found/says/text" "$alone" >"$scratch/found/says/bin/mpirun"
    chmod +x "$scratch/found/says/bin/mpirun"
    run_path=$scratch/found/says/bin:$scratch/bin:/usr/bin:/bin
}
# is_known NAME TEXT...: and by no other name of the three.
is_known() {
    known=$1
    shift
    says "$@"
    for name in openmpi mpich; do
        run --launcher $name --startup 1 --rounds 1
        if [ $name = "$known" ]; then
            gave 0 && has "$turns" 'says -n 1 *' || return 1
        else
            gave 2 && has "$err" 'godwit-compare: no launcher of * is on PATH; *' || return 1
        fi
    done
}
strictly() {
    is_known openmpi 'mpirun (Open MPI) 6.0.0rc2' '' 'Report bugs to https://www.open-mpi.org/' &&
        is_known openmpi 'mpiexec (OpenRTE) 4.1.4' && is_known mpich 'HYDRA build details:' '    Version: 5.0.2' &&
        is_known mpich 'MPICH Version: 5.0.2' &&
        is_known none 'mpirun (Godwit) 0.1.0' "understands the options of Open MPI's mpirun and of MPICH's mpiexec" &&
        is_known none "a mpirun like that of (Open MPI) and HYDRA" && is_known none 'frob 1.0' 'mpirun (Open MPI) 6' &&
        is_known none ''
}
check "a launcher is known by the first line of its version, and strictly" strictly
own_path() {
    run_path=$top_builddir/wrappers:$top_builddir/mpirun:$top_builddir/benchmarks:$scratch/bin:/usr/bin:/bin
    run --startup 1 --rounds 1
    gave 0 && [ "$(grep -c '^ *1  ' "$out")" = 1 ] && has "$out" '1 godwit *' && has "$out" 'godwit Godwit [0-9]*'
}
check "Godwit's own mpirun on PATH is Godwit's and nobody else's" own_path
run_path=$PATH

# ---- errors: one sentence, exit code 2, nothing started ----

wrong() { # wrong PATTERN ARGUMENTS...
    wrong_pattern=$1
    shift
    run "$@"
    gave 2 && [ "$(wc -l <"$err")" = 1 ] && has "$err" "godwit-compare: $wrong_pattern" && [ ! -s "$out" ] &&
        [ ! -s "$turns" ] && nothing_left
}
refused() { # refused TEXT PATTERN ARGUMENTS...
    refused_text=$1
    shift
    check "$refused_text" wrong "$@"
}
refused "-n 0" "-n '0': 1 to 100000 are possible" --launcher "$a" -n 0
refused "-n two" "-n takes a number, not 'two'" --launcher "$a" -n two
refused "-n without a value" "-n needs a value after it" --launcher "$a" -n
refused "--rounds 0" "--rounds '0': 1 to * are possible" --launcher "$a" --rounds 0
refused "--rounds 99999999999999999999" "--rounds '9999*': 1 to * are possible" --launcher "$a" \
    --rounds 99999999999999999999
refused "--limit nan" "--limit takes seconds *, not 'nan'" --launcher "$a" --limit nan
refused "--limit 0" "--limit takes seconds *, not '0'" --launcher "$a" --limit 0
refused "--startup ''" "--startup takes a list of numbers like 2,32, not ''" --launcher "$a" --startup ''
refused "--startup 2," "--startup takes a list of numbers *" --launcher "$a" --startup 2,
refused "--startup 2,x" "--startup takes a list of numbers *" --launcher "$a" --startup 2,x
refused "--startup 2,-1" "--startup takes a list of numbers *" --launcher "$a" --startup 2,-1
refused "--startup 0" "--startup '0': 1 to * are possible" --launcher "$a" --startup 0
refused "--startup and a subcommand" "--startup measures start and end only, so 'stream' has no place beside it" \
    --launcher "$a" --startup 2 stream
refused "a template without {n}" "the launcher 'fake a {prog}' has no {n}, *" --launcher 'x=fake a {prog}' --startup 2
refused "a launcher that nobody knows" "the launcher 'lam' is not known (godwit, openmpi, mpich, or *" --launcher lam
refused "a template without {prog}" "the launcher 'fake a' has no {prog}, *" --launcher 'fake a'
refused "a named template without {prog}" "the launcher 'fake a' has no {prog}, *" --launcher 'x=fake a'
refused "an empty template" "the launcher '' has no {prog}, *" --launcher ''
refused "a quote that is not closed" "a quote is not closed in the launcher 'fake 'a {prog}'" \
    --launcher "fake 'a {prog}"
refused "a launcher's program that is not there" \
    "there is no program 'nosuch' to run the launcher 'nosuch {n} {prog}'" \
    --launcher 'nosuch {n} {prog}'
refused "nine launchers" "more than 8 launchers do not fit into one table" \
    --launcher "$a" --launcher "$a" --launcher "$a" --launcher "$a" --launcher "$a" \
    --launcher "$a" --launcher "$a" --launcher "$a" --launcher "$a"
refused "an unknown subcommand" "unknown subcommand 'pong' *" --launcher "$a" pong
refused "an unknown option" "unknown option '--frob' (godwit-compare --help *, godwit-bench --help *)" \
    --launcher "$a" stream --frob
refused "size 0:-1" "--sizes *" --launcher "$a" pingpong --sizes 0:-1
refused "floor" "floor measures the machine without MPI, so there is nothing to compare" --launcher "$a" floor
refused "start" "start is measured with --startup *" --launcher "$a" start
for option in --csv --json --plot; do
    refused "$option into a folder that is not there" "cannot write 'no/such.svg': No such file or directory" \
        --launcher "$a" $option no/such.svg
done
refused "a picture that is no SVG" "--plot draws SVG, so give it a name that ends in .svg, not 'x.png'" \
    --launcher "$a" --plot x.png
refused "two files of one name" "--csv and --plot both write 'x'" --launcher "$a" --csv x --plot x
refused "--startup and an unwritable file" "cannot write 'no/such.svg': No such file or directory" \
    --launcher 'fake a {n} {prog}' --startup 2 --plot no/such.svg
no_launcher() {
    found openmpi
    rm -f "$scratch/found/openmpi/lib/libmpi_abi.so.1"
    run_path=$scratch/found/openmpi/bin:$scratch/bin
    wrong 'Open MPI at *mpirun has no libmpi_abi.so.1 beside it, *' --launcher openmpi || return 1
    run_path=$scratch/bin
    wrong 'no launcher of MPICH is on PATH; *' --launcher mpich
}
check "known launchers that are not there" no_launcher
run_path=$PATH

by_bench() {
    run --launcher 'env N={n} {prog}' --launcher 'env N={n} {prog}' pingpong --sizes 8
    gave 2 && [ "$(wc -l <"$err")" = 1 ] && has "$err" 'godwit-compare: pingpong needs *' && [ ! -s "$out" ]
}
check "what godwit-bench itself refuses is told once" by_bench
lost() {
    run --launcher "$c" --launcher 'lost=env N={n} {prog}' --rounds 2
    gave 1 && has "$err" 'godwit-compare: lost failed: exit code 2; it said last:' && has "$out" '8 B 20.0 us *'
}
check "a launcher whose ranks do not know of each other" lost
other_ranks() {
    ranks=4
    pingpong 1 1 1 >"$files/four.all"
    ranks=2
    run --launcher "$c" --launcher 'four=fake four {n} {prog}' --rounds 2
    gave 1 && has "$err" 'godwit-compare: four failed: its job had 4 ranks, not the 2 that were asked for; *' &&
        has "$out" '8 B 20.0 us +-0 % failed *'
}
check "a launcher that starts another number of ranks" other_ranks
few_descriptors() {
    : >"$turns"
    for few in 4 5; do
        status=0
        sh -c 'ulimit -n $1 && shift && exec "$@"' sh $few "$compare" --launcher "$c" --rounds 1 >"$out" 2>"$err" \
            </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || status=$?
        gave 1 && has "$err" "godwit-compare: c failed: 'fake' cannot be started: Too many open files; *" || return 1
    done
}
if [ "${SANITIZED:-no}" = yes ]; then
    skip "too few file descriptors are no crash" "sanitizers need some of their own"
else
    check "too few file descriptors are no crash" few_descriptors
fi

# ---- launchers that fail ----

fails() {
    run --launcher "$c" --launcher 'bad=broken {n} {prog}' --rounds 3
    gave 1 && has "$out" 'bad failed: exit code 3' && has "$out" '8 B 20.0 us +-0 % failed - 0.500 us 40.0x' &&
        has "$err" 'godwit-compare: bad failed: exit code 3; it said last:' && has "$err" 'complaint 30' &&
        [ "$(grep -c 'complaint 30' "$err")" = 1 ] && ! grep -q 'complaint 9$' "$err" &&
        [ "$(grep -c broken "$turns")" = 1 ] && [ "$(grep -c c "$turns")" = 3 ]
}
check "a launcher that fails: the others go on" fails
fails_first() {
    run --launcher 'bad=broken {n} {prog}' --launcher "$c" --launcher 'd=fake c {n} {prog}' --rounds 1
    gave 1 && has "$out" '8 B failed - 20.0 us 20.0 us 1.00x 0.500 us 40.0x' && has "$out" 'c against d: as fast *'
}
check "the first launcher fails: the next one is what others are held against" fails_first
fails_all() {
    run --launcher 'bad=broken {n} {prog}' --launcher 'worse=broken {n} {prog}' --csv x.csv
    gave 1 && [ ! -s "$out" ] && nothing_left
}
check "all fail: no table and no file" fails_all
junk() {
    {
        printf 'Welcome, "a,b"\n# points: 7\n'
        cat "$files/c.all"
        printf 'pingpong,,8\nbye\n'
    } >"$files/junk.all"
    run --launcher 'j=fake junk {n} {prog}' --rounds 1
    gave 0 && silent && has "$out" '8 B 20.0 us 0.500 us 40.0x'
}
check "a launcher that prints other things around the figures" junk
cut() {
    sed '$d' "$files/c.all" >"$files/cut.all"
    : >"$files/empty.all"
    run --launcher 'x=fake cut {n} {prog}' --launcher 'y=fake empty {n} {prog}' --launcher "$c" --rounds 2
    gave 1 && has "$err" 'godwit-compare: x failed: the points end after line *' &&
        has "$err" 'godwit-compare: y failed: it printed nothing*' &&
        has "$out" '8 B failed - failed - 20.0 us +-0 % *'
}
check "figures that are cut off, or none" cut
killed() {
    run --launcher "k=sh -c ': {n}; kill -9 \$\$; {prog}'" --launcher "$c" --rounds 1
    gave 1 && has "$err" 'godwit-compare: k failed: killed by signal 9 (Killed)*'
}
check "a launcher that is killed" killed

hangs() {
    : >"$pids"
    run --launcher 'h=hang {n} {prog}' --launcher "$c" --rounds 2 --limit 0.3
    gave 1 && has "$err" 'godwit-compare: h failed: it took longer than 0.3 s (--limit) and was ended*' &&
        [ "$(wc -l <"$pids")" = 2 ] && has "$out" '8 B failed - 20.0 us *' && nothing_left
}
check "a launcher that hangs is ended, with a child in another session" hangs
leaves() {
    : >"$pids"
    run --launcher "l=sh -c 'setsid sleep 300 >/dev/null 2>&1 & echo \$! >>\"\$pids\"; fake c; : {n} {prog}'" --rounds 1
    gave 0 && [ -s "$pids" ] && nothing_left
}
check "what a launcher leaves behind is ended" leaves

# interrupted SIGNAL CODE: while the second launcher runs, with files to be written at the end.
interrupted() {
    : >"$pids"
    : >"$turns"
    # A shell's background is deaf to SIGINT, and all is deaf to SIGHUP under nohup, unless env gives it back.
    set -- "$1" "$2" env "--default-signal=$1"
    interrupt=$1 code=$2
    shift 2
    "$@" "$compare" --launcher "$c" --launcher 'h=hang {n} {prog}' --csv x.csv --plot x.svg --json x.json \
        >"$out" 2>"$err" &
    job=$!
    i=0
    while [ "$(wc -l <"$pids")" -lt 2 ] && [ $i -lt 500 ]; do
        i=$((i + 1))
        sleep 0.02
    done
    kill "-$interrupt" $job
    status=0
    wait $job 2>/dev/null || status=$?
    gave "$code" && [ "$(wc -l <"$pids")" = 2 ] && [ ! -s "$out" ] && nothing_left
}
# shellcheck disable=SC3045  # no core file of SIGQUIT, where the shell can say so
ulimit -c 0 2>/dev/null || :
if env --default-signal=INT true 2>/dev/null; then
    check "SIGTERM leaves no process and no file" interrupted TERM 143
    check "SIGHUP leaves no process and no file" interrupted HUP 129
    check "SIGINT leaves no process and no file" interrupted INT 130
    check "SIGQUIT leaves no process and no file" interrupted QUIT 131
else
    skip "SIGQUIT leaves no process and no file" "env has no --default-signal"
    skip "SIGINT leaves no process and no file" "env has no --default-signal"
    skip "SIGTERM leaves no process and no file" "env has no --default-signal"
    skip "SIGHUP leaves no process and no file" "env has no --default-signal"
fi
twice() {
    : >"$pids"
    "$compare" --launcher 'd=deaf {n} {prog}' >"$out" 2>"$err" &
    job=$!
    i=0
    while [ "$(wc -l <"$pids")" -lt 2 ] && [ $i -lt 500 ]; do
        i=$((i + 1))
        sleep 0.02
    done
    kill -TERM $job
    sleep 0.3
    kill -TERM $job
    status=0
    wait $job 2>/dev/null || status=$?
    gave 143 && nothing_left
}
check "a launcher that is deaf to SIGTERM is killed" twice
stranger() {
    : >"$pids"
    : >"$turns"
    sh -c 'sleep 300 & echo $! >>"$pids"; exec "$@"' sh \
        "$compare" --launcher 'h=hang {n} {prog}' --limit 0.2 >"$out" 2>"$err"
    pid=$(head -n 1 "$pids")
    kill -0 "$pid" || return 1
    kill "$pid"
    sed -i 1d "$pids"
    [ "$(wc -l <"$pids")" = 2 ] && nothing_left
}
check "a child that was there before is left alone" stranger

# ---- start and end ----

starts() {
    run --launcher godwit --startup 2,1 --rounds 2 --csv x.csv --json x.json --plot x.svg
    gave 0 && silent && has "$out" 'ranks launcher median fastest private memory of it by MPI' &&
        has "$out" '1 godwit *[0-9] ms *[0-9] ms *[0-9] KiB *[0-9] KiB' &&
        has "$out" '2 godwit *[0-9] ms *[0-9] ms *' && has "$out" 'godwit Godwit [0-9]*' &&
        has x.csv 'godwit,2,2,[0-9]*,[0-9]*,[0-9]*,1,[0-9]*,*' && has x.csv '# mpi of godwit: Godwit [0-9]*' &&
        has x.json '*{"name": "godwit", "mpi": "Godwit [0-9]*' && has x.svg '*godwit: Godwit [0-9]*' &&
        has x.json '*"launcher": "godwit", "ranks": 1, "runs": 2, *' &&
        has x.svg '*</svg>*' && rm x.csv x.json x.svg && nothing_left
}
check "--startup under Godwit's mpirun" starts
starts_compared() {
    cat >"$scratch/bin/started" <<'END'
#!/bin/sh
case "$*" in
*--memory)
    printf 'ranks %d\nmpi Sample MPI 1.0\n' "$1"
    i=0
    while [ $i -lt "$1" ]; do
        echo "memory 100 $((i + 110))"
        i=$((i + 1))
    done
    ;;
esac
END
    chmod +x "$scratch/bin/started"
    run --launcher 's=started {n} {prog}' --launcher 'b=broken {n} {prog}' --startup 1,3 --rounds 1
    gave 1 && has "$out" 'ranks launcher median fastest ratio private memory of it by MPI' &&
        has "$out" '3 s *111 KiB 11 KiB' && has "$out" 's Sample MPI 1.0' &&
        has "$out" '1 s *110 KiB 10 KiB' && has "$out" '1 b failed' && has "$out" '3 b failed' &&
        [ "$(grep -c 'b failed' "$err")" = 1 ] && has "$err" 'godwit-compare: b failed: with 1 rank: exit code 3; *'
}
check "--startup: memory is the median of the ranks, and one that fails" starts_compared
# Processes that are as many as asked for, but do not know of each other: each is a job of its own.
apart() {
    printf '#!/bin/sh\ni=0\nwhile [ $i -lt $1 ]; do\n    i=$((i + 1))\n    %s\ndone\n' "$alone" >"$scratch/bin/apart"
    chmod +x "$scratch/bin/apart"
    run --launcher 's=started {n} {prog}' --launcher 'x=apart {n} {prog}' --startup 2 --rounds 1
    gave 1 && has "$err" 'godwit-compare: x failed: it did not start one job of 2 ranks; *' &&
        has "$out" '2 s *1[0-9]* KiB 10 KiB' && has "$out" '2 x failed'
}
check "--startup: ranks that do not know of each other" apart
starts_others() {
    run --launcher 's=started 3 {n} {prog}' --launcher 'openmpi=started {n} {prog}' --startup 2 --rounds 1
    gave 1 && has "$err" 'godwit-compare: s failed: its job had 3 ranks, not the 2 that were asked for; *' &&
        has "$out" '2 s failed' && has "$out" 'NOT WHAT ITS NAME SAYS: the ranks of openmpi had *Sample MPI 1.0; *'
}
check "--startup: another number of ranks, and another library" starts_others

starts_nothing() {
    printf '#!/bin/sh\nprintf "ranks 1\\nmemory 1 2\\nranks 1\\nmemory 1 2\\n"\n' >"$scratch/bin/solo"
    chmod +x "$scratch/bin/solo"
    run --startup 2 --launcher 'lazy=true {n} {prog}' --launcher 'solo=solo {n} {prog}'
    gave 1 && has "$out" '2 lazy failed' && has "$out" '2 solo failed' &&
        has "$err" 'godwit-compare: lazy failed: it did not start one job of 2 ranks: its ranks printed nothing; *' &&
        has "$err" 'godwit-compare: solo failed: it did not start one job of 2 ranks; *'
}
check "--startup: a command that starts no job, or a job for each rank" starts_nothing

# ---- what must not be believed ----

rounds_unlike() {
    points <<END >"$files/other.2"
pingpong,,8,2,5,8,1,,0
END
    cp "$files/c.all" "$files/other.1"
    sed 's/^# mpi: .*/# mpi: Another MPI 2.0/' "$files/c.all" >"$files/swap.2"
    cp "$files/c.all" "$files/swap.1"
    run --launcher "$c" --launcher 'o=fake other {n} {prog}' --launcher 's=fake swap {n} {prog}' --rounds 2
    gave 1 && has "$err" 'godwit-compare: o failed: one of its runs has measured other points than its first; *' &&
        has "$err" 'godwit-compare: s failed: one of its runs had the library of Another MPI 2.0, its first *' &&
        has "$out" '8 B 20.0 us +-0 % failed - failed *'
}
check "rounds of one launcher that differ in kind" rounds_unlike
repeated() {
    { cat "$files/c.all"; tail -n 1 "$files/c.all"; } >"$files/more.all"
    points <<END >"$files/twice.all"
pingpong,,8,2,5,8,1,,0
pingpong,,8,2,6,8,1,,0
END
    printf %s "$(cat "$files/c.all")" >"$files/open.all"
    cat "$files/c.all" "$files/c.all" >"$files/jobs.all"
    run --rounds 1 --launcher "$c" --launcher 'm=fake more {n} {prog}' --launcher 't=fake twice {n} {prog}' \
        --launcher 'o=fake open {n} {prog}' --launcher 'j=fake jobs {n} {prog}'
    gave 1 && has "$err" 'godwit-compare: m failed: * a row more than the 2 that the head tells of; *' &&
        has "$err" "godwit-compare: t failed: * 'pingpong' '' of 8 bytes and 2 ranks is there twice; *" &&
        has "$err" 'godwit-compare: o failed: * the line has no end, so more may be missing; *' &&
        has "$err" 'godwit-compare: j failed: * the figures of another job begin there; *'
}
check "figures that are too many, twice, or without their end" repeated
one_word() {
    run --launcher "w=words $scratch/one {n} \"{prog}\"" --rounds 1 pingpong --sizes 8
    gave 0 && [ "$(wc -l <"$scratch/one")" = 2 ] && has "$scratch/one" "$bench pingpong --sizes 8 *"
}
check "a quoted {prog} is one word" one_word
bad_name() {
    wrong "a launcher's name cannot begin with '#' *: '#x'" --launcher '#x=fake c {n} {prog}' &&
        wrong "a launcher's name cannot *: 'x?y'" --launcher "$(printf 'x\033y=fake c {n} {prog}')"
}
check "a launcher's name that would be taken for something else" bad_name
same_file() {
    wrong "--csv and --json both write './same'" --launcher "$c" --csv ./same --json same || return 1
    : >"$scratch/real" && ln -sf "$scratch/real" link &&
        run --launcher "$c" --csv link --json "$scratch/real" && rm link && gave 2 &&
        has "$err" "godwit-compare: --csv and --json both write *"
}
check "one file by two names" same_file
within() {
    run --launcher "w=words $scratch/pins {n} {prog}" --rounds 1
    gave 0 && has "$scratch/pins" core || return 1
    set -- "$(taskset -pc $$ | sed 's/.*: //; s/[,-].*//')"
    status=0
    taskset -c "$1" "$compare" --launcher "w=words $scratch/pins {n} {prog}" --rounds 1 --pin core >"$out" 2>"$err" ||
        status=$?
    gave 0 && has "$scratch/pins" "core:$1"
}
if [ "$(nproc)" -ge 2 ] && command -v taskset >/dev/null 2>&1; then
    check "ranks stay within the cpus that the program may use" within
else
    skip "ranks stay within the cpus that the program may use" "there is one cpu only, or no taskset"
fi
closed() {
    for where in '>&-' '>/dev/full'; do
        status=0
        sh -c "exec \"\$0\" --launcher '$c' --rounds 1 $where" "$compare" 2>"$err" </dev/null || status=$?
        [ "$status" = 1 ] && grep -q 'cannot write to standard output' "$err" || return 1
    done
}
check "a table that cannot be written" closed
unread() {
    mkfifo fifo
    env --default-signal=INT "$compare" --launcher "$c" --rounds 1 --csv fifo >"$out" 2>"$err" &
    job=$!
    sleep 0.5
    i=0
    while kill -TERM $job 2>/dev/null && [ $i -lt 100 ]; do
        i=$((i + 1))
        sleep 0.1
    done
    status=0
    wait $job 2>/dev/null || status=$?
    rm fifo
    gave 143
}
if env --default-signal=INT true 2>/dev/null; then
    check "a pipe that nobody reads does not hold it" unread
else
    skip "a pipe that nobody reads does not hold it" "env has no --default-signal"
fi
strangers_child() {
    : >"$scratch/strange"
    strange=$scratch/strange sh -c 'sh -c "sleep 0.5; sleep 300 & echo \$! >>\"\$strange\"" & exec "$@"' sh \
        "$compare" --launcher 'h=hang {n} {prog}' --limit 1.5 >"$out" 2>"$err"
    while [ ! -s "$scratch/strange" ]; do
        sleep 0.1
    done
    kill -0 "$(cat "$scratch/strange")" && kill "$(cat "$scratch/strange")"
}
check "a child of such a child, too" strangers_child

# ---- help ----

fits() {
    for option in --help -h; do
        run $option
        gave 0 && silent && [ "$(wc -l <"$out")" -le 24 ] && [ "$(wc -L <"$out")" -le 120 ] &&
            grep -q '^Usage: godwit-compare' "$out" || return 1
    done
    run --version
    gave 0 && grep -q '^godwit-compare (Godwit) [0-9]' "$out"
}
check "--help fits on a screen, and --version" fits
plan
