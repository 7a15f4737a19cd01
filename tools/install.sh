#!/bin/sh
# Installs a built command: itself, what it loads under mpirun where that was built, completions of
# bash, zsh and fish, manual pages.
#
#   tools/install.sh BINARIES PREFIX
set -eu
cd "$(dirname "$0")/.."
binaries=$1
prefix=$2
command=$binaries/blockals

place() {
  mkdir -p "$(dirname "$2")"
  install -m "$3" "$1" "$2"
}

place "$command" "$prefix/bin/blockals" 755
if [ -e "$binaries/libblockals-mpi.so" ]; then
  place "$binaries/libblockals-mpi.so" "$prefix/lib/libblockals-mpi.so" 755
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$command" --generate-completion-script bash >"$work/bash"
"$command" --generate-completion-script zsh >"$work/zsh"
"$command" --generate-completion-script fish >"$work/fish"
place "$work/bash" "$prefix/share/bash-completion/completions/blockals" 644
place "$work/zsh" "$prefix/share/zsh/site-functions/_blockals" 644
place "$work/fish" "$prefix/share/fish/vendor_completions.d/blockals.fish" 644

for help in Tests/CommandTests/Help/*.txt; do
  name=$(basename "$help" .txt)
  [ "$name" = blockals ] || name=blockals-$name
  tools/man_page.sh "$name" <"$help" >"$work/page"
  place "$work/page" "$prefix/share/man/man1/$name.1" 644
done
place LICENSE "$prefix/share/doc/blockals/copyright" 644
place README.md "$prefix/share/doc/blockals/README.md" 644
