# Hosts made of namespaces, for tests of what happens between hosts: cluster makes them, hosts.sh tests them.
TESTS += tests/cluster/hosts.sh tests/cluster/start.sh tests/cluster/ends.sh tests/cluster/doctor.sh
EXTRA_DIST += tests/cluster/hosts.sh tests/cluster/cluster tests/cluster/cluster.sh tests/cluster/console.sh \
	tests/cluster/host.sh tests/cluster/logins.sh tests/cluster/start.sh tests/cluster/ends.sh \
	tests/cluster/doctor.sh tests/cluster/jobs.sh
