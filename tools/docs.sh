#!/bin/sh
# Builds the documentation of the library into build/docs; a warning fails.
#
#   tools/docs.sh && python3 -m http.server --directory build/docs
set -eu
cd "$(dirname "$0")/.."
build=build/docs-build
# Kept with the build: a module that is not compiled again does not write its graph again.
mkdir -p "$build/symbol-graphs"

# The package's own plugin would need a dependency more; the compiler writes symbol graphs itself.
swift build --scratch-path "$build" --target BlockALS \
  -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir -Xswiftc "$PWD/$build/symbol-graphs"
rm -rf build/docs "$build/graphs"
mkdir -p "$build/graphs"
for graph in "$build"/symbol-graphs/BlockALS.symbols.json "$build"/symbol-graphs/BlockALS@*; do
  if [ -e "$graph" ]; then cp "$graph" "$build/graphs/"; fi
done

docc convert Sources/BlockALS/BlockALS.docc \
  --additional-symbol-graph-dir "$build/graphs" \
  --fallback-display-name BlockALS \
  --fallback-bundle-identifier org.blockals.BlockALS \
  --transform-for-static-hosting --hosting-base-path / \
  --warnings-as-errors \
  --output-path build/docs
echo "build/docs"
