# The manual. A page of section 3 describes a family of functions; what else stands in its NAME line, and the other
# names of commands, become one-line pages (".so man3/MPI_Init.3") when they are installed. So a function that begins
# to work needs its name and prototype in one page here, and nothing else; tests/man/pages.sh tells what is missing.
dist_man1_MANS = man/mpirun.1 man/mpicc.1 man/godwit-info.1 man/godwit-bench.1 man/godwit-compare.1
dist_man3_MANS = man/MPI_Abort.3 man/MPI_Alloc_mem.3 man/MPI_Buffer_attach.3 man/MPI_Cancel.3 man/MPI_Comm_create_errhandler.3 \
	man/MPI_Comm_rank.3 man/MPI_Comm_toint.3 man/MPI_Error_class.3 man/MPI_Get_address.3 man/MPI_Get_count.3 \
	man/MPI_Get_processor_name.3 man/MPI_Get_version.3 man/MPI_Grequest_start.3 man/MPI_Info_create.3 \
	man/MPI_Init.3 man/MPI_Isend.3 man/MPI_Mprobe.3 man/MPI_Probe.3 man/MPI_Psend_init.3 man/MPI_Query_thread.3 \
	man/MPI_Recv.3 man/MPI_Request_free.3 man/MPI_Request_get_status.3 man/MPI_Send.3 man/MPI_Send_init.3 \
	man/MPI_Sendrecv.3 man/MPI_Status_set_elements.3 man/MPI_Type_size.3 man/MPI_Type_vector.3 man/MPI_Type_indexed.3 \
	man/MPI_Type_create_struct.3 man/MPI_Type_create_subarray.3 man/MPI_Type_commit.3 man/MPI_Type_get_envelope.3 \
	man/MPI_Type_create_keyval.3 man/MPI_Type_create_f90_real.3 man/MPI_Wait.3 man/MPI_Wtime.3 \
	man/MPI_Op_create.3 man/MPI_Reduce_local.3 man/MPI_Pack.3 man/MPI_Pack_external.3 \
	man/MPI_Group_size.3 man/MPI_Group_incl.3 man/MPI_Comm_dup.3 man/MPI_Comm_create.3 man/MPI_Comm_split.3 \
	man/MPI_Intercomm_create.3 man/MPI_Comm_free.3 man/MPI_Comm_compare.3 man/MPI_Comm_set_name.3 man/MPI_Comm_set_info.3 \
	man/MPI_Comm_create_keyval.3 man/MPI_Add_error_class.3 man/MPI_Session_init.3 man/MPI_Cart_create.3 man/MPI_Dims_create.3 \
	man/MPI_Graph_create.3 man/MPI_Dist_graph_create.3 \
	man/MPI_Barrier.3 man/MPI_Bcast.3 man/MPI_Gather.3 man/MPI_Scatter.3 man/MPI_Allgather.3 man/MPI_Alltoall.3 \
	man/MPI_Reduce.3 man/MPI_Allreduce.3 man/MPI_Reduce_scatter.3 man/MPI_Scan.3 man/MPI_Neighbor_allgather.3 \
	man/MPI_Neighbor_alltoall.3 \
	man/MPI_T_init_thread.3 man/MPI_T_cvar_get_info.3 man/MPI_T_pvar_get_info.3 man/MPI_T_category_get_info.3 \
	man/MPI_T_event_get_info.3 man/MPI_Alloc_mem.3 man/MPI_Pcontrol.3
dist_man7_MANS = man/godwit.7
EXTRA_DIST += man/links.awk

man_links = (cd '$(srcdir)' && $(AWK) -f man/links.awk $(dist_man1_MANS) $(dist_man3_MANS))
man_each_link = $(man_links) | while read -r section link page; do \
	  case $$section in 1) dir='$(DESTDIR)$(man1dir)' ;; *) dir='$(DESTDIR)$(man3dir)' ;; esac;

INSTALL_DATA_HOOKS += install-man-links
install-man-links:
	@echo " making the man pages of other names in '$(DESTDIR)$(mandir)'"; $(man_each_link) \
	  $(MKDIR_P) "$$dir" && rm -f "$$dir/$$link" && echo ".so man$$section/$$page" >"$$dir/$$link" && \
	  chmod 644 "$$dir/$$link" || exit 1; done

UNINSTALL_HOOKS += uninstall-man-links
uninstall-man-links:
	@echo " removing the man pages of other names from '$(DESTDIR)$(mandir)'"; $(man_each_link) \
	  rm -f "$$dir/$$link" || exit 1; done

.PHONY: install-man-links uninstall-man-links
