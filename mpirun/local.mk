# The launcher and godwit-info. What is pure or testable alone is a library, for the unit tests.
bin_PROGRAMS += mpirun/mpirun mpirun/godwit-info
noinst_LTLIBRARIES += mpirun/liblaunch.la

mpirun_liblaunch_la_SOURCES = mpirun/bytes.h mpirun/bytes.c mpirun/proto.h mpirun/proto.c mpirun/loop.h \
	mpirun/loop.c mpirun/link.h mpirun/link.c mpirun/job.h mpirun/options.h mpirun/options.c mpirun/cpus.h \
	mpirun/cpus.c mpirun/topo.h mpirun/topo.c mpirun/segment.h mpirun/segment.c mpirun/environ.h \
	mpirun/environ.c mpirun/spawn.h mpirun/spawn.c mpirun/tree.h mpirun/tree.c mpirun/streams.h \
	mpirun/streams.c mpirun/output.h mpirun/output.c mpirun/report.h mpirun/report.c mpirun/agent.h \
	mpirun/agent.c mpirun/launcher.h mpirun/launcher.c
nodist_mpirun_liblaunch_la_SOURCES = mpirun/folders.h
# A file, so that what is compiled follows when configure is run again with other folders.
BUILT_SOURCES += mpirun/folders.h
CLEANFILES += mpirun/folders.h
mpirun/folders.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) mpirun && { echo '/* Written by make: where make install puts things. */'; \
	  echo '#define GODWIT_BINDIR "$(bindir)"'; echo '#define GODWIT_LIBDIR "$(libdir)"'; } >$@
mpirun_liblaunch_la_CFLAGS = $(AM_CFLAGS) $(HWLOC_CFLAGS)
launch_libs = mpirun/liblaunch.la lib/libboot.la lib/libbase.la $(HWLOC_LIBS) -lpthread

mpirun_mpirun_SOURCES = mpirun/main.c
mpirun_mpirun_LDADD = $(launch_libs)
mpirun_godwit_info_SOURCES = mpirun/info.c
mpirun_godwit_info_CPPFLAGS = $(AM_CPPFLAGS) -DHWLOC_VERSION='"$(HWLOC_FOUND)"' -DLIBFABRIC_VERSION='"$(LIBFABRIC_FOUND)"'
mpirun_godwit_info_LDADD = $(launch_libs)

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
	mpirun/environ_test mpirun/streams_test mpirun/output_test mpirun/tree_test
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
endif
