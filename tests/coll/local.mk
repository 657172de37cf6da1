# Collective algorithms for more ranks than there are: see simulate.c. steps.c stands for schedule.c and table.c of
# the library, whose own objects the linker leaves out.
check_PROGRAMS += tests/coll/simulate
tests_coll_simulate_SOURCES = tests/coll/simulate.c tests/coll/sim.h tests/coll/steps.c tests/coll/clocks.c
tests_coll_simulate_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_coll_simulate_LDADD = lib/libcoll.la lib/libp2p.la lib/libobj.la lib/libtype.la lib/libbase.la
TESTS += tests/coll/simulate.sh
EXTRA_DIST += tests/coll/simulate.sh
