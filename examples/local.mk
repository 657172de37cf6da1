# Small programs that people start from.
examplesdir = $(docdir)/examples
dist_examples_DATA = examples/hello.c examples/hello.cc examples/ring.c examples/workers.c
