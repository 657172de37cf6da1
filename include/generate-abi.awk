# Writes include/mpi.h (what=header) or lib/api/unsupported.c (what=unsupported); generate-abi.sh calls it with the
# tables of constants, callbacks and functions and, last, with the C sources of lib/api on standard input.
# The types stand in this file as C text: they are few, and types.md is prose. The order inside each part of the
# header is that of the tables; a constant named in titles() opens a section with a comment of its own.

BEGIN {
    FS = "\t"
    width = 120
    titles()
}

# --- Reading ---

FNR == 1 { file++ }

# Every table begins with the names of its columns.
file < 4 && FNR == 1 {
    if ($0 !~ /^name\t/ || NF != 3)
        die(FILENAME " does not begin with a line of three column names")
    next
}

file < 4 && (NF != 3 || $1 !~ /^MPIX?_[A-Za-z0-9_]+$/) { die(FILENAME ":" FNR ": not a line of the table: " $0) }

file == 1 { constant[++constants] = $1; kind[$1] = $2; value[$1] = $3 }
file == 2 { callback[++callbacks] = $1; returns[$1] = $2; parameters[$1] = $3 }
file == 3 { function_name[++functions] = $1; returns[$1] = $2; parameters[$1] = weights_as_pointers($3); known[$1] = 1 }

# What lib/api defines: each of its functions has a line `#pragma weak MPI_Name = PMPI_Name`.
file == 4 && /^#pragma weak MPIX?_/ {
    split($0, word, / +/)
    if (word[4] != "=" || word[5] != "P" word[3])
        die("lib/api: not an alias of the PMPI_ twin: " $0)
    if (word[3] !~ /^MPIX_/ && !(word[3] in known))
        die("lib/api: tests/abi/functions.tsv knows no function " word[3])
    written[word[3]] = 1
}

END {
    if (failed)
        exit 1
    if (!constants || !callbacks || !functions)
        die("a table is missing or empty")
    for (i = 1; i <= constants; i++)
        delete unused_title[constant[i]]
    for (name in unused_title)
        die("a section of mpi.h begins with " name ", which tests/abi/constants.tsv does not have")
    if (what == "header")
        write_header()
    else if (what == "unsupported")
        write_unsupported()
    else
        die("what=" what " is unknown")
}

# --- Helpers ---

# exit inside a rule still runs END, which the flag then leaves at once.
function die(text) {
    print "generate-abi: " text > "/dev/stderr"
    failed = 1
    exit 1
}

# HEAD LIST TAIL with the list, separated by ", ", broken over lines that leave room for the width.
function wrapped(head, list, tail,    item, count, i, line, text, piece) {
    count = split(list, item, /, /)
    line = head
    text = ""
    for (i = 1; i <= count; i++) {
        piece = item[i] (i < count ? "," : tail)
        if (i > 1 && length(line) + 1 + length(piece) > width) {
            text = text line "\n"
            line = "    " piece
        } else
            line = line (i > 1 ? " " : "") piece
    }
    return text line
}

# MPI_UNWEIGHTED and MPI_WEIGHTS_EMPTY are addresses of no memory: given for an array, the compiler would warn of them.
function weights_as_pointers(list) {
    gsub(/int weights\[\]/, "int *weights", list)
    gsub(/int sourceweights\[\]/, "int *sourceweights", list)
    gsub(/int destweights\[\]/, "int *destweights", list)
    return list
}

# The opening of a declaration: `int MPI_Send(` or, for a pointer type, the star next to the name.
function opening(type, name) {
    return type (type ~ /\*$/ ? "" : " ") name "("
}

function section(text) {
    print ""
    print "/* " text " */"
}

function chapter(text) {
    print ""
    print ""
    print "/* ---- " text " ---- */"
}

# --- The header ---

function title(name, text) {
    section_title[name] = text
    unused_title[name] = 1
}

