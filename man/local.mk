dist_man1_MANS = man/mpicc.1
