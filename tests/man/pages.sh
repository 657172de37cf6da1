#!/bin/sh
# The manual renders, and says what the code says: functions and prototypes, options of mpirun, settings, error classes.
# shellcheck disable=SC2016  # awk's $1, not the shell's

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

man=$top_srcdir/man
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR MANPATH MANOPT MANROFFOPT
MANPAGER=cat PAGER=cat MANWIDTH=80
export MANPAGER PAGER MANWIDTH

have() {
    command -v "$1" >/dev/null 2>&1
}

is_man_db() {
    have man && man --version 2>/dev/null | grep -q '^man 2'
}

# quiet COMMAND...: succeeds and has nothing to say on either output.
quiet() {
    "$@" >"$scratch/said" 2>&1 || { cat "$scratch/said"; return 1; }
    cat "$scratch/said"
    test ! -s "$scratch/said"
}

by_groff() {
    quiet groff -t -man -ww -Tutf8 -z "$1"
}

by_mandoc() {
    quiet mandoc -Tlint -W warning "$1"
}

by_man() {
    man --warnings -l "$1" 2>"$scratch/warnings" >/dev/null || return
    cat "$scratch/warnings"
    test ! -s "$scratch/warnings"
}

# The text of a page, as 80 columns show it.
narrow() {
    groff -t -man -Tascii -P-cbou -rLL=78n "$1" >"$scratch/text" || return
    awk 'length > 80 { print "wider than 80 columns: " $0; bad = 1 } END { exit bad }' "$scratch/text"
}

# ---- functions ----

working_functions() {
    for file in "$top_srcdir"/lib/api/*.c; do
        case $file in
        */unsupported.c) ;;
        *) sed -n 's/^#pragma weak \(MPI_[A-Za-z_0-9]*\) = PMPI_.*/\1/p' "$file" ;;
        esac
    done
}

# A function that stands on two pages is "too much" once.
on_one_page() {
    working_functions | sort >"$scratch/expected"
    "$AWK" -v all=1 -f "$man/links.awk" "$man"/*.3 | sed 's/^3 //; s/\.3 .*//' | sort >"$scratch/found"
    test -s "$scratch/expected" && same_lines "$scratch/expected" "$scratch/found"
}

# Only blanks between two words count.
squeeze() {
    sed 's/[[:blank:]]\{1,\}/ /g; s/ *\([][*(),;]\) */\1/g; s/^ //' | sort
}

prototypes_agree() {
    "$AWK" -f "$top_srcdir/tests/man/prototypes.awk" "$top_srcdir/include/mpi.h" | squeeze >"$scratch/header"
    "$AWK" -f "$top_srcdir/tests/man/synopsis.awk" "$man"/*.3 | squeeze >"$scratch/found"
    test -s "$scratch/header" && comm -13 "$scratch/header" "$scratch/found" | sed 's/^/not in mpi.h: /' >"$scratch/bad"
    working_functions | while read -r function; do
        grep -q "[ *]$function(" "$scratch/found" || echo "in no SYNOPSIS: $function"
    done >>"$scratch/bad"
    cat "$scratch/bad"
    test ! -s "$scratch/bad"
}

classes_agree() {
    sed -n 's/^ *CLASS(\([A-Z_]*\), "\(.*\)"),$/\1 \2/p' "$top_srcdir/lib/obj/errclass.c" | sort >"$scratch/expected"
    sed 's/\\-/-/g' "$man/MPI_Error_class.3" |
        "$AWK" -F '|' '$1 ~ /^MPI_[A-Z_]+$/ && NF == 2 {
            if ($2 == "T{")
                getline $2
            print $1, $2
        }' | sort >"$scratch/found"
    test -s "$scratch/expected" && same_lines "$scratch/expected" "$scratch/found"
}

# Pages that a page sends its reader to.
see_also() {
    "$AWK" -v all=1 -f "$man/links.awk" "$man"/*.[137] | sed 's/^[0-9] //; s/ .*//' | sort >"$scratch/pages"
    for page in "$man"/*.[137]; do
        sed 's/\\-/-/g; s/\\fR//g; s/[",]//g' "$page" |
            grep -o '^\.BR [A-Za-z_+-]* ([137])' | sed 's/^\.BR //; s/ (\(.\))/.\1/' |
            grep -v -x -e pkg-config.1 -e nohup.1 -e head.1 -e atexit.3 -e fflush.3 | sort -u >"$scratch/wanted"
        comm -23 "$scratch/wanted" "$scratch/pages" | sed "s,^,${page##*/} sends to: ,"
    done >"$scratch/bad"
    cat "$scratch/bad"
    test ! -s "$scratch/bad"
}

# ---- mpirun's options and the settings ----

# Lines "class name".
options_agree() {
    grep -o '{"[A-Za-z-]*", [A-Z_]*, [0-9]' "$top_srcdir/mpirun/options.c" | tr -d '{",' |
        sed 's/\(.*\) UNBUILT .*/refused \1/; t
            s/\(.*\) IGNORED .*/ignored \1/; t
            s/\(.*\) BIND .*/noted \1/; t
            s/\(.*\) [A-Z_]* .*/works \1/' | sort -u >"$scratch/expected"
    sed 's/\\-/-/g; s/\\f[A-Z]//g; s/[",]/ /g' "$man/mpirun.1" |
        "$AWK" '/^\.SH/ { in_options = $2 == "OPTIONS"; class = "works" }
            /^\.SS/ { class = /Refused/ ? "refused" : /Accepted and ignored/ ? "ignored" : /Accepted/ ? "noted" : "works" }
            in_options && /^\.B/ {
                for (i = 2; i <= NF; i++)
                    if ($i ~ /^--?[A-Za-z]/ && $i != "--name=") {
                        sub(/^--?/, "", $i)
                        print class, $i
                    }
            }' | sort -u >"$scratch/found"
    test -s "$scratch/expected" && same_lines "$scratch/expected" "$scratch/found"
}

