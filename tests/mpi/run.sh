#!/bin/sh
# Runs the programs of tests/mpi/list under mpirun; one result each.
set -u
list=$top_srcdir/tests/mpi/list
mpirun=$top_builddir/mpirun/mpirun
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT

echo "1..$(grep -cv -e '^#' -e '^$' "$list")"
number=0
while read -r program ranks rest; do
    case $program in '#'* | '') continue ;; esac
    number=$((number + 1))
    settings=
    while case $program in *=*) : ;; *) false ;; esac; do
        settings="$settings$program "
        program=$ranks ranks=${rest%% *} rest=${rest#"$ranks"} rest=${rest# }
    done
    arguments=${rest%%->*}
    expected=0 text=
    case $rest in *'->'*) expected=${rest#*-> } text=${expected#* } expected=${expected%% *} ;; esac
    launch="$mpirun --timeout 60 -n $ranks"
    [ "$ranks" -gt 0 ] || launch="timeout 60"
    launch="${settings:+env $settings}$launch"
    # shellcheck disable=SC2086 # lists of words
    $launch "$top_builddir/tests/mpi/$program" $arguments >"$output" 2>&1 </dev/null
    code=$?
    if [ $code -eq "$expected" ] && { [ -z "$text" ] || grep -qF -- "$text" "$output"; }; then
        echo "ok $number - $settings$program $ranks $rest"
    else
        echo "not ok $number - $settings$program $ranks $rest (exit code $code)"
        sed 's/^/# /' "$output"
    fi
done <"$list"
