# Fills in a template of this folder: every @name@ becomes the environment variable of that name, as configure and
# make know it, or one of the values worked out in BEGIN. local.mk calls it; nothing of it is installed.

# A path, cut into parts; "." and empty parts vanish, ".." takes one back.
function cut(path, parts,    raw, count, n, i) {
	count = split(path, raw, "/")
	n = 0
	for (i = 1; i <= count; i++) {
		if (raw[i] == "..") { if (n > 0) n-- }
		else if (raw[i] != "" && raw[i] != ".") parts[++n] = raw[i]
	}
	return n
}

# The way from folder `from` to folder `to`, both absolute.
function relative(from, to,    a, b, na, nb, same, i, way) {
	na = cut(from, a)
	nb = cut(to, b)
	for (same = 0; same < na && same < nb && a[same + 1] == b[same + 1]; same++);
	way = ""
	for (i = same; i < na; i++) way = way (way == "" ? "" : "/") ".."
	for (i = same + 1; i <= nb; i++) way = way (way == "" ? "" : "/") b[i]
	return way == "" ? "." : way
}

# The compiler without what configure appended for the library's own sake.
function plain(compiler,    words, count, i, text) {
	count = split(compiler, words, " ")
	text = ""
	for (i = 1; i <= count; i++)
		if (words[i] !~ /^(-std=|-fsanitize|-fno-sanitize|-fno-omit-frame-pointer)/)
			text = text (text == "" ? "" : " ") words[i]
	return text
}

function is_system(dir) {
	return dir ~ /^(\/usr)?\/(lib|lib64|lib\/[^\/]*-linux-[^\/]*)$/
}

# What stands inside single quotes of a shell script.
function quoted(text) {
	gsub(/'/, "'\\''", text)
	return text
}

# A folder in a .pc file: below the variable that stands for folder `base`.
function below(variable, base, dir,    way) {
	way = relative(base, dir)
	return way == "." ? variable : variable "/" way
}

BEGIN {
	for (name in ENVIRON) value[name] = ENVIRON[name]
	value["compiler"] = quoted(plain(value["compiler"]))
	value["bin_to_lib"] = quoted(relative(value["bindir"], value["libdir"]))
	value["bin_to_include"] = quoted(relative(value["bindir"], value["includedir"]))

	# A .pc file in the system's own folders is never moved, and pkg-config leaves out the plain names of those.
	if (is_system(value["libdir"])) {
		value["pc_note"] = "# These are the system's own folders: no run path is needed."
		value["pc_prefix"] = value["prefix"]
		value["pc_bindir"] = value["bindir"]
		value["pc_libdir"] = value["libdir"]
		value["pc_includedir"] = value["includedir"]
		value["pc_rpath"] = ""
	} else {
		value["pc_note"] = \
			"# Everything is found from this file's own place, so the installed tree can be moved.\n" \
			"# Programs get the library's folder as their run path. (RUNPATH: LD_LIBRARY_PATH comes first, so another MPI\n" \
			"# with the standard ABI can take its place.) To leave it out: pkg-config --define-variable=rpath="
		value["pc_prefix"] = below("${pcfiledir}", value["pcdir"], value["prefix"])
		value["pc_bindir"] = below("${prefix}", value["prefix"], value["bindir"])
		value["pc_libdir"] = below("${prefix}", value["prefix"], value["libdir"])
		value["pc_includedir"] = below("${prefix}", value["prefix"], value["includedir"])
		value["pc_rpath"] = "-Wl,-rpath,${libdir} -Wl,--enable-new-dtags"
	}
}

{
	left = $0
	line = ""
	while (match(left, /@[a-z_]+@/)) {
		name = substr(left, RSTART + 1, RLENGTH - 2)
		if (!(name in value)) {
			print FILENAME ":" FNR ": no value for @" name "@" > "/dev/stderr"
			exit 1
		}
		line = line substr(left, 1, RSTART - 1) value[name]
		left = substr(left, RSTART + RLENGTH)
	}
	print line left
}
