#!/bin/sh
# The whole road on generated ratings: generate, partition, train with an interruption, evaluate,
# recommend, inspect, verify. Everything lands in build/demo, made anew by each run.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.build/release:$PATH"
folder=build/demo
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
# Progress goes to stderr; here it belongs between the commands.
exec 2>&1

say() { printf '\n# %s\n' "$1"; }
run() {
  echo "\$ $*"
  "$@"
}

say "Ratings: 50,000 users, 10,000 items, with a signal of rank 20 hidden under noise."
run blockals generate --users 50000 --items 10000 --ratings 5000000 --seed 1 -o ratings.csv

say "Ratings become blocks on disk, in both orientations; every tenth rating is held out."
run blockals partition ratings.csv --holdout 0.1 --seed 1 --user-blocks 4 --item-blocks 4 -o ratings.blocks

say "Blocks become factors. This run is killed in the middle (kill -9), at an unknown moment."
echo "\$ blockals train ratings.blocks --rank 32 --regularization 0.05 --iterations 10 -o model"
blockals train ratings.blocks --rank 32 --regularization 0.05 --iterations 10 -o model &
trainer=$!
while [ ! -d model/generations/00000003 ] && kill -0 "$trainer" 2>/dev/null; do sleep 0.02; done
kill -9 "$trainer" 2>/dev/null || true
wait "$trainer" 2>/dev/null && status=0 || status=$?
echo "(exit $status)"

say "The same command goes on where it was."
run blockals train ratings.blocks --rank 32 --regularization 0.05 --iterations 10 -o model

say "A run that nobody kills, on another number of workers, gives the same bytes."
run blockals train ratings.blocks --rank 32 --regularization 0.05 --iterations 10 --workers 3 -o undisturbed
digest() { blockals inspect "$1" --json | sed 's/.*"digest": *"\([^"]*\)".*/\1/'; }
echo "model        $(digest model)"
echo "undisturbed  $(digest undisturbed)"
[ "$(digest model)" = "$(digest undisturbed)" ]

say "How good it is on the ratings that were held out."
run blockals evaluate model --holdout ratings.blocks

say "Factors become recommendations: five unseen items for two users."
users=$(sed -n '2p;1000p' ratings.csv | cut -d, -f1 | tr '\n' ' ')
# shellcheck disable=SC2086 # the users are words
run blockals recommend model --top 5 $users

say "What is in the files, and whether every byte is as it was written."
run blockals inspect model
run blockals verify ratings.blocks
run blockals verify model