function titles() {
    title("MPI_F_STATUS_SIZE", "A status in Fortran: its length in integers and the places of its fields, from 0")
    title("MPI_SUCCESS", "Error classes")
    title("MPI_T_ERR_CANNOT_INIT", "Error codes of the tool information interface")
    title("MPI_ERR_LASTCODE", "No predefined error class or code is larger")
    title("MPI_MODE_APPEND", "How a file is opened; these may be or-ed")
    title("MPI_MODE_NOCHECK", "Promises to the one-sided synchronization functions; these may be or-ed")
    title("MPI_ANY_SOURCE", "Wildcards and ranks with a special meaning")
    title("MPI_UNDEFINED", "No value")
    title("MPI_THREAD_SINGLE", "Levels of thread support")
    title("MPI_ORDER_C", "Storage order of arrays")
    title("MPI_DISTRIBUTE_NONE", "How a dimension of a distributed array is dealt out")
    title("MPI_COMBINER_NAMED", "How a datatype was made")
    title("MPIX_TYPECLASS_LOGICAL", "Classes of types for MPI_Type_match_size")
    title("MPI_IDENT", "Results of a comparison of communicators or groups")
    title("MPI_CART", "Kinds of topology")
    title("MPI_COMM_TYPE_SHARED", "Kinds of split for MPI_Comm_split_type")
    title("MPI_LOCK_EXCLUSIVE", "Kinds of lock on a window")
    title("MPI_WIN_FLAVOR_CREATE", "How a window was made")
    title("MPI_WIN_UNIFIED", "Memory models of a window")
    title("MPI_SEEK_CUR", "What the offset of a seek counts from")
    title("MPI_KEYVAL_INVALID", "The key of no attribute")
    title("MPI_TAG_UB", "Keys of the predefined attributes of MPI_COMM_WORLD")
    title("MPI_WIN_BASE", "Keys of the predefined attributes of a window")
    title("MPI_T_VERBOSITY_USER_BASIC", "Tool information interface: for whom a variable is meant, and how detailed it is")
    title("MPI_T_BIND_NO_OBJECT", "Tool information interface: the kind of object that a variable belongs to")
    title("MPI_T_SCOPE_CONSTANT", "Tool information interface: who has to set a control variable, and how")
    title("MPI_T_PVAR_CLASS_STATE", "Tool information interface: classes of performance variables")

    title("MPI_VERSION", "Versions of the standard and of its ABI")
    title("MPI_OP_NULL", "Reduction operations")
    title("MPI_COMM_NULL", "Communicators")
    title("MPI_GROUP_NULL", "Groups")
    title("MPI_WIN_NULL", "Windows, files, sessions")
    title("MPI_MESSAGE_NULL", "Matched messages")
    title("MPI_INFO_NULL", "Info objects")
    title("MPI_ERRHANDLER_NULL", "Error handlers")
    title("MPI_REQUEST_NULL", "Requests")
    title("MPI_DATATYPE_NULL", "Datatypes: MPI's own")
    title("MPI_SHORT", "Datatypes: integers of C")
    title("MPI_FLOAT", "Datatypes: real and complex numbers of C and C++")
    title("MPI_LOGICAL", "Datatypes: Fortran")
    title("MPI_LONG_DOUBLE", "Datatypes: long double and complex numbers made of it")
    title("MPI_FLOAT_INT", "Datatypes: pairs for MPI_MINLOC and MPI_MAXLOC, in C and in Fortran")
    title("MPI_C_BOOL", "Datatypes: truth values and wide characters")
    title("MPI_INT8_T", "Datatypes: one byte")
    title("MPI_INT16_T", "Datatypes: integers of 2, 4 and 8 bytes")
    title("MPI_LOGICAL1", "Datatypes: Fortran, with the size in the name")
    title("MPI_BOTTOM", "Addresses with a special meaning")
    title("MPI_ARGV_NULL", "Arguments left out")
    title("MPI_UNWEIGHTED", "Weights of the edges of a graph")
    title("MPI_MAX_DATAREP_STRING", "Lengths of strings, including the null character")
    title("MPI_BSEND_OVERHEAD", "Room that a buffered message takes beside its data")
    title("MPI_DISPLACEMENT_CURRENT", "The current displacement of a file's view")
    title("MPI_NULL_COPY_FN", "Predefined attribute callbacks")
    title("MPI_CONVERSION_FN_NULL", "No conversion between data representations")
    title("MPI_T_ENUM_NULL", "Tool information interface: null handles, and all performance variables of a session")
}

function write_header() {
    write_beginning()
    chapter("Types")
    write_types()
    chapter("Constants")
    write_enumerators()
    write_named_enumeration("MPI_T_cb_safety", "MPI_T_CB_", \
        "What a tool's callback may do when it is called")
    write_named_enumeration("MPI_T_source_order", "MPI_T_SOURCE_", \
        "Whether events of a source come in the order of their timestamps")
    write_callbacks()
    chapter("Predefined handles and other macros")
    write_macros()
    chapter("Functions")
    write_prototypes("")
    chapter("The same functions under the names that a profiling tool calls")
    write_prototypes("P")
    write_fortran()
    print ""
    print "#ifdef __cplusplus"
    print "}"
    print "#endif"
    print ""
    print "#endif"
}

