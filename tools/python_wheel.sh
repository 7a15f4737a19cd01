#!/bin/sh
# Makes the wheel, dist/blockals-*.whl, from the build: the package with the library and the command
# inside. It needs Python ≥ 3.10 with venv, and PyPI once, for what makes wheels.
#
#   tools/python_wheel.sh         the wheel
#   tools/python_wheel.sh test    and the tests of the package, in an environment of their own
#
# PYTHON names the interpreter (python3). Where there is none that serves, or no PyPI, the tests are
# skipped with a word.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
target=build/python

skip() {
  echo "$1" >&2
  [ "${2:-}" = test ] && exit 0
  exit 1
}

"$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
  || skip "The package for Python is left out: $python is no Python from 3.10 on with venv" "${1:-}"

# Installs packages into an environment, once for each list.
environment() {
  list=$1
  shift
  [ -x "$target/$list/bin/python" ] || "$python" -m venv "$target/$list" || return 1
  [ "$(cat "$target/$list/packages" 2>/dev/null)" = "$*" ] && return 0
  "$target/$list/bin/python" -m pip install -q --disable-pip-version-check "$@" || return 1
  echo "$*" > "$target/$list/packages"
}

environment make-wheel 'setuptools>=64' wheel 'auditwheel>=6' \
  || skip "The package for Python is left out: PyPI cannot be reached" "${1:-}"

tools/python_library.sh command
rm -rf "$target/source" "$target/raw"
mkdir -p "$target/source" dist
cp -R Python/pyproject.toml Python/README.md Python/blockals "$target/source/"
rm -rf "$target/source/blockals/__pycache__"
cp "$target/blockals/libblockals.so" "$target/blockals/blockals-command" "$target/source/blockals/"
"$target/make-wheel/bin/python" -m pip wheel -q --disable-pip-version-check --no-deps \
  --no-build-isolation -w "$target/raw" "$target/source"

# The newest symbol of the C library that is needed names the tag; auditwheel has the last word.
glibc=$(objdump -T "$target/blockals/libblockals.so" "$target/blockals/blockals-command" \
  | grep -o 'GLIBC_2\.[0-9]*' | sort -Vu | tail -1 | tr -dc '0-9.' | tr . _)
tag="manylinux_${glibc}_$(uname -m)"
rm -f dist/blockals-*.whl
"$target/make-wheel/bin/python" -m wheel tags --remove --python-tag py3 --abi-tag none \
  --platform-tag "$tag" "$target"/raw/blockals-*.whl >/dev/null
mv "$target"/raw/blockals-*.whl dist/
"$target/make-wheel/bin/python" -m auditwheel show dist/blockals-*.whl \
  | tr '\n' ' ' | grep -q "manylinux_${glibc}_" \
  || { echo "auditwheel does not take the wheel for $tag" >&2; exit 1; }
ls -l dist/blockals-*.whl | awk '{ printf "%s: %.1f MB\n", $NF, $5 / 1e6 }'

[ "${1:-}" = test ] || exit 0
environment tests 'numpy>=2' scipy pytest pyarrow polars pandas joblib scikit-learn tqdm implicit \
  || skip "The tests of the package for Python are left out: PyPI cannot be reached" test
"$target/tests/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
  --force-reinstall dist/blockals-*.whl
"$target/tests/bin/python" -m pytest -q -p no:cacheprovider Python/tests
