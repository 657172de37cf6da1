# MPI programs, run under mpirun as tests/mpi/list says.
mpi_programs = tests/mpi/init tests/mpi/environment tests/mpi/errors tests/mpi/info tests/mpi/handles
check_PROGRAMS += $(mpi_programs)
TESTS += tests/mpi/run.sh
EXTRA_DIST += tests/mpi/run.sh tests/mpi/list
mpi_ldflags = $(AM_LDFLAGS) -no-install
tests_mpi_init_SOURCES = tests/mpi/init.c tests/mpi/test.h
tests_mpi_init_LDADD = libmpi_abi.la -lpthread
tests_mpi_init_LDFLAGS = $(mpi_ldflags)
tests_mpi_environment_LDADD = libmpi_abi.la
tests_mpi_environment_LDFLAGS = $(mpi_ldflags)
tests_mpi_errors_LDADD = libmpi_abi.la
tests_mpi_errors_LDFLAGS = $(mpi_ldflags)
tests_mpi_info_LDADD = libmpi_abi.la
tests_mpi_info_LDFLAGS = $(mpi_ldflags)
tests_mpi_handles_LDADD = libmpi_abi.la
tests_mpi_handles_LDFLAGS = $(mpi_ldflags)
