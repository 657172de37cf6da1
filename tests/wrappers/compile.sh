#! /bin/sh
# The wrappers at work: programs in C and C++ built in every usual way and run, compilers chosen, arguments kept whole.
# shellcheck source=tests/wrappers/common.sh
. "${0%/*}/common.sh"

# A compiler that only says how it was called, one argument to a line.
mkdir "$work/my tools"
cat >"$work/my tools/echo-cc" <<'END'
#! /bin/sh
printf '<%s>\n' "$@"
END
chmod +x "$work/my tools/echo-cc"
ln -s "my tools/echo-cc" "$work/echo-cc"
runs_path() {  # the program's run path is $1
	matches 0 "*RUNPATH*\\[$1\\]*" readelf -d "$2"
}

plan 39

check "C: build" "$bin/mpicc" -Wall -Wextra -Werror "$hello_c" -o "$work/hello"
check "C: run alone" says_hello 1 "$work/hello"
check "C++: build" "$bin/mpicxx" -Wall -Wextra -Werror "$hello_cc" -o "$work/hello++"
check "C++: run alone" says_hello 1 "$work/hello++"
if [ -x "$bin/mpirun" ]; then
	check "C: two ranks" says_hello 2 "$bin/mpirun" -n 2 "$work/hello"
	check "C++: two ranks" says_hello 2 "$bin/mpirun" -n 2 "$work/hello++"
else
	skip 2 "there is no mpirun yet"
fi
if have readelf; then
	check "the program carries RUNPATH, which LD_LIBRARY_PATH overrules" runs_path "$lib" "$work/hello"
else
	skip 1 "readelf is not installed"
fi
check "compile and link in two steps" sh -ec "'$bin/mpicc' -c '$hello_c' -o '$work/hello.o'
	'$bin/mpicc' '$work/hello.o' -o '$work/hello2'"
check "... and run" says_hello 1 "$work/hello2"
if has_static_libc; then
	check "-static: build" "$bin/mpicc" -static "$hello_c" -o "$work/hello-static"
	check "-static: run" says_hello 1 "$work/hello-static"
else
	skip 2 "this machine has no static C library"
fi
check "-static-mpi: build" "$bin/mpicc" -static-mpi "$hello_c" -o "$work/hello-mpi"
check "-static-mpi: run" says_hello 1 "$work/hello-mpi"
check "-static-mpi: without the shared library" sh -c "! grep -q libmpi_abi.so '$work/hello-mpi'"
check "a shared library of the user's" "$bin/mpicc" -shared -fPIC "$hello_c" -o "$work/libhello.so"
check "source from standard input" sh -c "'$bin/mpicc' -x c - -o '$work/stdin' <'$hello_c'"
check "-r makes one object of two" "$bin/mpicc" -r "$work/hello.o" -o "$work/one.o"
check "the compiler's exit status comes back" matches 1 "*error*" "$bin/mpicc" -c "$work/no such file.c"

for compiler in gcc clang; do
	if have $compiler; then
		check "$compiler: compiling alone warns about nothing" answers 0 "" \
			"$bin/mpicc" -cc=$compiler -Wall -Wextra -c "$hello_c" -o "$work/x.o"
		check "$compiler: linking alone warns about nothing" answers 0 "" \
			"$bin/mpicc" -cc=$compiler -Wall -Wextra "$work/x.o" -o "$work/x"
		check "$compiler: the rest that never links is silent" answers 0 "" sh -c "
			for only in -S -fsyntax-only; do
				'$bin/mpicc' -cc=$compiler -Wall -Wextra \$only '$hello_c' -o '$work/x.s' || exit
			done
			for only in -E -M -MM; do '$bin/mpicc' -cc=$compiler -Wall \$only '$hello_c' -o '$work/x.i' || exit; done"
	else
		skip 3 "$compiler is not installed"
	fi
done

# Arguments stay whole. The compiler is a path with a blank.
check "arguments with blanks and quotes survive" answers 0 "<-I$include>
<-c>
<a  b.c>
<-DX=\"it's\" \\ \$HOME *>
<>" env GODWIT_CC="$work/my tools/echo-cc" "$bin/mpicc" -c 'a  b.c' "-DX=\"it's\" \\ \$HOME *" ''
check "what is the wrapper's own is taken out" answers 0 "<-I$include>
<-c>
<a  b.c>" "$bin/mpicc" "-cc=$work/my tools/echo-cc" -mpi-abi -c 'a  b.c'
check "a compiler with arguments" answers 0 "<first>
<-O>
<-I$include>
<-c>
<a.c>" env GODWIT_CC="$work/echo-cc first -O" "$bin/mpicc" -c a.c
check "no link options without a file to link" answers 0 "<--version>" env GODWIT_CC="$work/echo-cc" "$bin/mpicc" --version
check "the value of -o is not such a file" answers 0 "<-o>
<a>" env GODWIT_CC="$work/echo-cc" "$bin/mpicc" -o a

# Which compiler wins: each of these before all that follow.
precedence() {  # precedence WRAPPER LANGUAGE
	answers 0 5 env "I_MPI_$2=5" "$bin/$1" -showme:command &&
		answers 0 4 env "I_MPI_$2=5" "MPICH_$2=4" "$bin/$1" -showme:command &&
		answers 0 3 env "I_MPI_$2=5" "MPICH_$2=4" "OMPI_$2=3" "$bin/$1" -showme:command &&
		answers 0 2 env "I_MPI_$2=5" "MPICH_$2=4" "OMPI_$2=3" "MPI$2_$2=2" "$bin/$1" -showme:command &&
		answers 0 1 env "I_MPI_$2=5" "MPICH_$2=4" "OMPI_$2=3" "MPI$2_$2=2" "GODWIT_$2=1" "$bin/$1" -showme:command
}
check "GODWIT_CC, MPICC_CC, OMPI_CC, MPICH_CC, I_MPI_CC in this order" precedence mpicc CC
check "GODWIT_CXX, MPICXX_CXX, OMPI_CXX, MPICH_CXX, I_MPI_CXX in this order" precedence mpicxx CXX
check "-cc= beats them all" answers 0 0 env GODWIT_CC=1 "$bin/mpicc" -showme:command -cc=0
check "-cxx= too" answers 0 0 env GODWIT_CXX=1 "$bin/mpicxx" -showme:command -cxx=0
check "and its old name -CC=" answers 0 0 env GODWIT_CXX=1 "$bin/mpicxx" -showme:command -CC=0
check "an empty variable counts as not set" \
	answers 0 4 env GODWIT_CC= MPICH_CC=4 "$bin/mpicc" -showme:command
check "a variable of the other language does not count" \
	answers 0 "$("$bin/mpicc" -showme:command)" env GODWIT_CXX=1 "$bin/mpicc" -showme:command
check "a compiler that is not there: a sentence, and 127" answers 127 \
	"mpicc: the compiler 'no-such-cc' (from OMPI_CC) was not found; install it or name another in GODWIT_CC" \
	env OMPI_CC=no-such-cc "$bin/mpicc" -c a.c
check "the wrapper as its own compiler: a sentence, no endless loop" answers 1 \
	"mpicc: MPICH_CC names this wrapper itself ('$bin/mpicc'); set it to a real compiler" \
	env MPICH_CC="$bin/mpicc" "$bin/mpicc" -c a.c
check "a C++ compiler for C++" says_hello 1 sh -ec "
	GODWIT_CXX='$CXX' '$bin/mpic++' -std=c++11 '$hello_cc' -o '$work/hello++11'; '$work/hello++11'"
