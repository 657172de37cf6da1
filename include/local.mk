# mpi.h, and the generator that writes it and lib/api/unsupported.c from the tables in tests/abi.

include_HEADERS += include/mpi.h
EXTRA_DIST += include/generate-abi.sh include/generate-abi.awk

# For those who change a table or add a function: rewrites the two committed files where they differ. Never run by
# another target, so that a build leaves the sources alone.
regenerate:
	@set -e; \
	for pair in header:include/mpi.h unsupported:lib/api/unsupported.c; do \
	    file=$(srcdir)/$${pair#*:}; \
	    trap 'rm -f "$$file.tmp"' EXIT; \
	    AWK='$(AWK)' $(SHELL) $(srcdir)/include/generate-abi.sh $${pair%%:*} >$$file.tmp; \
	    if cmp -s $$file.tmp $$file; then rm -f $$file.tmp; echo "$$file is up to date"; \
	    else mv -f $$file.tmp $$file; echo "$$file is new"; fi; \
	done
.PHONY: regenerate
