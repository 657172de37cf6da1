#!/bin/sh
# Each fuzzer runs over its corpus and then on random changes of it, for FUZZ_SECONDS (3) each. By hand, for minutes:
#
#     FUZZ_SECONDS=300 top_srcdir=.. top_builddir=. ../tests/fuzz/fuzz.sh
#
# What it finds is printed as base64, to be kept in corpus/ once it is mended.
# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

here=$top_srcdir/tests/fuzz
seconds=${FUZZ_SECONDS:-3}
clang=${CLANG:-clang}

build() {
    # shellcheck disable=SC2086 # words
    "$clang" -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I"$top_srcdir" \
        -I"$top_srcdir/lib" -I"$top_srcdir/include" -I"$top_builddir" "$here/$1.c" $sources -o "$scratch/$1"
}
sources=
for name in addrpack alloc bind bytes cpuset doctor_judge doctor_table doctor_text environ exchange grow hello hostfile hosts \
    jobpack knock layout options place policy proto rankfile remote seal topopack; do
    sources="$sources $top_srcdir/mpirun/$name.c"
done
sources="$sources $top_srcdir/lib/base/conf.c $top_srcdir/lib/base/words.c $top_srcdir/lib/wire/secret.c"

cat >"$scratch/nothing.c" <<'EOF'
int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size);
int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size) { return size && data[0] ? 0 : 0; }
EOF
if ! command -v "$clang" >/dev/null 2>&1; then
    reason="there is no clang (Debian: clang)"
elif ! "$clang" -fsanitize=fuzzer,address "$scratch/nothing.c" -o "$scratch/nothing" >"$scratch/log" 2>&1; then
    reason="clang has no libFuzzer here (Debian: libclang-rt-dev)"
else
    reason=
fi
for fuzzer in hostfile nodelist options launch; do
    if [ -n "$reason" ]; then
        skip "$fuzzer" "$reason"
        continue
    fi
    check "$fuzzer: builds" build "$fuzzer"
    check "$fuzzer: the corpus" "$scratch/$fuzzer" -runs=0 "$here/corpus/$fuzzer"
    mkdir "$scratch/new" && check "$fuzzer: random changes for $seconds s" \
        "$scratch/$fuzzer" -max_total_time="$seconds" -verbosity=0 -timeout=10 -rss_limit_mb=2048 -max_len=2048 \
        -artifact_prefix="$scratch/" "$scratch/new" "$here/corpus/$fuzzer"
    rm -rf "$scratch/new"
done
plan
