#!/bin/sh
# Links the library for Python, build/python/blockals/libblockals.so, from the objects of the build:
# with the Swift runtime, libzstd and libxxhash inside, so that it needs the C and C++ libraries and
# zlib alone. With "command" the command is linked in the same way, for the wheel.
set -eu
cd "$(dirname "$0")/.."

built=$(swift build -c release --show-bin-path)
target=build/python
mkdir -p "$target/static" "$target/blockals"

# A directory that has the archives alone: the linker would take the shared libraries otherwise.
for name in zstd xxhash; do
  archive=$(clang -print-file-name="lib$name.a")
  [ -f "$archive" ] || { echo "lib$name.a is not there: it comes with the headers" >&2; exit 1; }
  ln -sf "$archive" "$target/static/lib$name.a"
done

# What Foundation warns of in itself is none of ours.
link() {
  swiftc -static-stdlib -L "$target/static" -Xlinker --gc-sections -Xlinker -s \
    -Xlinker -z -Xlinker defs "$@" -l_FoundationCShims -l_FoundationCollections 2>&1 \
    | grep -v -e "mktemp' is dangerous" -e '^$' >&2 || true
}

rm -f "$target/blockals/libblockals.so"
link -emit-library -o "$target/blockals/libblockals.so" \
  "@$built/blockalsc.product/Objects.LinkFileList" \
  -Xlinker --version-script=Sources/BlockALSC/exports.map
test -f "$target/blockals/libblockals.so"

if [ "${1:-}" = command ]; then
  rm -f "$target/blockals/blockals-command"
  link -o "$target/blockals/blockals-command" "@$built/blockals.product/Objects.LinkFileList" \
    -Xlinker --defsym=main=BlockALSCommand_main
  test -f "$target/blockals/blockals-command"
fi
