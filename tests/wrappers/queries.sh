#! /bin/sh
# Every question that CMake, Meson and the users of other MPIs put to a compiler wrapper: the answer and the exit status.
# shellcheck source=tests/wrappers/common.sh
. "${0%/*}/common.sh"

version=$(sed -n 's/^PACKAGE_VERSION = //p' "$top_builddir/Makefile")
compile="-I\"$include\""
link="-L\"$lib\" -Wl,\"-rpath,$lib\" -Wl,--enable-new-dtags -lmpi_abi"
cc=$("$bin/mpicc" -showme:command)
cxx=$("$bin/mpicxx" -showme:command)

plan 60

check "the compiler is configure's, without its extra options" matches 0 "${CC%% *}*" echo "$cc"
for dash in - --; do
	for show in showme show; do
		check "mpicc $dash$show" answers 0 "$cc $compile $link" "$bin/mpicc" $dash$show
	done
	check "mpicxx ${dash}showme" answers 0 "$cxx $compile $link" "$bin/mpicxx" ${dash}showme
	check "mpicc ${dash}showme:compile" answers 0 "$compile" "$bin/mpicc" ${dash}showme:compile
	check "mpicc ${dash}showme:link" answers 0 "$link" "$bin/mpicc" ${dash}showme:link
	check "mpicxx ${dash}showme:link" answers 0 "$link" "$bin/mpicxx" ${dash}showme:link
	check "mpicc ${dash}showme:command" answers 0 "$cc" "$bin/mpicc" ${dash}showme:command
	check "mpicc ${dash}showme:incdirs" answers 0 "\"$include\"" "$bin/mpicc" ${dash}showme:incdirs
	check "mpicc ${dash}showme:libdirs" answers 0 "\"$lib\"" "$bin/mpicc" ${dash}showme:libdirs
	check "mpicc ${dash}showme:libs" answers 0 mpi_abi "$bin/mpicc" ${dash}showme:libs
	check "mpicc ${dash}showme:version" answers 0 "mpicc: Godwit $version (Language: C)" "$bin/mpicc" ${dash}showme:version
	check "mpicc ${dash}showme:help" matches 0 "mpicc: the Godwit*-showme:libs*I_MPI_CC*" "$bin/mpicc" ${dash}showme:help
	check "mpicc ${dash}showme:nonsense fails" matches 1 "mpicc: unrecognized query*" "$bin/mpicc" ${dash}showme:nonsense
	check "mpicc ${dash}shownonsense fails" matches 1 "mpicc: unrecognized option*" "$bin/mpicc" ${dash}shownonsense
	check "mpicc ${dash}cray-print-opts=cflags fails" matches 1 "*unrecognized*" "$bin/mpicc" ${dash}cray-print-opts=cflags
	check "mpicc ${dash}show-compile-info" answers 0 "$cc $compile" "$bin/mpicc" ${dash}show-compile-info
	check "mpicc ${dash}show-link-info" answers 0 "$cc $link" "$bin/mpicc" ${dash}show-link-info
done
for joint in - _; do
	check "mpicc -compile${joint}info" answers 0 "$cc $compile" "$bin/mpicc" -compile${joint}info
	check "mpicc -link${joint}info" answers 0 "$cc $link" "$bin/mpicc" -link${joint}info
	check "mpicxx -compile${joint}info" answers 0 "$cxx $compile" "$bin/mpicxx" -compile${joint}info
done
check "--no-as-needed --cray-print-opts=libs fails" \
	matches 1 "*unrecognized*" "$bin/mpicc" --no-as-needed --cray-print-opts=libs
check "-help" matches 0 "mpicxx: the Godwit*I_MPI_CXX*" "$bin/mpicxx" -help
check "a link answers with its own name" \
	answers 0 "mpic++: Godwit $version (Language: C++)" "$bin/mpic++" -showme:version
check "mpiCC is mpicxx" answers 0 "mpiCC: Godwit $version (Language: C++)" "$bin/mpiCC" -showme:version
check "mpic++ and mpiCC are relative links" \
	answers 0 "mpicxx
mpicxx" readlink "$bin/mpic++" "$bin/mpiCC"
check "-profile= says that it is not supported" matches 1 "mpicc: '-profile=x' is not supported*" "$bin/mpicc" -profile=x
check "-mpi-abi changes nothing" answers 0 "$compile" "$bin/mpicc" -mpi-abi -showme:compile

check "-show works other arguments in" \
	answers 0 "$cc $compile a.c -O2 -o a $link" "$bin/mpicc" a.c -show -O2 -o a
check "-show -c leaves the library out" answers 0 "$cc $compile -c a.c" "$bin/mpicc" -show -c a.c
check "-show quotes what a shell would take apart" \
	answers 0 "$cc $compile -c \"a b.c\" -D\"X=\\\"y \\\$z\\\"\" \"\"" "$bin/mpicc" -show -c 'a b.c' '-DX="y $z"' ''
check "the value of an option is no question" answers 0 "$cc $compile -c a.c -o -show" "$bin/mpicc" -show -c a.c -o -show

check "-v alone names the wrapper first" matches 0 "mpicc for Godwit version $version
*" "$bin/mpicc" -v
check "--version is the compiler's" answers 0 "$($cc --version)" "$bin/mpicc" --version
check "-dumpversion is the compiler's" answers 0 "$($cxx -dumpversion)" "$bin/mpicxx" -dumpversion
check "-print-search-dirs is the compiler's" answers 0 "$($cc -print-search-dirs)" "$bin/mpicc" -print-search-dirs
check "no argument at all fails as the compiler does" matches 1 "*no input files*" "$bin/mpicc"
check "an option that nobody knows fails" matches 1 "*" "$bin/mpicc" -qversion
check "a link from elsewhere finds the tree" sh -c "ln -s '$bin/mpicc' '$work/other name' &&
	[ \"\$('$work/other name' -showme:incdirs)\" = '\"$include\"' ]"
check "found on PATH" env PATH="$bin:$PATH" sh -c "[ \"\$(mpicc -showme:incdirs)\" = '\"$include\"' ]"
