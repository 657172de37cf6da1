# Tests of the manual: it renders, and says what the code says.
man_tests = tests/man/pages.sh
TESTS += $(man_tests)
EXTRA_DIST += $(man_tests) tests/man/synopsis.awk tests/man/prototypes.awk
