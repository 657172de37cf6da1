#! /bin/sh
# The pkg-config files: each alone builds a program that runs, in a tree that was moved.
# shellcheck source=tests/wrappers/common.sh
. "${0%/*}/common.sh"

pkg=${PKG_CONFIG:-pkg-config}
have "$pkg" || skip_all "pkg-config is not installed"
case $(sed -n 's/^prefix=//p' "$lib/pkgconfig/mpi-c.pc") in
/*) skip_all "configured for the system's own folders, which are not moved" ;;
esac

# pkg-config does not quote a blank inside -Wl,-rpath: the moved tree gets a second name without one.
ln -s "$moved" "$work/moved"
plain_pc=$work/moved$libdir/pkgconfig
PKG_CONFIG_PATH=$plain_pc
export PKG_CONFIG_PATH
version=$(sed -n 's/^PACKAGE_VERSION = //p' "$top_builddir/Makefile")

build() {  # build MODULE COMPILER SOURCE OUTPUT [OPTION]...: the answer is read as a shell reads it
	module=$1 compiler=$2 source=$3 output=$4
	shift 4
	flags=$("$pkg" "$@" --cflags --libs "$module") || return
	eval "$compiler \"\$source\" -o \"\$output\" $flags"
}
points_to() {  # points_to WANTED-PATH VARIABLE
	[ "$1" -ef "$("$pkg" --variable="$2" godwit)" ]
}

plan 19

check "mpi-c: build" build mpi-c "$CC" "$hello_c" c
check "mpi-c: run" says_hello 1 ./c
check "mpi-cxx: build" build mpi-cxx "$CXX" "$hello_cc" cxx
check "mpi-cxx: run" says_hello 1 ./cxx
check "godwit: build" build godwit "$CC" "$hello_c" godwit
check "godwit: run" says_hello 1 ./godwit
if has_static_libc; then
	check "--static: build" build mpi-c "$CC -static" "$hello_c" static --static
	check "--static: run" says_hello 1 ./static
else
	skip 2 "this machine has no static C library"
fi
check "without the run path: build" build mpi-c "$CC" "$hello_c" bare --define-variable=rpath=
check "without the run path: run with LD_LIBRARY_PATH" says_hello 1 env LD_LIBRARY_PATH="$lib" ./bare
check "without the run path, from a folder with a blank in its name" \
	env PKG_CONFIG_PATH="$lib/pkgconfig" sh -ec "
		eval '$CC' \"'$hello_c'\" -o blank \$('$pkg' --define-variable=rpath= --cflags --libs mpi-c)"
for module in mpi-c mpi-cxx godwit; do
	check "$module: the version" answers 0 "$version" "$pkg" --modversion $module
done
check "variable version" answers 0 "$version" "$pkg" --variable=version godwit
check "variable bindir" points_to "$bin" bindir
check "variable mpicc" points_to "$bin/mpicc" mpicc
check "variable mpicxx" points_to "$bin/mpicxx" mpicxx
if [ -x "$bin/mpirun" ]; then
	check "variable mpirun" points_to "$bin/mpirun" mpirun
else
	skip 1 "there is no mpirun yet"
fi
