# Tests of mpicc, mpicxx and the pkg-config files: each installs the built tree, moves it, and works from there.
wrapper_tests = tests/wrappers/queries.sh tests/wrappers/compile.sh tests/wrappers/pkg-config.sh \
  tests/wrappers/cmake.sh tests/wrappers/meson.sh tests/wrappers/autoconf.sh
TESTS += $(wrapper_tests)
EXTRA_DIST += $(wrapper_tests) tests/wrappers/common.sh
