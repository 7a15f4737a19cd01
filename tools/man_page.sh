#!/bin/sh
# Makes a manual page of a help text.
#
#   tools/man_page.sh NAME <help.txt >NAME.1
set -eu
name=$1
awk -v name="$name" -v title="$(printf %s "$name" | tr '[:lower:]' '[:upper:]')" '
  # A point or an apostrophe at the beginning of a line would be a command.
  function put(line) {
    gsub(/\\/, "\\e", line)
    gsub(/-/, "\\-", line)
    if (line ~ /^[.'\'']/) line = "\\&" line
    print line
  }
  function close_block() { if (open) print ".fi"; open = 0 }
  BEGIN { printf ".TH \"%s\" 1\n", title }
  /^OVERVIEW: / {
    sub(/^OVERVIEW: /, "")
    printf ".SH NAME\n"; put(name " - " $0)
    print ".SH DESCRIPTION"; print ".nf"; open = 1
    next
  }
  /^USAGE: / {
    close_block()
    sub(/^USAGE: /, "")
    print ".SH SYNOPSIS"; print ".nf"; open = 1
    put($0)
    next
  }
  /^[A-Z][A-Za-z ,]*:$/ {
    close_block()
    sub(/:$/, "")
    printf ".SH %s\n.nf\n", toupper($0); open = 1
    next
  }
  { put($0) }
  END { close_block() }
'
