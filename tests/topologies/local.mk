# Placement on recorded machines, compared with the maps that are expected.
check_PROGRAMS += tests/topologies/placer
tests_topologies_placer_SOURCES = tests/topologies/placer.c
tests_topologies_placer_LDADD = $(launch_libs)
tests_topologies_placer_LDFLAGS = $(AM_LDFLAGS) -no-install
TESTS += tests/topologies/maps.sh
EXTRA_DIST += tests/topologies/maps.sh tests/topologies/maps tests/topologies/machines
