# What the test scripts share: the top folders as absolute paths, a scratch folder that goes away, and the
# lines of the Test Anything Protocol. A script sources this file, calls check or skip, and ends with `plan`.

set -u
LC_ALL=C
export LC_ALL

: "${top_srcdir:=$(dirname "$0")/../..}"
: "${top_builddir:=.}"
top_srcdir=$(cd "$top_srcdir" && pwd) && top_builddir=$(cd "$top_builddir" && pwd) || exit 1
: "${CC:=cc}" "${CXX:=c++}" "${NM:=nm}" "${READELF:=readelf}" "${AWK:=awk}"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/godwit-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

tests=0

# check TEXT COMMAND...: one result; what the command prints is shown when it fails.
check() {
    tests=$((tests + 1))
    text=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then
        echo "ok $tests - $text"
    else
        echo "not ok $tests - $text"
        sed 's/^/# /' "$scratch/log"
    fi
}

# skip TEXT REASON
skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

# same_lines EXPECTED FOUND: two sorted lists are equal; otherwise says what is missing and what is too much.
same_lines() {
    comm -23 "$1" "$2" | sed 's/^/missing: /' >"$scratch/difference"
    comm -13 "$1" "$2" | sed 's/^/too much: /' >>"$scratch/difference"
    head -n 40 "$scratch/difference"
    test ! -s "$scratch/difference"
}

plan() {
    echo "1..$tests"
}
