# The programs of examples/ answer for themselves.
TESTS += tests/examples/run.sh
EXTRA_DIST += tests/examples/run.sh
