# Every target sees to its own set-up (tools/setup.sh).

# A crash is reported by its exit status; printing a backtrace would take a minute.
export SWIFT_BACKTRACE = enable=no

# Tests run optimised: the numbers that they check are those that users get.
# Without testable imports they use the modules that `make` has built, and build none of their own.
TEST_FLAGS = -c release --disable-xctest --disable-testable-imports

SWIFT_FILES = Package.swift Sources Tests

# Arguments of the comparison, such as BENCH="--ratings 20000000 --python ~/peers/bin/python".
BENCH =

# The compiler of a site's own MPI: make mpi MPICC=/opt/mpich/bin/mpicc
export MPICC = mpicc

# Where make install puts the command: $(PREFIX)/bin, /share/man, and so on; under $(DESTDIR).
PREFIX = /usr/local
DESTDIR =

.PHONY: build mpi install test wheel test-faults soak demo check lint format bench help \
  help-texts docs setup clean
.DEFAULT_GOAL := build

## build: the command, optimised, at .build/release/blockals
build: setup
	swift build -c release --product blockals

## mpi: what `blockals train` loads under mpirun, beside the command; installs Open MPI if need be
mpi: setup
	@tools/setup.sh mpi
	@mkdir -p "$$(swift build -c release --show-bin-path)"
	$(MPICC) -DMPI -O2 -Wall -Werror -shared -fPIC -I Sources/CSystem/include \
	  -o "$$(swift build -c release --show-bin-path)/libblockals-mpi.so" \
	  Sources/MPIBridge/MPIBridge.c

## install: the command, completions and manual pages, below PREFIX=/usr/local
install: build
	tools/install.sh "$$(swift build -c release --show-bin-path)" "$(DESTDIR)$(PREFIX)"

## test: all tests; BLOCKALS_DATA names a folder of real ratings for those that want them
test: setup
	@if tools/setup.sh mpi >/dev/null 2>&1; then $(MAKE) --no-print-directory mpi; \
	else echo "The tests of training under mpirun are skipped: Open MPI is not there (make mpi)"; fi
	swift test $(TEST_FLAGS)
	swift build -c release --product blockalsc
	swift build -c release --product blockals
	tools/python_wheel.sh test

## wheel: the package for Python, with library and command, in dist
wheel: build
	swift build -c release --product blockalsc
	tools/python_wheel.sh

## test-faults: a quarter of an hour of kills, failing calls, full disks and damaged files
test-faults: build
	tools/prove.py --minutes 15

## soak: the same for MINUTES; then the page of what came of it is written
MINUTES = 240
soak: build
	tools/prove.py --minutes $(MINUTES) --seed $$(date +%s)
	tools/prove.py --write docs/RELIABILITY.md

## demo: the whole road on generated ratings, with an interruption, in build/demo
demo: build
	tools/demo.sh

## check: what a change has to pass: layout, warnings, tests
check: lint build test

lint:
	swift format lint --strict --recursive --parallel $(SWIFT_FILES)

## format: lays out all sources
format:
	swift format --in-place --recursive --parallel $(SWIFT_FILES)

## bench: speed and memory, beside the peers that are installed
bench: build
	tools/compare_peers.py $(BENCH)

## help: what make does
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-11s %s\n", $$1, $$2 }'

## help-texts: the help texts that tests compare with, written anew
help-texts: build
	tools/help_texts.sh

## docs: the documentation of the library, in build/docs
docs: setup
	tools/docs.sh

setup:
	@tools/setup.sh

## clean: removes what was built
clean:
	rm -rf .build build dist
