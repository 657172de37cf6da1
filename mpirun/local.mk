# The launcher and godwit-info. What is pure or testable alone is a library, for the unit tests.
bin_PROGRAMS += mpirun/mpirun mpirun/godwit-info
noinst_LTLIBRARIES += mpirun/liblaunch.la

mpirun_liblaunch_la_SOURCES = mpirun/bytes.h mpirun/bytes.c mpirun/proto.h mpirun/proto.c mpirun/loop.h \
	mpirun/loop.c mpirun/link.h mpirun/link.c mpirun/seal.h mpirun/seal.c mpirun/knock.h mpirun/knock.c \
	mpirun/door.h mpirun/door.c mpirun/call.h mpirun/call.c mpirun/job.h mpirun/options.h mpirun/options.c mpirun/cpus.h \
	mpirun/cpus.c mpirun/grow.h mpirun/grow.c mpirun/cpuset.h mpirun/cpuset.c mpirun/hosts.h mpirun/hosts.c \
	mpirun/hostfile.h mpirun/hostfile.c mpirun/alloc.h mpirun/alloc.c mpirun/policy.h mpirun/policy.c \
	mpirun/rankfile.h mpirun/rankfile.c mpirun/place.h mpirun/place.c mpirun/bind.c mpirun/bindings.h \
	mpirun/bindings.c mpirun/layout.h mpirun/layout.c mpirun/around.h mpirun/around.c mpirun/topo.h mpirun/topo.c mpirun/segment.h mpirun/segment.c mpirun/environ.h \
	mpirun/environ.c mpirun/spawn.h mpirun/spawn.c mpirun/tree.h mpirun/tree.c mpirun/streams.h \
	mpirun/streams.c mpirun/output.h mpirun/output.c mpirun/report.h mpirun/report.c mpirun/agent.h \
	mpirun/agent.c mpirun/launcher.h mpirun/launcher.c mpirun/hello.h mpirun/hello.c \
	mpirun/jobpack.h mpirun/jobpack.c mpirun/remote.h mpirun/remote.c mpirun/nodes.h mpirun/nodes.c mpirun/child.h mpirun/child.c \
	mpirun/relay.h mpirun/relay.c mpirun/key.h mpirun/key.c mpirun/input.h mpirun/input.c mpirun/feed.h mpirun/feed.c \
	mpirun/states.h mpirun/states.c mpirun/signals.h mpirun/signals.c \
	mpirun/doctor.h mpirun/doctor.c mpirun/doctor_text.c mpirun/doctor_judge.c mpirun/doctor_table.c \
	mpirun/doctor_host.c mpirun/doctor_examine.c \
	mpirun/debts.h mpirun/debts.c mpirun/varint.h mpirun/topopack.h mpirun/topopack.c mpirun/ask.h mpirun/ask.c mpirun/addrpack.h mpirun/addrpack.c mpirun/exchange.h mpirun/exchange.c mpirun/book.h mpirun/book.c mpirun/launcher_state.h mpirun/launcher_ask.c
nodist_mpirun_liblaunch_la_SOURCES = mpirun/folders.h
# A file, so that what is compiled follows when configure is run again with other folders.
BUILT_SOURCES += mpirun/folders.h
CLEANFILES += mpirun/folders.h
mpirun/folders.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) mpirun && { echo '/* Written by make: where make install puts things. */'; \
	  echo '#define GODWIT_BINDIR "$(bindir)"'; echo '#define GODWIT_LIBDIR "$(libdir)"'; } >$@
mpirun_liblaunch_la_CFLAGS = $(AM_CFLAGS) $(HWLOC_CFLAGS)
# Of libwire only what needs no library: secret.c, ofi_iface.c.
launch_libs = mpirun/liblaunch.la lib/libboot.la lib/libwire.la lib/libbase.la $(HWLOC_LIBS) -lpthread

