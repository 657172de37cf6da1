# Benchmarks. godwit-bench uses the standard ABI and libc only, so the same binary runs under any MPI that has the
# ABI. It is linked with the library's file, not through libtool, whose wrapper script would put Godwit's own library
# before every other; the run path finds it in the build tree and in an installed one, and LD_LIBRARY_PATH wins.
bin_PROGRAMS += benchmarks/godwit-bench benchmarks/godwit-compare
noinst_LTLIBRARIES += benchmarks/libbench.la
# What knows nothing of MPI: for both programs and for the unit tests.
benchmarks_libbench_la_SOURCES = benchmarks/point.h benchmarks/stats.h benchmarks/stats.c benchmarks/report.h \
	benchmarks/kind.h benchmarks/kind.c benchmarks/quantity.c benchmarks/table.c benchmarks/csv.c \
	benchmarks/json.c benchmarks/files.c benchmarks/plot.h benchmarks/plot_inside.h benchmarks/plot.c \
	benchmarks/plot_axis.c benchmarks/plot_legend.c benchmarks/plot_dots.c benchmarks/plot_choice.h benchmarks/plot_choice.c \
	benchmarks/plot_series.c \
	benchmarks/plot_points.c \
	benchmarks/cpus.h benchmarks/cpus.c benchmarks/memory.h benchmarks/memory.c \
	benchmarks/floor.h benchmarks/floor_inside.h benchmarks/floor.c benchmarks/floor_run.c benchmarks/floor_line.c \
	benchmarks/floor_copy.c benchmarks/floor_process.c benchmarks/floor_tcp.c \
	benchmarks/options.h benchmarks/options.c
benchmarks_libbench_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
benchmarks_godwit_bench_SOURCES = benchmarks/bench.h benchmarks/main.c benchmarks/world.c benchmarks/buffers.c \
	benchmarks/measure.c benchmarks/pingpong.c benchmarks/stream.c benchmarks/modes.c benchmarks/overlap.c \
	benchmarks/coll.h benchmarks/coll.c benchmarks/coll_calls.c benchmarks/sweep.c
benchmarks_godwit_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
benchmarks_godwit_bench_LDADD = benchmarks/libbench.la .libs/libmpi_abi.so
benchmarks_godwit_bench_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed -Wl,--enable-new-dtags \
	-Wl,-rpath,'$$ORIGIN/../lib:$$ORIGIN/../.libs:$(libdir)'
benchmarks_godwit_bench_DEPENDENCIES = benchmarks/libbench.la libmpi_abi.la
benchmarks_godwit_compare_SOURCES = benchmarks/compare.h benchmarks/compare.c benchmarks/launcher.c \
	benchmarks/run.c benchmarks/grid.c benchmarks/compare_table.c benchmarks/compare_files.c \
	benchmarks/startup.c
benchmarks_godwit_compare_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
benchmarks_godwit_compare_LDADD = benchmarks/libbench.la

if HAVE_CHECK
bench_unit_tests = benchmarks/stats_test benchmarks/options_test benchmarks/report_test benchmarks/plot_test \
	benchmarks/floor_test benchmarks/csv_test
check_PROGRAMS += $(bench_unit_tests)
TESTS += $(bench_unit_tests)
bench_unit_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)
benchmarks_stats_test_CPPFLAGS = $(bench_unit_cppflags)
benchmarks_stats_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
benchmarks_stats_test_LDADD = benchmarks/libbench.la $(CHECK_LIBS)
benchmarks_options_test_CPPFLAGS = $(bench_unit_cppflags)
benchmarks_options_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
benchmarks_options_test_LDADD = benchmarks/libbench.la $(CHECK_LIBS)
benchmarks_report_test_SOURCES = benchmarks/report_test.c benchmarks/report_test.h
benchmarks_csv_test_SOURCES = benchmarks/csv_test.c benchmarks/report_test.h
benchmarks_report_test_CPPFLAGS = $(bench_unit_cppflags)
benchmarks_report_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
benchmarks_report_test_LDADD = benchmarks/libbench.la $(CHECK_LIBS)
benchmarks_csv_test_CPPFLAGS = $(bench_unit_cppflags)
benchmarks_csv_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
benchmarks_csv_test_LDADD = benchmarks/libbench.la $(CHECK_LIBS)
benchmarks_plot_test_CPPFLAGS = $(bench_unit_cppflags)
benchmarks_plot_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
benchmarks_plot_test_LDADD = benchmarks/libbench.la $(CHECK_LIBS)
benchmarks_floor_test_CPPFLAGS = $(bench_unit_cppflags)
benchmarks_floor_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
benchmarks_floor_test_LDADD = benchmarks/libbench.la $(CHECK_LIBS)
endif
# The picture in README.md.
EXTRA_DIST += benchmarks/example.svg
