# What the wrapper tests share; they read this file in. It installs the built tree into a temporary folder, moves
# that folder to a place with a blank in its name, and from then on everything has to work from there.
# shellcheck disable=SC2034,SC2154  # most names are for those who read this in, or come from the Makefile
# Wanted from outside: top_srcdir, top_builddir (absolute), CC, CXX, MAKE.
# Gives: $work (empty, goes away at the end), $moved (the moved root), $bin, $lib, $include, $hello_c, $hello_cc.

: "${top_srcdir:?}" "${top_builddir:?}" "${CC:=cc}" "${CXX:=c++}" "${MAKE:=make}"
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CXXFLAGS CPPFLAGS LDFLAGS LD_LIBRARY_PATH PKG_CONFIG_PATH DESTDIR
for variable in CC CXX; do
	unset GODWIT_$variable MPICC_$variable MPICXX_$variable OMPI_$variable MPICH_$variable I_MPI_$variable
done
unset MPICC MPICXX
LC_ALL=C
export LC_ALL

test_number=0
plan() {
	echo "1..$1"
}
# A result of `check`, `skip`: one numbered line.
result() {
	test_number=$((test_number + 1))
	echo "$1 $test_number $2"
}
# check TEXT COMMAND...: the command succeeds. Its output is shown only when it does not.
check() {
	text=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		result ok "- $text"
	else
		status=$?
		result 'not ok' "- $text"
		echo "# exit status $status from: $*"
		sed 's/^/#   /' "$work/log"
	fi
}
skip() {  # skip COUNT REASON
	for _ in $(seq "$1"); do result ok "# SKIP $2"; done
}
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}
have() {
	command -v "$1" >/dev/null 2>&1
}
same() {  # same WANTED GOT
	[ "$1" = "$2" ] || { printf 'wanted: %s\ngot:    %s\n' "$1" "$2"; return 1; }
}
# answers STATUS WANTED COMMAND...: the exit status, and the whole of stdout and stderr together.
answers() {
	wanted_status=$1 wanted=$2
	shift 2
	got_status=0
	got=$("$@" 2>&1) || got_status=$?
	same "$wanted" "$got" && same "status $wanted_status" "status $got_status"
}
# matches STATUS PATTERN COMMAND...: the same with a pattern of `case`.
matches() {
	wanted_status=$1 pattern=$2
	shift 2
	got_status=0
	got=$("$@" 2>&1) || got_status=$?
	# shellcheck disable=SC2254  # a pattern
	case $got in
	$pattern) ;;
	*) printf 'wanted: %s\ngot:    %s\n' "$pattern" "$got"; return 1 ;;
	esac
	same "status $wanted_status" "status $got_status"
}
# says_hello COUNT COMMAND...: COUNT lines, one from each rank of COUNT.
says_hello() {
	count=$1
	shift
	"$@" >"$work/hello.out" || return 1
	same "$count" "$(grep -c "^hello from rank [0-9]* of $count on ." "$work/hello.out")"
}

has_static_libc() {
	# shellcheck disable=SC2086  # a compiler with its options
	echo 'int main(void) { return 0; }' | $CC -static -x c - -o "$work/static" 2>/dev/null
}

work=$(mktemp -d "${TMPDIR:-/tmp}/godwit-wrappers.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

# The folders, as configure wrote them: prefix = /usr/local, bindir = ${exec_prefix}/bin, ...
for variable in prefix exec_prefix bindir libdir includedir; do
	value=$(sed -n "s/^$variable = //p" "$top_builddir/Makefile")
	eval "$variable=\"$value\""
done
if ! "$MAKE" -C "$top_builddir" install DESTDIR="$work/installed" >"$work/install.log" 2>&1; then
	sed 's/^/# /' "$work/install.log"
	echo "Bail out! make install failed"
	exit 99
fi
moved="$work/moved tree"
mv "$work/installed" "$moved"
bin=$moved$bindir lib=$moved$libdir include=$moved$includedir
hello_c=$top_srcdir/examples/hello.c hello_cc=$top_srcdir/examples/hello.cc

# A library built with the sanitizers wants a program built with them; nobody installs such a build.
if grep -q __asan_init "$lib/libmpi_abi.so.1"; then
	skip_all "the library is a sanitizer build"
fi
cd "$work" || exit 99
