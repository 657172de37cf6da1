# Hosts made of namespaces, for tests of what happens between hosts: cluster makes them, hosts.sh tests them.
cluster_scripts = tests/cluster/hosts.sh tests/cluster/start.sh tests/cluster/ends.sh tests/cluster/doctor.sh \
	tests/cluster/control.sh tests/cluster/messages.sh tests/cluster/coll.sh
TESTS += $(cluster_scripts)
EXTRA_DIST += $(cluster_scripts) tests/cluster/cluster tests/cluster/cluster.sh tests/cluster/console.sh \
	tests/cluster/host.sh tests/cluster/logins.sh tests/cluster/jobs.sh
check_PROGRAMS += tests/cluster/cable
tests_cluster_cable_SOURCES = tests/cluster/cable.c
tests_cluster_cable_LDADD =
