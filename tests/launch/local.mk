# Tests of mpirun on one machine: how jobs end, what happens to the output and the input, the command line.
launch_scripts = tests/launch/ends.sh tests/launch/kill.sh tests/launch/stdio.sh tests/launch/command.sh
TESTS += $(launch_scripts)
check_PROGRAMS += tests/launch/actor tests/launch/stage

tests_launch_actor_SOURCES = tests/launch/actor.c
tests_launch_actor_LDADD = libmpi_abi.la
tests_launch_actor_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_launch_stage_SOURCES = tests/launch/stage.c
tests_launch_stage_LDADD =

EXTRA_DIST += $(launch_scripts) tests/launch/common.sh