# Lines "name|sentence|type|default|allowed", and the field's type must be the kind's.
settings_agree() {
    tr '\n' ' ' <"$top_srcdir/lib/base/conf.def" | sed 's/CONF(/\n&/g' |
        sed -n 's/^CONF([a-z_ ]*, [a-z_]*, "\([A-Z_]*\)", [A-Z_"]*, CONF_\([A-Z]*\), "\([^"]*\)", "\([^"]*\)", *"\([^"]*\)").*/\1|\5|\2|\3|\4/p' |
        "$AWK" -F '|' -v OFS='|' '{
            if ($3 == "CHOICE") {
                $3 = "word"
                gsub(/ /, ", ", $5)
            } else
                $3 = tolower($3)
            print
        }' | sort >"$scratch/expected"
    sed 's/\\-/-/g; s/\\&//g' "$man/godwit.7" |
        "$AWK" '/^\.SH/ { in_settings = $2 == "SETTINGS"; name = "" }
            !in_settings { next }
            /^\.TP/ { getline; name = $2; sentence = ""; next }
            name == "" || /^\.br/ { next }
            /^Type: / { type = substr($0, 7); sub(/\.$/, "", type); next }
            /^Default: / { initial = substr($0, 10); sub(/\.$/, "", initial); next }
            /^Allowed: / { sub(/^Allowed: /, ""); sub(/\.$/, "")
                print name "|" sentence "|" type "|" initial "|" $0; name = ""; next }
            { sentence = sentence (sentence == "" ? "" : " ") $0 }' | sort >"$scratch/found"
    test -s "$scratch/expected" && same_lines "$scratch/expected" "$scratch/found"
}

# ---- installing ----

listed() {
    bad=0
    for page in "$man"/*.[137]; do
        "$AWK" -v page="man/${page##*/}" '{ for (i = 1; i <= NF; i++) if ($i == page) found = 1 }
            END { exit !found }' "$man/local.mk" || { echo "not in man/local.mk: ${page##*/}"; bad=1; }
    done
    return $bad
}

targets() {
    "${MAKE:-make}" -C "$top_builddir" "$@" DESTDIR="$scratch/root" >"$scratch/make.log" 2>&1 ||
        { cat "$scratch/make.log"; return 1; }
}

# Every name has a page, and every link leads to one.
installs() {
    targets install-man install-man-links || return
    man3=$(find "$scratch/root" -type d -name man3) && man1=${man3%3}1 bad=0
    working_functions | sed "s,.*,$man3/&.3," >"$scratch/wanted"
    for name in mpirun mpiexec mpicc mpicxx mpic++ mpiCC godwit-info; do
        echo "$man1/$name.1" >>"$scratch/wanted"
    done
    while read -r page; do
        if ! test -f "$page"; then
            echo "missing: $page"
            bad=1
        elif grep -q '^\.so ' "$page" && ! test -f "${man3%/*}/$(sed 's/^\.so //' "$page")"; then
            echo "leads nowhere: $page"
            bad=1
        fi
    done <"$scratch/wanted"
    return $bad
}

uninstalls() {
    targets uninstall-man uninstall-man-links || return
    find "$scratch/root" ! -type d | sed 's/^/left: /' >"$scratch/left"
    cat "$scratch/left"
    test ! -s "$scratch/left"
}

shows_by_name() {
    targets install-man install-man-links || return
    man3=$(find "$scratch/root" -type d -name man3)
    man -M "${man3%/*}" MPI_Finalize >"$scratch/text" 2>&1 && grep -q MPI_Init_thread "$scratch/text" &&
        man -M "${man3%/*}" mpiCC >"$scratch/text" 2>&1 && grep -q mpicxx "$scratch/text" ||
        { cat "$scratch/text"; return 1; }
}

for page in "$man"/*.[137]; do
    name=${page##*/}
    if have groff; then
        check "groff renders $name without a warning" by_groff "$page"
        check "$name fits into 80 columns" narrow "$page"
    else
        skip "groff renders $name without a warning" "groff is not installed"
        skip "$name fits into 80 columns" "groff is not installed"
    fi
    if have mandoc; then
        check "mandoc finds no fault in $name" by_mandoc "$page"
    else
        skip "mandoc finds no fault in $name" "mandoc is not installed"
    fi
    if is_man_db; then
        check "man shows $name without a warning" by_man "$page"
    else
        skip "man shows $name without a warning" "man-db is not installed"
    fi
done
check "every function that works stands on exactly one page, and no other function does" on_one_page
check "the prototypes of the pages are those of mpi.h" prototypes_agree
check "MPI_Error_class.3 has the error classes and their texts" classes_agree
check "pages send their readers to pages that exist" see_also
check "mpirun.1 has the options of mpirun, and says which of them work" options_agree
check "godwit.7 has the settings, with types and defaults" settings_agree
check "man/local.mk installs every page" listed
check "each function and command has its page after make install" installs
check "make uninstall removes all pages" uninstalls
if is_man_db; then
    check "man finds pages by their other names" shows_by_name
else
    skip "man finds pages by their other names" "man-db is not installed"
fi
plan
