#! /bin/sh
# CC=mpicc CXX=mpicxx for a package with a configure script.
# shellcheck source=tests/wrappers/common.sh
. "${0%/*}/common.sh"

have autoconf || skip_all "autoconf is not installed"
cp "$hello_c" "$hello_cc" "$work"
cat >configure.ac <<'END'
AC_INIT([hello], [1])
AC_CONFIG_SRCDIR([hello.c])
AC_PROG_CC
AC_PROG_CXX
AC_CHECK_FUNC([MPI_Init], [], [AC_MSG_ERROR([MPI_Init does not link])])
AC_CHECK_HEADER([mpi.h], [], [AC_MSG_ERROR([there is no mpi.h])])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
END
cat >Makefile.in <<'END'
all: hello-c hello-cxx
hello-c: hello.o
	@CC@ @CFLAGS@ @LDFLAGS@ -o $@ hello.o @LIBS@
hello.o: hello.c
	@CC@ @CFLAGS@ -c hello.c
hello-cxx: hello.cc
	@CXX@ @CXXFLAGS@ @LDFLAGS@ -o $@ hello.cc @LIBS@
END
PATH=$bin:$PATH
export PATH

plan 5

check "the script is made" autoconf
check "CC=mpicc ./configure" env CC=mpicc CXX=mpicxx ./configure
check "make" "$MAKE"
check "C: run" says_hello 1 ./hello-c
check "C++: run" says_hello 1 ./hello-cxx
