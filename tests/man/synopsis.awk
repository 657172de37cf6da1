# The prototypes in the SYNOPSIS sections of man pages, one per line. Understands what the pages are written in: the
# arguments of .B are words with blanks between them, those of .BI, quoted or not, have none between them.
function text_of(line, together, at, out, quoted, c) {
    sub(/^\.[A-Z]+[ \t]*/, "", line)
    for (at = 1; at <= length(line); at++) {
        c = substr(line, at, 1)
        if (c == "\"")
            quoted = !quoted
        else if (quoted || !together || (c != " " && c != "\t"))
            out = out c
    }
    gsub(/\\-/, "-", out)
    return out
}
/^\.SH/ {
    in_synopsis = $2 == "SYNOPSIS"
    whole = ""
    next
}
in_synopsis && /^\.(B|BI|BR|I|IB) / && !/#include/ {
    whole = whole " " text_of($0, $1 != ".B" && $1 != ".I")
    if (whole ~ /;[ \t]*$/) {
        print whole
        whole = ""
    }
}
