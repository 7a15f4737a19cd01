#!/bin/sh
# Packs the command so that it runs without Swift: its standard library and all others but the C
# library's are inside. The same sources give the same package.
#
#   tools/package.sh tar     build/blockals-VERSION-linux-ARCHITECTURE.tar.gz
#   tools/package.sh deb     build/blockals_VERSION_ARCHITECTURE.deb
set -eu
cd "$(dirname "$0")/.."
build=build/static

# A folder that has nothing but archives is where the linker looks first.
mkdir -p "$build/archives"
for name in zstd xxhash z; do
  archive=
  for folder in "/usr/lib/$(uname -m)-linux-gnu" /usr/lib64 /usr/lib /usr/local/lib; do
    if [ -z "$archive" ] && [ -e "$folder/lib$name.a" ]; then archive=$folder/lib$name.a; fi
  done
  if [ -z "$archive" ]; then
    echo "lib$name.a is not there: a package that runs everywhere needs it" >&2
    exit 1
  fi
  ln -sf "$archive" "$build/archives/lib$name.a"
done
swift build -c release --product blockals --static-swift-stdlib --scratch-path "$build" \
  -Xlinker "-L$PWD/$build/archives" -Xswiftc -Xclang-linker -Xswiftc -static-libstdc++ \
  -Xswiftc -Xclang-linker -Xswiftc -static-libgcc
binaries=$(swift build -c release --static-swift-stdlib --scratch-path "$build" --show-bin-path)

strangers=$(ldd "$binaries/blockals" | awk '{ print $1 }' |
  grep -v -E '^(linux-vdso|/lib.*/ld-linux|ld-linux|libc|libm|libdl|libpthread|librt)[-.]' || true)
if [ -n "$strangers" ]; then
  echo "The command needs libraries that not every machine has:" $strangers >&2
  exit 1
fi

version=$("$binaries/blockals" --version | sed -n '1s/^blockals //p')
architecture=$(uname -m)
when=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
name=blockals-$version-linux-$architecture
stage=build/stage/$name
rm -rf build/stage
# Symbols are for those who build it themselves.
mkdir -p build/stage/bin
strip -o build/stage/bin/blockals "$binaries/blockals"

case $1 in
tar)
  tools/install.sh build/stage/bin "$stage"
  tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$when" \
    --directory build/stage "$name" | gzip -n -9 >"build/$name.tar.gz"
  echo "build/$name.tar.gz"
  ;;
deb)
  tools/install.sh build/stage/bin "$stage/usr"
  gzip -n -9 "$stage"/usr/share/man/man1/*.1
  architecture=$(dpkg --print-architecture)
  mkdir -p "$stage/DEBIAN"
  cat >"$stage/DEBIAN/control" <<CONTROL
Package: blockals
Version: $version
Architecture: $architecture
Maintainer: the authors of blockals <blockals@localhost>
Depends: libc6 (>= 2.36)
Section: science
Priority: optional
Installed-Size: $(du -sk "$stage/usr" | cut -f1)
Description: exact, resumable matrix factorisation by alternating least squares
 Factorises a ratings matrix on one Linux machine or many: ratings become blocks
 on disk, blocks become factors, factors become recommendations. Kill it at any
 instant and run it again: the model is the same, byte for byte.
CONTROL
  SOURCE_DATE_EPOCH=$when dpkg-deb --root-owner-group --build "$stage" \
    "build/blockals_${version}_$architecture.deb" >/dev/null
  echo "build/blockals_${version}_$architecture.deb"
  ;;
esac
rm -rf build/stage
