# Small programs that people start from. Those of example_programs answer for themselves: they compare their result with
# what one process computes; `make check` builds them and tests/examples/run.sh runs them.
examplesdir = $(docdir)/examples
dist_examples_DATA = examples/hello.c examples/hello.cc examples/ring.c examples/workers.c \
	examples/heat.c examples/samplesort.c examples/cg.c examples/nbody.c examples/pi.c examples/transpose.c \
	examples/rpc.c examples/multicast.c examples/queue.c examples/pubsub.c

example_programs = examples/ring examples/workers examples/heat examples/samplesort examples/cg examples/nbody \
	examples/pi examples/transpose examples/rpc examples/multicast examples/queue examples/pubsub
check_PROGRAMS += $(example_programs)
example_ldflags = $(AM_LDFLAGS) -no-install
examples_ring_LDADD = libmpi_abi.la
examples_ring_LDFLAGS = $(example_ldflags)
examples_workers_LDADD = libmpi_abi.la
examples_workers_LDFLAGS = $(example_ldflags)
examples_heat_LDADD = libmpi_abi.la
examples_heat_LDFLAGS = $(example_ldflags)
examples_samplesort_LDADD = libmpi_abi.la
examples_samplesort_LDFLAGS = $(example_ldflags)
examples_cg_LDADD = libmpi_abi.la
examples_cg_LDFLAGS = $(example_ldflags)
examples_nbody_LDADD = libmpi_abi.la -lm
examples_nbody_LDFLAGS = $(example_ldflags)
examples_pi_LDADD = libmpi_abi.la
examples_pi_LDFLAGS = $(example_ldflags)
examples_transpose_LDADD = libmpi_abi.la
examples_transpose_LDFLAGS = $(example_ldflags)
examples_rpc_LDADD = libmpi_abi.la
examples_rpc_LDFLAGS = $(example_ldflags)
examples_multicast_LDADD = libmpi_abi.la
examples_multicast_LDFLAGS = $(example_ldflags)
examples_queue_LDADD = libmpi_abi.la
examples_queue_LDFLAGS = $(example_ldflags)
examples_pubsub_LDADD = libmpi_abi.la
examples_pubsub_LDFLAGS = $(example_ldflags)
