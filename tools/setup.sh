#!/bin/sh
# Sees to it that what the build needs is there. Installs missing system libraries where it may
# (root, or sudo without a password, on Debian or Ubuntu); elsewhere names them and stops.
#
#   tools/setup.sh        what the command needs
#   tools/setup.sh mpi    an MPI, which training on several machines needs besides: any that has
#                         mpicc and mpirun on the path will do, else it is Open MPI
set -eu

if [ "${1:-}" = mpi ]; then
  wanted="Training on several machines needs an MPI: mpicc and mpirun."
else
  wanted="blockals needs pkg-config and the headers of libzstd, libxxhash and zlib."
fi

if ! command -v swift >/dev/null 2>&1; then
  echo "blockals needs a Swift 6.3 toolchain: https://www.swift.org/install/linux/" >&2
  exit 1
fi

# Prints the Debian packages that are missing.
missing() {
  if [ "${1:-}" = mpi ]; then
    command -v mpirun >/dev/null 2>&1 || echo openmpi-bin
    command -v "${MPICC:-mpicc}" >/dev/null 2>&1 || echo libopenmpi-dev
    return
  fi
  if ! command -v pkg-config >/dev/null 2>&1; then
    echo pkg-config libzstd-dev libxxhash-dev zlib1g-dev
    return
  fi
  pkg-config --exists libzstd || echo libzstd-dev
  pkg-config --exists libxxhash || echo libxxhash-dev
  pkg-config --exists zlib || echo zlib1g-dev
}

packages=$(missing "$@" | tr '\n' ' ')
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "$wanted" >&2
  echo "Please install what your system calls: $packages" >&2
  exit 1
fi

if [ "$(id -u)" = 0 ]; then
  as_root=
elif sudo -n true 2>/dev/null; then
  as_root="sudo"
else
  echo "$wanted Please run:" >&2
  echo "  sudo apt-get install $packages" >&2
  exit 1
fi

# Nobody's system is changed without a word.
echo "Installing as root, by apt-get: $packages" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the packages are words
$as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null

still=$(missing "$@" | tr '\n' ' ')
if [ -n "$still" ]; then
  echo "These are still missing after their installation: $still" >&2
  exit 1
fi
