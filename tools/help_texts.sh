#!/bin/sh
# Writes the help of the command and of every subcommand where Tests/CommandTests compares with it.
set -eu
cd "$(dirname "$0")/.."
command=.build/release/blockals
folder=Tests/CommandTests/Help
rm -rf "$folder"
mkdir -p "$folder"
export COLUMNS=80
"$command" --help >"$folder/blockals.txt"
sed -n '/^SUBCOMMANDS:/,$ s/^  \([a-z][a-z]*\)\( .*\)\{0,1\}$/\1/p' "$folder/blockals.txt" |
  while read -r name; do "$command" "$name" --help >"$folder/$name.txt"; done
