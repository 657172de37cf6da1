# Other names of a page, from its NAME section: one line "section link page" for each name that is not the file's own,
# such as "3 MPI_Finalize.3 MPI_Init.3". Reads any number of pages; prints only. With -v all=1 the file's own name is
# printed as well.
FNR == 1 {
    page = FILENAME
    sub(/.*\//, "", page)
    section = page
    sub(/.*\./, "", section)
    in_name = 0
}
/^\.SH/ {
    in_name = $2 == "NAME"
    names = ""
    next
}
in_name {
    end = match($0, /\\-[ \t]/)
    names = names " " (end ? substr($0, 1, end - 1) : $0)
    if (!end)
        next
    in_name = 0
    count = split(names, name, /[, \t]+/)
    for (i = 1; i <= count; i++) {
        gsub(/\\/, "", name[i])
        if (name[i] != "" && (all || name[i] "." section != page))
            print section, name[i] "." section, page
    }
}
