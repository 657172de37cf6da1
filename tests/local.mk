# Tests: every one speaks TAP, so that the count at the end is of cases and not of files. Unit tests stand beside
# their source (lib/local.mk, mpirun/local.mk).
TEST_EXTENSIONS = .sh
tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(tap_driver)
SH_LOG_DRIVER = $(tap_driver)
if SANITIZED
sanitized = yes
else
sanitized = no
endif
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CC='$(CC)' CXX='$(CXX)' NM='$(NM)' \
	MAKE='$(MAKE)' AWK='$(AWK)' SANITIZED=$(sanitized) CK_TAP_LOG_FILE_NAME=- CK_VERBOSITY=silent \
	LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0'; \
	export top_srcdir top_builddir CC CXX NM MAKE AWK SANITIZED CK_TAP_LOG_FILE_NAME CK_VERBOSITY LSAN_OPTIONS; \
	unset LANG LC_ALL GODWIT_LOG GODWIT_GRACE GODWIT_TIMEOUT GODWIT_TAG GODWIT_FOREIGN GODWIT_CMA GODWIT_CHECK MPIEXEC_TIMEOUT \
	  GODWIT_DETECT GODWIT_FANOUT GODWIT_START_TIMEOUT GODWIT_CONTROL GODWIT_WIRE GODWIT_COLL GODWIT_PROVIDER GODWIT_IFACE;

include tests/abi/local.mk
include tests/wrappers/local.mk
include tests/mpi/local.mk
include tests/launch/local.mk
include tests/examples/local.mk
include tests/coll/local.mk
include tests/cluster/local.mk
include tests/bench/local.mk
include tests/man/local.mk
include tests/topologies/local.mk
include tests/fuzz/local.mk

# Which folder of lib/ may include what.
TESTS += tests/layers.sh
EXTRA_DIST += tests/layers.sh tests/tap.sh tests/lsan.supp

# The unit tests alone, for those who work on one.
check-unit:
	$(MAKE) check TESTS='$(unit_tests) $(launch_tests) $(bench_unit_tests)'
.PHONY: check-unit
