#! /bin/sh
# CMake's find_package(MPI) finds the moved tree, and what it builds runs; mpicc as CMake's compiler works too.
# shellcheck source=tests/wrappers/common.sh
. "${0%/*}/common.sh"

have cmake || skip_all "cmake is not installed"
cp "$hello_c" "$hello_cc" "$work"
cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.10)
project(hello C CXX)
find_package(MPI REQUIRED)
message(STATUS "C library: ${MPI_C_LIBRARIES}")
message(STATUS "C version: ${MPI_C_VERSION}")
add_executable(hello-c hello.c)
target_link_libraries(hello-c MPI::MPI_C)
add_executable(hello-cxx hello.cc)
target_link_libraries(hello-cxx MPI::MPI_CXX)
add_custom_target(run COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 $<TARGET_FILE:hello-c>)
END
PATH=$bin:$PATH
export PATH CC CXX
generator='Unix Makefiles'
if have ninja; then generator=Ninja; fi
run_target() {
	matches 0 "*hello from rank ? of 2 on *hello from rank ? of 2 on *" cmake --build "$1" --target run
}

plan 14

check "configure" cmake -S . -B build -G "$generator"
cp "$work/log" configure.log
check "it took this library" grep -F "C library: $lib/libmpi_abi.so" configure.log
check "it saw MPI 5.0" grep -F "C version: 5.0" configure.log
check "build" cmake --build build
check "C: run alone" says_hello 1 ./build/hello-c
check "C++: run alone" says_hello 1 ./build/hello-cxx
if [ -x "$bin/mpiexec" ]; then
	check "it took this mpiexec" grep -F "MPIEXEC_EXECUTABLE:FILEPATH=$bin/mpiexec" build/CMakeCache.txt
	check "C: run through \${MPIEXEC_EXECUTABLE} \${MPIEXEC_NUMPROC_FLAG} 2" run_target build
	check "C++: two ranks" says_hello 2 "$bin/mpiexec" -n 2 ./build/hello-cxx
else
	skip 3 "there is no mpiexec yet"
fi
check "installed program keeps the way to its library" sh -c "
	cmake -S . -B build -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON >/dev/null && cmake --build build"
check "... and runs" says_hello 1 ./build/hello-c

# CMAKE_C_COMPILER=mpicc: the compiler's id, its implicit libraries, and find_package on top of it.
check "mpicc and mpicxx as the compilers: configure" \
	env CC=mpicc CXX=mpicxx cmake -S . -B build2 -G "$generator"
check "... build" cmake --build build2
check "... run" sh -c "./build2/hello-c && ./build2/hello-cxx"
