# Tests of the ABI: mpi.h and the symbols of the libraries against the tables of this folder.

check_PROGRAMS += tests/abi/check_constants tests/abi/check_prototypes
TESTS += tests/abi/check_constants tests/abi/check_prototypes \
	tests/abi/header.sh tests/abi/generated.sh tests/abi/symbols.sh

nodist_tests_abi_check_constants_SOURCES = tests/abi/check_constants.c
tests_abi_check_constants_LDADD =
nodist_tests_abi_check_prototypes_SOURCES = tests/abi/check_prototypes.c
tests_abi_check_prototypes_LDADD = libmpi_abi.la
tests_abi_check_prototypes_LDFLAGS = $(AM_LDFLAGS) -no-install

# The programs are written anew when a table or the generator changes.
abi_check_inputs = include/generate-abi.sh tests/abi/generate-checks.awk tests/abi/types.md \
	tests/abi/constants.tsv tests/abi/callbacks.tsv tests/abi/functions.tsv

tests/abi/check_constants.c: $(abi_check_inputs)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	AWK='$(AWK)' $(SHELL) $(srcdir)/include/generate-abi.sh check-constants >$@.tmp && mv -f $@.tmp $@
tests/abi/check_prototypes.c: $(abi_check_inputs)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	AWK='$(AWK)' $(SHELL) $(srcdir)/include/generate-abi.sh check-prototypes >$@.tmp && mv -f $@.tmp $@

CLEANFILES += tests/abi/check_constants.c tests/abi/check_constants.c.tmp \
	tests/abi/check_prototypes.c tests/abi/check_prototypes.c.tmp

EXTRA_DIST += tests/abi/header.sh tests/abi/generated.sh tests/abi/symbols.sh \
	tests/abi/generate-checks.awk tests/abi/types.md \
	tests/abi/constants.tsv tests/abi/callbacks.tsv tests/abi/functions.tsv