mpirun_mpirun_SOURCES = mpirun/main.c
mpirun_mpirun_LDADD = $(launch_libs)
mpirun_godwit_info_SOURCES = mpirun/info.c
mpirun_godwit_info_CPPFLAGS = $(AM_CPPFLAGS) -DHWLOC_VERSION='"$(HWLOC_FOUND)"' -DLIBFABRIC_VERSION='"$(LIBFABRIC_FOUND)"'
mpirun_godwit_info_LDADD = lib/libwire.la $(launch_libs)

# mpiexec is the name that the standard recommends.
all-local: mpirun/mpiexec
mpirun/mpiexec: mpirun/mpirun
	$(AM_V_GEN)$(LN_S) -f mpirun $@
CLEANFILES += mpirun/mpiexec
INSTALL_EXEC_HOOKS += install-mpiexec
install-mpiexec:
	cd $(DESTDIR)$(bindir) && ln -sf mpirun mpiexec
UNINSTALL_HOOKS += uninstall-mpiexec
uninstall-mpiexec:
	rm -f $(DESTDIR)$(bindir)/mpiexec

if HAVE_CHECK
launch_tests = mpirun/bytes_test mpirun/proto_test mpirun/options_test mpirun/report_test mpirun/cpus_test \
	mpirun/environ_test mpirun/streams_test mpirun/output_test mpirun/tree_test mpirun/cpuset_test \
	mpirun/hosts_test mpirun/hostfile_test mpirun/alloc_test mpirun/policy_test mpirun/rankfile_test mpirun/layout_test \
	mpirun/hello_test mpirun/jobpack_test mpirun/remote_test mpirun/doctor_test \
	mpirun/topopack_test mpirun/addrpack_test mpirun/exchange_test mpirun/door_test
check_PROGRAMS += $(launch_tests)
TESTS += $(launch_tests)
mpirun_bytes_test_CFLAGS = $(unit_cflags)
mpirun_bytes_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_proto_test_CFLAGS = $(unit_cflags)
mpirun_proto_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_options_test_CFLAGS = $(unit_cflags)
mpirun_options_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_report_test_CFLAGS = $(unit_cflags)
mpirun_report_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_cpus_test_CFLAGS = $(unit_cflags)
mpirun_cpus_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_environ_test_CFLAGS = $(unit_cflags)
mpirun_environ_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_streams_test_CFLAGS = $(unit_cflags)
mpirun_streams_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_output_test_CFLAGS = $(unit_cflags)
mpirun_output_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_tree_test_CFLAGS = $(unit_cflags)
mpirun_tree_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_cpuset_test_CFLAGS = $(unit_cflags)
mpirun_cpuset_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_hosts_test_CFLAGS = $(unit_cflags)
mpirun_hosts_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_hostfile_test_CFLAGS = $(unit_cflags)
mpirun_hostfile_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_alloc_test_CFLAGS = $(unit_cflags)
mpirun_alloc_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_policy_test_CFLAGS = $(unit_cflags)
mpirun_policy_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_layout_test_CFLAGS = $(unit_cflags)
mpirun_layout_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_rankfile_test_CFLAGS = $(unit_cflags)
mpirun_rankfile_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_hello_test_CFLAGS = $(unit_cflags)
mpirun_hello_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_jobpack_test_CFLAGS = $(unit_cflags)
mpirun_jobpack_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_doctor_test_CFLAGS = $(unit_cflags)
mpirun_doctor_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_remote_test_CFLAGS = $(unit_cflags)
mpirun_remote_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_topopack_test_CFLAGS = $(unit_cflags)
mpirun_topopack_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_addrpack_test_CFLAGS = $(unit_cflags)
mpirun_addrpack_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_exchange_test_CFLAGS = $(unit_cflags)
mpirun_exchange_test_LDADD = $(launch_libs) $(CHECK_LIBS)
mpirun_door_test_CFLAGS = $(unit_cflags)
mpirun_door_test_LDADD = $(launch_libs) $(CHECK_LIBS)
endif
