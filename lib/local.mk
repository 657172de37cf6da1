# The library. Each folder of lib/ is a convenience library of its own, so that a unit test links its layer and
# those below and nothing else.
noinst_LTLIBRARIES += lib/libbase.la lib/libtype.la lib/libwire.la lib/libobj.la lib/libp2p.la lib/libcoll.la lib/libboot.la
lib_LTLIBRARIES += libmpi_abi.la

lib_libbase_la_SOURCES = lib/base/words.h lib/base/words.c lib/base/log.h lib/base/log.c \
	lib/base/conf.h lib/base/conf.c lib/base/conf.def lib/base/list.h lib/base/cursor.h lib/base/clock.h \
	lib/base/handle.h lib/base/handle.c

lib_libtype_la_SOURCES = lib/type/type.h lib/type/type.c lib/type/layout.h lib/type/layout.c lib/type/move.c \
	lib/type/copy.h lib/type/copy.c lib/type/construct.h lib/type/construct.c lib/type/array.c lib/type/fixed.c \
	lib/type/op.h lib/type/op.c lib/type/op_pair.c lib/type/op_kernel.h lib/type/op_loops.h lib/type/op_half.h \
	lib/type/op_plain.c lib/type/op_avx2.c lib/type/op_avx512.c lib/type/external.h lib/type/external.c lib/type/float128.h

lib_libwire_la_SOURCES = lib/wire/wire.h lib/wire/shm.h lib/wire/shm.c lib/wire/shm_ring.h \
	lib/wire/cma.h lib/wire/cma.c lib/wire/secret.h lib/wire/secret.c lib/wire/ofi.h lib/wire/ofi.c \
	lib/wire/ofi_wire.h lib/wire/ofi_life.c lib/wire/ofi_greet.c lib/wire/ofi_frame.h lib/wire/ofi_frame.c \
	lib/wire/ofi_net.h lib/wire/ofi_net.c lib/wire/ofi_direct.c lib/wire/ofi_iface.h lib/wire/ofi_iface.c \
	lib/wire/ofi_probe.h lib/wire/ofi_probe.c

lib_libobj_la_SOURCES = lib/obj/errclass.h lib/obj/errclass.c \
	lib/obj/errhandler.h lib/obj/errhandler.c lib/obj/attribute.h lib/obj/attribute.c lib/obj/group.h lib/obj/group.c \
	lib/obj/session.h lib/obj/topo.h lib/obj/topo.c lib/obj/reorder.h lib/obj/reorder.c lib/obj/contexts.h lib/obj/contexts.c lib/obj/comm.h \
	lib/obj/comm.c lib/obj/info.h lib/obj/info.c lib/obj/leaks.h lib/obj/leaks.c \
	lib/obj/request.h lib/obj/request.c lib/p2p/match.h lib/p2p/match.c

# What was written word by word is read word by word: a load of two words that have not reached the cache yet waits
# for both, and pairing them is what this optimisation does. Receiving a short message took half as long again.
fast_path_cflags = $(AM_CFLAGS) -fno-tree-slp-vectorize
lib_libwire_la_CFLAGS = $(fast_path_cflags) $(LIBFABRIC_CFLAGS)
lib_libobj_la_CFLAGS = $(fast_path_cflags)
lib_libp2p_la_CFLAGS = $(fast_path_cflags)

lib_libp2p_la_SOURCES = lib/p2p/p2p.h lib/p2p/packet.h lib/p2p/peer.h lib/p2p/peer.c lib/p2p/ids.h lib/p2p/ids.c \
	lib/p2p/send.c lib/p2p/recv.c lib/p2p/share.h lib/p2p/share.c lib/p2p/direct.h lib/p2p/direct.c \
	lib/p2p/choice.h lib/p2p/choice.c lib/p2p/pair.c lib/p2p/request.c lib/p2p/wait.c lib/p2p/thread.h lib/p2p/thread.c lib/p2p/status.c lib/p2p/buffer.h lib/p2p/buffer.c \
	lib/p2p/partitioned.h lib/p2p/partitioned.c

