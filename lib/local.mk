# The library. Each folder of lib/ is a convenience library of its own, so that a unit test links its layer and
# those below and nothing else.
noinst_LTLIBRARIES += lib/libbase.la lib/libobj.la lib/libboot.la
lib_LTLIBRARIES += libmpi_abi.la

lib_libbase_la_SOURCES = lib/base/words.h lib/base/words.c lib/base/log.h lib/base/log.c \
	lib/base/conf.h lib/base/conf.c lib/base/conf.def

lib_libobj_la_SOURCES = lib/obj/handle.h lib/obj/handle.c lib/obj/errclass.h lib/obj/errclass.c \
	lib/obj/errhandler.h lib/obj/errhandler.c lib/obj/comm.h lib/obj/comm.c lib/obj/info.h lib/obj/info.c

lib_libboot_la_SOURCES = lib/boot/node.h lib/boot/node.c lib/boot/proc.h lib/boot/proc.c \
	lib/boot/foreign.h lib/boot/foreign.c

libmpi_abi_la_SOURCES = lib/api/api.h lib/api/api.c lib/api/init.c lib/api/environment.c lib/api/comm.c \
	lib/api/errhandler.c lib/api/info.c lib/api/address.c lib/api/handle.c lib/api/unsupported.c
# Visible: what api/ defines is what users call (clang hides weak aliases under -fvisibility=hidden); the export map
# keeps the few helpers inside.
libmpi_abi_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
libmpi_abi_la_LIBADD = lib/libboot.la lib/libobj.la lib/libbase.la
# libmpi_abi.so.1 is the soname that the standard prescribes for ABI version 1.
libmpi_abi_la_LDFLAGS = -version-info 1:0:0 -Wl,--version-script=$(srcdir)/lib/export.map -Wl,-z,defs -Wl,-z,nodelete
libmpi_abi_la_DEPENDENCIES = $(libmpi_abi_la_LIBADD) lib/export.map
EXTRA_DIST += lib/export.map

# The static library: one object, in which all but the standard's names has become local, so that no name of
# Godwit's can meet a name of the program's.
all-local: libmpi_abi.a
CLEANFILES += libmpi_abi.a lib/libmpi_abi.o
libmpi_abi.a: libmpi_abi.la
	$(AM_V_GEN)$(LD) -r -o lib/libmpi_abi.o `echo $(libmpi_abi_la_OBJECTS) | $(SED) 's|\([^/ ]*\)\.lo|.libs/\1.o|g'` \
		--whole-archive lib/.libs/libboot.a lib/.libs/libobj.a lib/.libs/libbase.a && \
	$(OBJCOPY) -w --keep-global-symbol='MPI_*' --keep-global-symbol='PMPI_*' lib/libmpi_abi.o && \
	rm -f $@ && $(AR) cr $@ lib/libmpi_abi.o

INSTALL_EXEC_HOOKS += install-library-names
install-library-names:
	cd $(DESTDIR)$(libdir) && rm -f libmpi_abi.la && ln -sf libmpi_abi.so libmpi.so
	$(INSTALL_DATA) libmpi_abi.a $(DESTDIR)$(libdir)/libmpi_abi.a
	cd $(DESTDIR)$(libdir) && ln -sf libmpi_abi.a libmpi.a
UNINSTALL_HOOKS += uninstall-library-names
uninstall-library-names:
	cd $(DESTDIR)$(libdir) && rm -f libmpi.so libmpi_abi.a libmpi.a libmpi_abi.so libmpi_abi.so.1 libmpi_abi.so.1.*

# Unit tests stand beside their source.
EXTRA_DIST += tests/unit.h
if HAVE_CHECK
unit_tests = lib/base/conf_test lib/base/words_test lib/obj/handle_test lib/obj/info_test lib/boot/node_test \
	lib/boot/foreign_test
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
lib_base_conf_test_CFLAGS = $(unit_cflags)
lib_base_conf_test_LDADD = lib/libbase.la $(CHECK_LIBS)
lib_base_words_test_CFLAGS = $(unit_cflags)
lib_base_words_test_LDADD = lib/libbase.la $(CHECK_LIBS)
lib_obj_handle_test_CFLAGS = $(unit_cflags)
lib_obj_handle_test_LDADD = lib/libobj.la lib/libbase.la $(CHECK_LIBS)
lib_obj_info_test_CFLAGS = $(unit_cflags)
lib_obj_info_test_LDADD = lib/libobj.la lib/libbase.la $(CHECK_LIBS)
lib_boot_node_test_CFLAGS = $(unit_cflags)
lib_boot_node_test_LDADD = lib/libboot.la lib/libbase.la $(CHECK_LIBS)
lib_boot_foreign_test_CFLAGS = $(unit_cflags)
lib_boot_foreign_test_LDADD = lib/libboot.la lib/libbase.la $(CHECK_LIBS)
endif
