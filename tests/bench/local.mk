# godwit-bench and godwit-compare as commands.
TESTS += tests/bench/bench.sh tests/bench/compare.sh
EXTRA_DIST += tests/bench/bench.sh tests/bench/compare.sh