lib_libcoll_la_SOURCES = lib/coll/coll.h lib/coll/small.h lib/coll/small.c lib/coll/create.h lib/coll/create.c \
	lib/coll/split.c lib/coll/inter.c lib/coll/gather.c lib/coll/schedule.h lib/coll/schedule.c lib/coll/block.h lib/coll/block.c \
	lib/coll/piece.c \
	lib/coll/table.h lib/coll/table.c lib/coll/bcast.c lib/coll/allgather.c lib/coll/alltoall.c lib/coll/reduce.c \
	lib/coll/scan.c lib/coll/between.c lib/coll/board.h lib/coll/board.c lib/coll/board_move.c lib/coll/board_reduce.c \
	lib/coll/board_nodes.c

lib_libboot_la_SOURCES = lib/boot/node.h lib/boot/node.c lib/boot/address.h lib/boot/address.c lib/boot/proc.h lib/boot/proc.c \
	lib/boot/foreign.h lib/boot/foreign.c lib/boot/resource.c lib/boot/wires.h lib/boot/wires.c

libmpi_abi_la_SOURCES = lib/api/api.h lib/api/api.c lib/api/init.c lib/api/environment.c lib/api/comm.h lib/api/comm.c lib/api/comm_create.c lib/api/session.h lib/api/session.c lib/api/session_buffer.c lib/api/topo.c lib/api/topo_graph.c lib/api/topo_reorder.c lib/api/topo.h lib/api/errclass.c lib/api/errhandler.h lib/api/group.c lib/api/attribute.c \
	lib/api/errhandler.c lib/api/info.c lib/api/memory.c lib/api/address.c lib/api/handle.c lib/api/send.c lib/api/recv.c lib/api/message.h lib/api/message.c \
	lib/api/request.h lib/api/request.c lib/api/request_life.c lib/api/probe.c lib/api/status.c lib/api/sendrecv.c lib/api/persistent.c \
	lib/api/buffer.c lib/api/grequest.c lib/api/partitioned.c \
	lib/api/type.h lib/api/type.c lib/api/type_create.c lib/api/type_array.c lib/api/type_contents.c lib/api/type_fixed.c \
	lib/api/type_attribute.c lib/api/op.c lib/api/pack.h lib/api/pack.c lib/api/pack_external.c \
	lib/api/coll.h lib/api/coll.c lib/api/coll_rooted.c lib/api/coll_all.c lib/api/coll_reduce.c \
	lib/api/coll_neighbor.c \
	lib/api/tool.h lib/api/tool.c lib/api/tool_cvar.c lib/api/tool_pvar.c lib/api/tool_event.c lib/api/unsupported.c
