# Every target sees to its own set-up (tools/setup.sh).

# A crash is reported by its exit status; printing a backtrace would take a minute.
export SWIFT_BACKTRACE = enable=no

# Tests run optimised: the numbers that they check are those that users get.
TEST_FLAGS = -c release --disable-xctest

SWIFT_FILES = Package.swift Sources Tests

# Arguments of the comparison, such as BENCH="--ratings 20000000 --python ~/peers/bin/python".
BENCH =

.PHONY: build test demo check lint format bench help docs setup clean
.DEFAULT_GOAL := build

## build: the command, optimised, at .build/release/blockals
build: setup
	swift build -c release --product blockals

## test: all tests; BLOCKALS_DATA names a folder of real ratings for those that want them
test: setup
	swift test $(TEST_FLAGS)

## demo: the whole road on generated ratings, with an interruption, in build/demo
demo: build
	tools/demo.sh

## check: what a change has to pass: layout, warnings, tests
check: lint build test

lint:
	swift format lint --strict --recursive --parallel $(SWIFT_FILES)

format:
	swift format --in-place --recursive --parallel $(SWIFT_FILES)

## bench: speed and memory, beside the peers that are installed
bench: build
	tools/compare_peers.py $(BENCH)

## help: the help texts that tests compare with, written anew
help: build
	tools/help_texts.sh

## docs: the documentation of the library, in build/docs
docs: setup
	tools/docs.sh

setup:
	@tools/setup.sh

clean:
	rm -rf .build build
