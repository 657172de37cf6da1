# Writes the programs that hold mpi.h against the tables: check_constants.c (what=constants) and check_prototypes.c
# (what=prototypes). include/generate-abi.sh calls it with types.md and the tables of constants, callbacks and
# functions. It shares no line with the program that writes mpi.h, on purpose, and takes the types from types.md.
# Whatever the compiler can decide is a _Static_assert, so that a wrong header stops `make check` with the name.

BEGIN { FS = "\t" }

FNR == 1 { table++ }

# types.md: the words MPI_Name in the first column of its rows on handles are the names of types.
table == 1 && /^\| (handles: )?MPI_/ && /pointer to an incomplete struct/ {
    split($0, column, "|")
    sub(/^ handles: /, "", column[2])
    gsub(/ /, "", column[2])
    n = split(column[2], word, ",")
    for (i = 1; i <= n; i++) {
        handle[++handles] = word[i]
        structure[handles] = "MPI_ABI_" substr(word[i], 5)
    }
}
table == 1 && /^\| MPI_T_.* named enumerations/ {
    split($0, column, "|")
    gsub(/ /, "", column[2])
    enumerations = split(column[2], enumeration, ",")
}

table > 1 && FNR == 1 { next }
table == 2 && $2 == "int" { integers++; print_later(1, assertion($1 " == " $3, $1)); print_later(1, same($1, "int")) }
table == 2 && $2 == "macro" { macros++; macro[macros] = $1; text[$1] = $3 }
table == 2 && $2 ~ /^MPI_/ { predefined++; object[predefined] = $1; type[$1] = $2; number[$1] = $3 }
table == 3 { print_later(2, assertion("__builtin_types_compatible_p(" $1 ", " $2 " (" $3 "))", $1)) }
table == 4 {
    functions++
    routine[functions] = $1
    print_later(3, same($1, $2 " (" $3 ")"))
    print_later(3, same("P" $1, $2 " (" $3 ")"))
}

END {
    if (handles != 17 || enumerations != 2 || !integers || !macros || !predefined || !functions) {
        print "generate-checks: a table is missing or reads differently from what this program expects" > "/dev/stderr"
        exit 1
    }
    if (what == "constants")
        constants_program()
    else
        prototypes_program()
}

function assertion(condition, name) { return "_Static_assert(" condition ", \"" name "\");" }

function same(name, wanted) {
    return assertion("__builtin_types_compatible_p(__typeof__(" name "), " wanted ")", "type of " name)
}

function print_later(part, line) { lines[part] = lines[part] line "\n" }

# --- check_constants.c ---

function constants_program(    i) {
    print "/* Written by include/generate-abi.sh: every type and constant of mpi.h against tests/abi. */"
    print "#include <mpi.h>"
    print "#include <stddef.h>"
    print "#include <stdint.h>"
    print "#include <stdio.h>"
    print ""
    types_part()
    print ""
    printf "%s", lines[1]
    print ""
    print "static int tests, wrong;"
    print ""
    print "static void value(const char *name, intptr_t found, intptr_t wanted)"
    print "{"
    print "    if (found == wanted)"
    print "        return;"
    print "    printf(\"# %s is %#jx, not %#jx\\n\", name, (uintmax_t)found, (uintmax_t)wanted);"
    print "    wrong++;"
    print "}"
    print ""
    print "static void done(const char *what)"
    print "{"
    print "    printf(\"%sok %d - %s\\n\", wrong ? \"not \" : \"\", ++tests, what);"
    print "    wrong = 0;"
    print "}"
    print ""
    print "int main(void)"
    print "{"
    print "    done(\"sizes, layouts and kinds of the types\");"
    print "    done(\"" integers " constants of type int\");"
    handles_part()
    macros_part()
    print "    printf(\"1..%d\\n\", tests);"
    print "    return 0;"
    print "}"
}