# Visible: what api/ defines is what users call (clang hides weak aliases under -fvisibility=hidden); the export map
# keeps the few helpers inside.
libmpi_abi_la_CFLAGS = $(fast_path_cflags) -fvisibility=default
libmpi_abi_la_LIBADD = lib/libboot.la lib/libcoll.la lib/libp2p.la lib/libwire.la lib/libobj.la lib/libtype.la lib/libbase.la
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
		--whole-archive lib/.libs/libboot.a lib/.libs/libcoll.a lib/.libs/libp2p.a lib/.libs/libwire.a lib/.libs/libobj.a lib/.libs/libtype.a \
		lib/.libs/libbase.a && \
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
unit_tests = lib/base/conf_test lib/base/words_test lib/base/cursor_test lib/base/list_test lib/base/handle_test \
	lib/type/type_test lib/type/construct_test lib/type/type_random_test lib/type/op_test lib/type/op_kernel_test \
	lib/obj/info_test lib/obj/group_test lib/obj/comm_test lib/obj/topo_test lib/obj/leaks_test lib/obj/reorder_test lib/wire/shm_test lib/wire/sleep_test \
	lib/wire/cma_test lib/wire/ofi_frame_test lib/wire/ofi_probe_test lib/wire/ofi_test lib/p2p/match_test lib/p2p/ids_test lib/p2p/choice_test lib/p2p/p2p_test lib/p2p/p2p_share_test \
	lib/p2p/p2p_share_bad_test lib/p2p/p2p_bad_test lib/p2p/p2p_random_test lib/p2p/p2p_early_test lib/p2p/wait_test \
	lib/coll/create_test lib/coll/table_test lib/boot/node_test lib/boot/foreign_test
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
lib_base_conf_test_CFLAGS = $(unit_cflags)
lib_base_conf_test_LDADD = lib/libbase.la $(CHECK_LIBS)
lib_base_words_test_CFLAGS = $(unit_cflags)
lib_base_words_test_LDADD = lib/libbase.la $(CHECK_LIBS)
lib_base_handle_test_CFLAGS = $(unit_cflags)
lib_base_handle_test_LDADD = lib/libbase.la $(CHECK_LIBS)
lib_obj_group_test_CFLAGS = $(unit_cflags)
lib_obj_group_test_LDADD = lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_obj_topo_test_CFLAGS = $(unit_cflags)
lib_obj_topo_test_LDADD = lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_obj_comm_test_CFLAGS = $(unit_cflags)
lib_obj_comm_test_LDADD = lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_obj_leaks_test_CFLAGS = $(unit_cflags)
lib_obj_leaks_test_LDADD = lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_obj_reorder_test_CFLAGS = $(unit_cflags)
lib_obj_reorder_test_LDADD = lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_obj_info_test_CFLAGS = $(unit_cflags)
lib_obj_info_test_LDADD = lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_boot_node_test_CFLAGS = $(unit_cflags)
lib_boot_node_test_LDADD = lib/libboot.la lib/libbase.la $(CHECK_LIBS)
lib_boot_foreign_test_CFLAGS = $(unit_cflags)
lib_boot_foreign_test_LDADD = lib/libboot.la lib/libbase.la $(CHECK_LIBS)
lib_base_cursor_test_CFLAGS = $(unit_cflags)
lib_base_cursor_test_LDADD = $(CHECK_LIBS)
lib_base_list_test_CFLAGS = $(unit_cflags)
lib_base_list_test_LDADD = $(CHECK_LIBS)
lib_type_type_random_test_CFLAGS = $(unit_cflags)
lib_type_type_random_test_LDADD = lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_type_construct_test_CFLAGS = $(unit_cflags)
lib_type_construct_test_LDADD = lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_type_type_test_CFLAGS = $(unit_cflags)
lib_type_type_test_LDADD = lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_type_op_test_CFLAGS = $(unit_cflags)
lib_type_op_test_LDADD = lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_type_op_kernel_test_CFLAGS = $(unit_cflags)
lib_type_op_kernel_test_LDADD = lib/libtype.la lib/libbase.la $(CHECK_LIBS) -lm
# These two include lib/wire/shm.c.
lib_wire_shm_test_SOURCES = lib/wire/shm_test.c lib/wire/cma.c
lib_wire_shm_test_CFLAGS = $(unit_cflags)
lib_wire_shm_test_LDADD = $(CHECK_LIBS)
lib_wire_sleep_test_SOURCES = lib/wire/sleep_test.c lib/wire/cma.c
lib_wire_sleep_test_CFLAGS = $(unit_cflags)
lib_wire_sleep_test_LDADD = $(CHECK_LIBS)
lib_wire_cma_test_SOURCES = lib/wire/cma_test.c
lib_wire_cma_test_CFLAGS = $(unit_cflags)
lib_wire_cma_test_LDADD = lib/libwire.la $(CHECK_LIBS)
lib_wire_ofi_probe_test_CFLAGS = $(unit_cflags)
lib_wire_ofi_probe_test_LDADD = lib/libwire.la lib/libbase.la $(CHECK_LIBS)
lib_wire_ofi_frame_test_CFLAGS = $(unit_cflags)
lib_wire_ofi_frame_test_LDADD = lib/libwire.la lib/libbase.la $(CHECK_LIBS)
# The faults are the tests' alone.
lib_wire_ofi_test_SOURCES = lib/wire/ofi_test.c lib/wire/ofi_fault.h lib/wire/ofi_fault.c
lib_wire_ofi_test_CFLAGS = $(unit_cflags) $(LIBFABRIC_CFLAGS)
lib_wire_ofi_test_LDADD = lib/libwire.la lib/libbase.la $(CHECK_LIBS)
lib_p2p_match_test_CFLAGS = $(unit_cflags)
lib_p2p_match_test_LDADD = lib/libobj.la lib/libbase.la $(CHECK_LIBS)
lib_p2p_choice_test_CFLAGS = $(unit_cflags)
lib_p2p_choice_test_LDADD = lib/libp2p.la $(CHECK_LIBS)
lib_p2p_ids_test_CFLAGS = $(unit_cflags)
lib_p2p_ids_test_LDADD = lib/libp2p.la $(CHECK_LIBS)
# The fake wire is the tests' alone.
p2p_test_sources = lib/p2p/p2p_test.h lib/wire/fake.h lib/wire/fake.c
p2p_test_libraries = lib/libp2p.la lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_p2p_p2p_test_SOURCES = lib/p2p/p2p_test.c $(p2p_test_sources)
lib_p2p_p2p_test_CFLAGS = $(unit_cflags)
lib_p2p_p2p_test_LDADD = $(p2p_test_libraries)
lib_p2p_p2p_share_test_SOURCES = lib/p2p/p2p_share_test.c lib/p2p/p2p_share_test.h $(p2p_test_sources)
lib_p2p_p2p_share_test_CFLAGS = $(unit_cflags)
lib_p2p_p2p_share_test_LDADD = $(p2p_test_libraries)
lib_p2p_p2p_share_bad_test_SOURCES = lib/p2p/p2p_share_bad_test.c lib/p2p/p2p_share_test.h $(p2p_test_sources)
lib_p2p_p2p_share_bad_test_CFLAGS = $(unit_cflags)
lib_p2p_p2p_share_bad_test_LDADD = $(p2p_test_libraries)
lib_p2p_p2p_bad_test_SOURCES = lib/p2p/p2p_bad_test.c $(p2p_test_sources)
lib_p2p_p2p_bad_test_CFLAGS = $(unit_cflags)
lib_p2p_p2p_bad_test_LDADD = $(p2p_test_libraries)
lib_p2p_p2p_random_test_SOURCES = lib/p2p/p2p_random_test.c $(p2p_test_sources)
lib_p2p_p2p_random_test_CFLAGS = $(unit_cflags)
lib_p2p_p2p_random_test_LDADD = $(p2p_test_libraries)
lib_p2p_p2p_early_test_SOURCES = lib/p2p/p2p_early_test.c $(p2p_test_sources)
lib_p2p_p2p_early_test_CFLAGS = $(unit_cflags)
lib_p2p_p2p_early_test_LDADD = $(p2p_test_libraries)
lib_coll_table_test_CFLAGS = $(unit_cflags)
lib_coll_table_test_LDADD = lib/libcoll.la $(CHECK_LIBS)
lib_coll_create_test_CFLAGS = $(unit_cflags)
lib_coll_create_test_LDADD = lib/libcoll.la lib/libboot.la lib/libp2p.la lib/libobj.la lib/libtype.la lib/libbase.la $(CHECK_LIBS)
lib_p2p_wait_test_SOURCES = lib/p2p/wait_test.c $(p2p_test_sources)
lib_p2p_wait_test_CFLAGS = $(unit_cflags)
lib_p2p_wait_test_LDADD = $(p2p_test_libraries)
endif
