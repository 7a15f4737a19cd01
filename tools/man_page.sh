#!/bin/sh
# Makes a manual page of a help text.
#
#   tools/man_page.sh NAME <help.txt >NAME.1
set -eu
awk -v name="$1" -v title="$(printf %s "$1" | tr '[:lower:]' '[:upper:]')" '
  # A point or an apostrophe at the beginning of a line would be a command.
  function put(line) {
    gsub(/\\/, "\\e", line)
    gsub(/-/, "\\-", line)
    if (line ~ /^[.'\'']/) line = "\\&" line
    print line
  }
  function section(heading) {
    if (open) print ".fi"
    printf ".SH %s\n.nf\n", heading
    open = 1
  }
  /^OVERVIEW: / { overview = substr($0, 11); part = "text"; next }
  /^USAGE: / { usage = substr($0, 8); part = "usage"; next }
  # A sentence may end with a colon too.
  /^[A-Z][A-Z ,-]*:$/ || /^Examples:$/ { part = "text"; lines[++count] = "\001" $0; next }
  part == "usage" { if ($0 != "") usage = usage "\n" $0; next }
  { lines[++count] = $0 }
  END {
    printf ".TH \"%s\" 1\n.SH NAME\n", title
    put(name " - " overview)
    section("SYNOPSIS")
    put(usage)
    section("DESCRIPTION")
    for (number = 1; number <= count; number++) {
      line = lines[number]
      if (line ~ /^\001/) section(toupper(substr(line, 2, length(line) - 2)))
      else put(line)
    }
    print ".fi"
  }
'
