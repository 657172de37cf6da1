# Benchmarks: programs that measure any MPI of the standard ABI.
