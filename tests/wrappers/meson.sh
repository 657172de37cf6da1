#! /bin/sh
# Meson's dependency('mpi') finds the moved tree, and what it builds runs.
# shellcheck source=tests/wrappers/common.sh
. "${0%/*}/common.sh"

have meson || skip_all "meson is not installed"
have ninja || skip_all "ninja is not installed"
cp "$hello_c" "$hello_cc" "$work"
cat >meson.build <<'END'
project('hello', 'c', 'cpp')
executable('hello-c', 'hello.c', dependencies: dependency('mpi', language: 'c', method: 'config-tool'))
executable('hello-cxx', 'hello.cc', dependencies: dependency('mpi', language: 'cpp', method: 'config-tool'))
# Without a method Meson asks pkg-config for another MPI's file first, and then the wrapper.
any = dependency('mpi', version: '>=0.1')
message('version ' + any.version())
END
PATH=$bin:$PATH
# Only this tree: another MPI's pkg-config files in the system must not win.
PKG_CONFIG_LIBDIR=$lib/pkgconfig
export PATH PKG_CONFIG_LIBDIR CC CXX
version=$(sed -n 's/^PACKAGE_VERSION = //p' "$top_builddir/Makefile")

plan 6

check "set up" meson setup build
cp "$work/log" setup.log
check "it read the version" grep -F "version $version" setup.log
check "build" ninja -C build
check "C: run alone" says_hello 1 ./build/hello-c
check "C++: run alone" says_hello 1 ./build/hello-cxx
if [ -x "$bin/mpirun" ]; then
	check "C: two ranks" says_hello 2 "$bin/mpirun" -n 2 ./build/hello-c
else
	skip 1 "there is no mpirun yet"
fi
