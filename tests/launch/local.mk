# Tests of mpirun on one machine: how jobs end, what happens to the output and the input, the command line.
launch_scripts = tests/launch/ends.sh tests/launch/kill.sh tests/launch/stdio.sh tests/launch/command.sh \
	tests/launch/places.sh tests/launch/fake-ssh.sh tests/launch/remote.sh tests/launch/doctor.sh \
	tests/launch/exchange.sh tests/launch/far.sh
TESTS += $(launch_scripts)
check_PROGRAMS += tests/launch/actor tests/launch/stage tests/launch/fake-ssh tests/launch/addresses tests/launch/stranger

tests_launch_actor_SOURCES = tests/launch/actor.c
tests_launch_actor_LDADD = libmpi_abi.la
tests_launch_actor_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_launch_stage_SOURCES = tests/launch/stage.c
tests_launch_stage_LDADD =
tests_launch_addresses_SOURCES = tests/launch/addresses.c
tests_launch_addresses_LDADD = lib/libboot.la lib/libbase.la
# Who connects to mpirun's port, and is of no job.
tests_launch_stranger_SOURCES = tests/launch/stranger.c
tests_launch_stranger_LDADD =
# A stand-in for ssh.
tests_launch_fake_ssh_SOURCES = tests/launch/fake-ssh.c
tests_launch_fake_ssh_LDADD =

EXTRA_DIST += $(launch_scripts) tests/launch/common.sh