# The conversions whose prototypes depend on what an INTEGER of Fortran is are no functions of the library.
function write_fortran(    kinds, count, i, type) {
    chapter("Handles and status objects as Fortran has them, whose INTEGER is an int")
    print "typedef int MPI_Fint;"
    print "typedef MPI_Status MPI_F08_status;"
    print "#define MPI_F_SOURCE 0"
    print "#define MPI_F_TAG 1"
    print "#define MPI_F_ERROR 2"
    print "#define MPI_F_STATUS_IGNORE ((MPI_Fint*)MPI_STATUS_IGNORE)"
    print "#define MPI_F_STATUSES_IGNORE ((MPI_Fint*)MPI_STATUSES_IGNORE)"
    print "#define MPI_F08_STATUS_IGNORE ((MPI_F08_status*)MPI_STATUS_IGNORE)"
    print "#define MPI_F08_STATUSES_IGNORE ((MPI_F08_status*)MPI_STATUSES_IGNORE)"
    print ""
    print "#if defined __cplusplus || (defined __STDC_VERSION__ && __STDC_VERSION__ >= 199901L)"
    print "#define MPI_ABI_INLINE static inline"
    print "#elif defined __GNUC__"
    print "#define MPI_ABI_INLINE static __inline__"
    print "#else"
    print "#define MPI_ABI_INLINE static"
    print "#endif"
    count = split("Comm Errhandler File Group Info Message Op Request Session Type Win", kinds, " ")
    for (i = 1; i <= count; i++) {
        type = "MPI_" (kinds[i] == "Type" ? "Datatype" : kinds[i])
        print "MPI_ABI_INLINE MPI_Fint MPI_" kinds[i] "_c2f(" type " handle) { return MPI_" kinds[i] "_toint(handle); }"
        print "MPI_ABI_INLINE " type " MPI_" kinds[i] "_f2c(MPI_Fint handle) { return MPI_" kinds[i] "_fromint(handle); }"
    }
    write_status_conversion("c2f", "MPI_Status", "MPI_Fint")
    write_status_conversion("f2c", "MPI_Fint", "MPI_Status")
    write_status_conversion("c2f08", "MPI_Status", "MPI_F08_status")
    write_status_conversion("f082c", "MPI_F08_status", "MPI_Status")
    write_status_conversion("f2f08", "MPI_Fint", "MPI_F08_status")
    write_status_conversion("f082f", "MPI_F08_status", "MPI_Fint")
    print "#undef MPI_ABI_INLINE"
}

# All of them are the same eight integers.
function write_status_conversion(name, from, to) {
    print "MPI_ABI_INLINE int MPI_Status_" name "(const " from " *from, " to " *to)"
    print "{"
    print "    int i;"
    print "    for (i = 0; i < MPI_F_STATUS_SIZE; i++)"
    print "        ((int*)to)[i] = ((const int*)from)[i];"
    print "    return MPI_SUCCESS;"
    print "}"
}

function write_beginning() {
    print "/*"
    print " * mpi.h: the C interface of MPI 5.0 as its standard ABI fixes it, installed by Godwit."
    print " *"
    print " * A program compiled with this header runs with every library that provides libmpi_abi.so.1, and the other way"
    print " * round; hence there is nothing in here that belongs to one implementation. The file is written by"
    print " * include/generate-abi.sh from the tables in tests/abi: change those and run `make regenerate`, do not edit it."
    print " */"
    print "#ifndef MPI_H_ABI"
    print "#define MPI_H_ABI"
    print ""
    print "#include <stddef.h>"
    print "#include <stdint.h>"
    print ""
    print "#ifdef __cplusplus"
    print "extern \"C\" {"
    print "#endif"
}

function write_types(    name, count, i) {
    section("Integers for addresses and their differences, for positions in files, and for counts")
    print "typedef intptr_t MPI_Aint;"
    print "typedef int64_t MPI_Offset;"
    print "typedef int64_t MPI_Count;"

    section("What is known about a received message; the internal part is the library's")
    print "typedef struct MPI_Status {"
    print "    int MPI_SOURCE;"
    print "    int MPI_TAG;"
    print "    int MPI_ERROR;"
    print "    int MPI_internal[5];"
    print "} MPI_Status;"

    section("Handles: a type for each, so that the compiler notices when two are mixed up")
    count = split("Comm Datatype Errhandler File Group Info Message Op Request Session Win", name, " ")
    for (i = 1; i <= count; i++)
        print "typedef struct MPI_ABI_" name[i] " *MPI_" name[i] ";"

    section("Handles of the tool information interface")
    count = split("enum cvar_handle pvar_handle pvar_session event_registration event_instance", name, " ")
    for (i = 1; i <= count; i++)
        print "typedef struct MPI_ABI_T_" name[i] " *MPI_T_" name[i] ";"
}

