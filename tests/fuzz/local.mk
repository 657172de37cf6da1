# Random bytes for what reads files and command lines, by libFuzzer. Once is enough: it brings its own sanitizers.
if !SANITIZED
TESTS += tests/fuzz/fuzz.sh
endif
EXTRA_DIST += tests/fuzz/fuzz.sh tests/fuzz/hostfile.c tests/fuzz/nodelist.c tests/fuzz/options.c tests/fuzz/launch.c tests/fuzz/corpus
