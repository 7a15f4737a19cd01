#!/bin/sh
# Builds the documentation of the library into build/docs; a warning fails.
#
#   tools/docs.sh && python3 -m http.server --directory build/docs
set -eu
cd "$(dirname "$0")/.."
catalogue=Sources/BlockALS/BlockALS.docc
graphs=build/symbol-graphs
rm -rf "$graphs" build/docs
mkdir -p "$graphs/all" "$graphs/BlockALS"

# The package's own plugin would need a dependency more; the compiler writes symbol graphs itself.
swift build --scratch-path build/docs-build --target BlockALS \
  -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir -Xswiftc "$PWD/$graphs/all"
cp "$graphs"/all/BlockALS.symbols.json "$graphs"/all/BlockALS@*.symbols.json "$graphs/BlockALS/" \
  2>/dev/null || cp "$graphs"/all/BlockALS.symbols.json "$graphs/BlockALS/"

docc convert "$catalogue" \
  --additional-symbol-graph-dir "$graphs/BlockALS" \
  --fallback-display-name BlockALS \
  --fallback-bundle-identifier org.blockals.BlockALS \
  --transform-for-static-hosting --hosting-base-path / \
  --warnings-as-errors \
  --output-path build/docs
echo "build/docs"
