# Benchmarks. startup_rank uses the standard ABI only, so the same binary runs under any MPI that has it.
noinst_PROGRAMS += benchmarks/godwit-startup benchmarks/startup-rank
benchmarks_godwit_startup_SOURCES = benchmarks/startup.c
benchmarks_startup_rank_SOURCES = benchmarks/startup_rank.c
benchmarks_startup_rank_LDADD = libmpi_abi.la
benchmarks_startup_rank_LDFLAGS = $(AM_LDFLAGS) -no-install
