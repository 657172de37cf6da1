# mpicc and mpicxx from one template, mpic++ and mpiCC as links, and the pkg-config files from another.
pkgconfigdir = $(libdir)/pkgconfig
bin_SCRIPTS += wrappers/mpicc wrappers/mpicxx
pkgconfig_DATA = wrappers/mpi-c.pc wrappers/mpi-cxx.pc wrappers/godwit.pc
CLEANFILES += $(pkgconfig_DATA) wrappers/mpicc wrappers/mpicxx wrappers/*.tmp
EXTRA_DIST += wrappers/mpicc.in wrappers/mpi.pc.in wrappers/fill.awk
INSTALL_EXEC_HOOKS += install-wrapper-links
UNINSTALL_HOOKS += uninstall-wrapper-links

# fill.awk reads these from its environment. The folders come from configure; they matter only relative to each
# other, except where they are the system's own.
wrapper_values = prefix='$(prefix)' bindir='$(bindir)' libdir='$(libdir)' includedir='$(includedir)' \
  pcdir='$(pkgconfigdir)' version='$(PACKAGE_VERSION)' libs='$(LIBS)'
wrapper_fill = $(AWK) -f $(srcdir)/wrappers/fill.awk
wrapper_sources = wrappers/fill.awk wrappers/local.mk config.status

wrappers/mpicc: wrappers/mpicc.in $(wrapper_sources)
	$(AM_V_GEN)$(MKDIR_P) wrappers && $(wrapper_values) language=C compiler='$(CC)' \
	  $(wrapper_fill) $(srcdir)/wrappers/mpicc.in >$@.tmp && chmod +x $@.tmp && mv -f $@.tmp $@

wrappers/mpicxx: wrappers/mpicc.in $(wrapper_sources)
	$(AM_V_GEN)$(MKDIR_P) wrappers && $(wrapper_values) language=C++ compiler='$(CXX)' \
	  $(wrapper_fill) $(srcdir)/wrappers/mpicc.in >$@.tmp && chmod +x $@.tmp && mv -f $@.tmp $@

wrappers/mpi-c.pc: wrappers/mpi.pc.in $(wrapper_sources)
	$(AM_V_GEN)$(MKDIR_P) wrappers && $(wrapper_values) pc_name=mpi-c pc_description='MPI for C programs (Godwit)' \
	  $(wrapper_fill) $(srcdir)/wrappers/mpi.pc.in >$@.tmp && mv -f $@.tmp $@

wrappers/mpi-cxx.pc: wrappers/mpi.pc.in $(wrapper_sources)
	$(AM_V_GEN)$(MKDIR_P) wrappers && $(wrapper_values) pc_name=mpi-cxx pc_description='MPI for C++ programs (Godwit)' \
	  $(wrapper_fill) $(srcdir)/wrappers/mpi.pc.in >$@.tmp && mv -f $@.tmp $@

wrappers/godwit.pc: wrappers/mpi.pc.in $(wrapper_sources)
	$(AM_V_GEN)$(MKDIR_P) wrappers && $(wrapper_values) pc_name=godwit pc_description='Godwit, an MPI for clusters' \
	  $(wrapper_fill) $(srcdir)/wrappers/mpi.pc.in >$@.tmp && mv -f $@.tmp $@

# the same in the build folder
all-local: wrappers/mpic++
wrappers/mpic++: wrappers/mpicxx
	$(AM_V_GEN)for link in mpic++ mpiCC; do rm -f wrappers/$$link && $(LN_S) mpicxx wrappers/$$link || exit 1; done
CLEANFILES += wrappers/mpic++ wrappers/mpiCC

install-wrapper-links: install-binSCRIPTS
	cd '$(DESTDIR)$(bindir)' && for link in mpic++ mpiCC; do rm -f $$link && $(LN_S) mpicxx $$link || exit 1; done

uninstall-wrapper-links:
	cd '$(DESTDIR)$(bindir)' && rm -f mpic++ mpiCC

.PHONY: install-wrapper-links uninstall-wrapper-links
