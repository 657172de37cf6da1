# The prototypes of functions and callbacks in mpi.h, one per line.
{
    gsub(/\/\*[^*]*\*\//, "")
}
/^#/ || /^[ \t]*$/ {
    next
}
{
    whole = whole " " $0
}
/;[ \t]*$/ {
    if (whole ~ /^ [A-Za-z_ ]+[ *]MPI_[A-Za-z_0-9]+\(/)
        print whole
    whole = ""
}