function types_part(    i, j) {
    print same("(MPI_Aint)0", "intptr_t")
    print same("(MPI_Offset)0", "int64_t")
    print same("(MPI_Count)0", "int64_t")
    print assertion("sizeof(MPI_Aint) == sizeof(void *) && (MPI_Aint)-1 < 0", "MPI_Aint is as wide as a pointer, signed")
    print assertion("sizeof(MPI_Offset) == 8 && (MPI_Offset)-1 < 0", "MPI_Offset has 8 bytes, signed")
    print assertion("sizeof(MPI_Count) == 8 && (MPI_Count)-1 < 0", "MPI_Count has 8 bytes, signed")
    print assertion("sizeof(MPI_Status) == 32", "MPI_Status has 32 bytes")
    print assertion("_Alignof(MPI_Status) == _Alignof(int)", "MPI_Status is aligned like an int")
    print assertion("offsetof(MPI_Status, MPI_SOURCE) == 0", "MPI_SOURCE is at 0")
    print assertion("offsetof(MPI_Status, MPI_TAG) == 4", "MPI_TAG is at 4")
    print assertion("offsetof(MPI_Status, MPI_ERROR) == 8", "MPI_ERROR is at 8")
    print assertion("offsetof(MPI_Status, MPI_internal) == 12", "MPI_internal is at 12")
    print same("((MPI_Status *)0)->MPI_SOURCE", "int")
    print same("((MPI_Status *)0)->MPI_TAG", "int")
    print same("((MPI_Status *)0)->MPI_ERROR", "int")
    print same("((MPI_Status *)0)->MPI_internal", "int[5]")
    for (i = 1; i <= handles; i++) {
        print same("(" handle[i] ")0", "struct " structure[i] " *")
        for (j = 1; j < i; j++)
            print assertion("!__builtin_types_compatible_p(" handle[i] ", " handle[j] ")", handle[i] " is not " handle[j])
    }
    for (i = 1; i <= enumerations; i++) {
        print same("(" enumeration[i] ")0", "enum " enumeration[i])
        print assertion("sizeof(" enumeration[i] ") == sizeof(int)", enumeration[i] " is as wide as an int")
    }
}

# The predefined handles, one result for each type; a constant expression cannot hold a pointer, so this runs.
function handles_part(    i, j, count) {
    for (i = 1; i <= handles; i++) {
        count = 0
        for (j = 1; j <= predefined; j++)
            if (type[object[j]] == handle[i]) {
                count++
                print "    " same(object[j], handle[i])
                print "    value(\"" object[j] "\", (intptr_t)" object[j] ", " number[object[j]] ");"
            }
        if (count)
            print "    done(\"" count " predefined " (count > 1 ? "handles" : "handle") " of type " handle[i] "\");"
    }
}

# A macro's text in the table is a number, the name of another constant, or ((type)number).
function macros_part(    i, name, wanted, cast, part) {
    for (i = 1; i <= macros; i++) {
        name = macro[i]
        wanted = text[name]
        if (wanted ~ /^[0-9]+$/) {
            print "#if " name " != " wanted
            print "#error " name " has another value for the preprocessor"
            print "#endif"
            cast = "int"
        } else if (wanted in type) {
            cast = type[wanted]
            wanted = number[wanted]
        } else {
            split(wanted, part, /[()]+/)
            cast = part[2]
            wanted = part[3]
        }
        print "    " same(name, cast)
        print "    value(\"" name "\", (intptr_t)" name ", " wanted ");"
    }
    print "    done(\"" macros " macros\");"
}

# --- check_prototypes.c ---

function prototypes_program(    i) {
    print "/* Written by include/generate-abi.sh: every prototype and callback type of mpi.h against tests/abi. */"
    print "#include <mpi.h>"
    print "#include <stdio.h>"
    print ""
    printf "%s", lines[2]
    print ""
    printf "%s", lines[3]
    print ""
    print "typedef void any_function(void);"
    print ""
    print "/* Volatile, so that every address is really taken from the library. */"
    print "static const struct { const char *name; any_function *volatile plain, *volatile profiling; } functions[] = {"
    for (i = 1; i <= functions; i++)
        print "    {\"" routine[i] "\", (any_function *)" routine[i] ", (any_function *)P" routine[i] "},"
    print "};"
    print ""
    print "int main(void)"
    print "{"
    print "    size_t missing = 0;"
    print "    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)"
    print "        if (!functions[i].plain || !functions[i].profiling) {"
    print "            printf(\"# %s has no address\\n\", functions[i].name);"
    print "            missing++;"
    print "        }"
    print "    puts(\"ok 1 - the callback types are as the table says\");"
    print "    puts(\"ok 2 - " functions " prototypes and their PMPI_ twins are as the table says\");"
    print "    printf(\"%sok 3 - all of them are in the library\\n\", missing ? \"not \" : \"\");"
    print "    puts(\"1..3\");"
    print "    return 0;"
    print "}"
}