function in_named_enumeration(name) {
    return name ~ /^MPI_T_CB_/ || name ~ /^MPI_T_SOURCE_/
}

# One enumeration for all: enumerators of two unnamed ones may not stand together in `a ? X : Y` or `X | Y` without
# a warning from C++ compilers.
function write_enumerators(    i, name, pending, first) {
    section("Constants of type int; one enumeration, so that C++ lets any two of them meet in an expression")
    print "enum {"
    first = 1
    for (i = 1; i <= constants; i++) {
        name = constant[i]
        if (kind[name] != "int" || in_named_enumeration(name))
            continue
        if (!first)
            print pending ","
        if (name in section_title) {
            if (!first)
                print ""
            print "    /* " section_title[name] " */"
        }
        pending = sprintf("    %-34s = %s", name, value[name])
        first = 0
    }
    print pending
    print "};"
}

function write_named_enumeration(type, prefix, comment,    i, name, pending) {
    section(comment)
    print "typedef enum " type " {"
    pending = ""
    for (i = 1; i <= constants; i++) {
        name = constant[i]
        if (kind[name] != "int" || index(name, prefix) != 1)
            continue
        if (pending != "")
            print pending ","
        pending = sprintf("    %-34s = %s", name, value[name])
    }
    if (pending == "")
        die("tests/abi/constants.tsv has no constant that begins with " prefix)
    print pending
    print "} " type ";"
}

function write_callbacks(    i, name) {
    chapter("Types of functions that the program provides")
    print ""
    for (i = 1; i <= callbacks; i++) {
        name = callback[i]
        print wrapped("typedef " opening(returns[name], name), parameters[name], ");")
    }
}

function write_macros(    i, name, text) {
    for (i = 1; i <= constants; i++) {
        name = constant[i]
        if (kind[name] == "int")
            continue
        if (name in section_title)
            section(section_title[name])
        text = kind[name] == "macro" ? value[name] : "((" kind[name] ")" value[name] ")"
        printf "#define %-31s %s\n", name, text
    }
}

function write_prototypes(prefix,    i, name) {
    print ""
    for (i = 1; i <= functions; i++) {
        name = function_name[i]
        print wrapped(opening(returns[name], prefix name), parameters[name], ");")
    }
}

# --- The functions that are not there yet ---

# The communicator whose error handler speaks: the first that the function is given, or that of MPI_COMM_SELF.
function communicator(list,    item, count, i, word) {
    count = split(list, item, /, /)
    for (i = 1; i <= count; i++)
        if (split(item[i], word, " ") == 2 && word[1] == "MPI_Comm" && word[2] ~ /^[a-z]/ && word[2] !~ /\[/)
            return word[2]
    return "MPI_COMM_SELF"
}

function write_unsupported(    i, name) {
    for (i = 1; i <= functions; i++) {
        name = function_name[i]
        if (!(name in written) && returns[name] != "int")
            die(name " returns " returns[name] ", so it cannot report an error: lib/api has to define it")
    }
    print "/*"
    print " * The functions of the standard that Godwit does not have yet. A program that names one still links; the call"
    print " * fails with MPI_ERR_UNSUPPORTED_OPERATION and the name of the function in the text, through the error handler."
    print " * (The MPI_T_ ones never call a handler and just return their own code.) Written by include/generate-abi.sh:"
    print " * a function leaves this file by `make regenerate` once another file of lib/api defines it, which is also why"
    print " * the file may be longer than 600 lines: it is a list, nobody edits it, and it shrinks with every chapter."
    print " */"
    print "#include \"api/api.h\""
    print ""
    print "#pragma GCC diagnostic ignored \"-Wunused-parameter\""
    for (i = 1; i <= functions; i++) {
        name = function_name[i]
        if (!(name in written))
            write_stub(name)
    }
}

function write_stub(name,    signature, body) {
    signature = wrapped(opening(returns[name], "P" name), parameters[name], ")")
    if (name ~ /^MPI_T_/)
        body = "{ return MPI_T_ERR_NOT_SUPPORTED; }"
    else
        body = "{ return api_unsupported(\"" name "\", " communicator(parameters[name]) "); }"
    print ""
    print "#pragma weak " name " = P" name
    print signature (signature ~ /\n/ || length(signature) + 1 + length(body) > width ? "\n" : " ") body
}
