#!/bin/bash
# Training on several ranks, proved by real mpirun on one machine; each proof stops where it fails.
#
#   tools/cluster.sh models   every model x ranks 1 2 3 4 8 x workers 1 3: one digest
#   tools/cluster.sh kills    a random rank killed with -9 KILLS times, each time another number of
#                             ranks goes on: one digest
#   tools/cluster.sh hosts    four hosts (network namespaces, TCP between them; needs root): one
#                             digest, the bytes on the wire beside those of the log
#   tools/cluster.sh memory   peak memory of each of four ranks beside one process
#   tools/cluster.sh work     CPU seconds summed over 2 and 4 ranks beside one process
#
# KILLS (20), RATINGS (4000000, of memory and work), RANK (128) and WORK (build/cluster) are
# variables. Needs `make` and `make mpi`.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.build/release
PATH=${BLOCKALS_BIN:-$bin}:$PATH
WORK=${WORK:-$PWD/build/cluster}
KILLS=${KILLS:-20}
RATINGS=${RATINGS:-4000000}
RANK=${RANK:-128}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 SWIFT_BACKTRACE=enable=no
mkdir -p "$WORK"

job() { # RANKS WORD...
  local ranks=$1
  shift
  mpirun -np "$ranks" --oversubscribe --bind-to none "$@"
}
digest() { blockals inspect "$1" --json | sed 's/.*"digest": *"\([^"]*\)".*/\1/'; }
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
same() { # MODEL DIGEST WHAT
  local found
  found=$(digest "$1")
  [ "$found" = "$2" ] || fail "$3: digest $found, not $2"
}
# Ratings of two sizes: blocks NAME USERS ITEMS RATINGS USER-BLOCKS ITEM-BLOCKS
blocks() {
  [ -d "$WORK/$1" ] && return
  blockals generate --users "$2" --items "$3" --ratings "$4" --seed 1 -o "$WORK/$1.csv" 2>/dev/null
  blockals partition "$WORK/$1.csv" --holdout 0.05 --seed 1 --user-blocks "$5" --item-blocks "$6" \
    -o "$WORK/$1" >/dev/null
  rm "$WORK/$1.csv"
}

models() {
  blocks small 2000 500 60000 9 8
  local model count=0 expected ranks workers
  while read -r model; do
    rm -rf "$WORK/alone"
    # shellcheck disable=SC2086 # the settings are words
    blockals train "$WORK/small" -o "$WORK/alone" --iterations 3 $model >/dev/null 2>&1
    expected=$(digest "$WORK/alone")
    for ranks in 1 2 3 4 8; do
      for workers in 1 3; do
        rm -rf "$WORK/model"
        # shellcheck disable=SC2086
        job $ranks blockals train "$WORK/small" -o "$WORK/model" --iterations 3 --workers $workers \
          $model >"$WORK/messages" 2>&1 </dev/null || fail "$model: $(cat "$WORK/messages")"
        same "$WORK/model" "$expected" "$model, $ranks ranks, $workers workers"
        count=$((count + 1))
      done
    done
    echo "$expected  $model"
  done <<EOF
--rank 16
--rank 40 --solver cholesky
--rank 16 --regularization 5 --regularization-scaling none
--rank 16 --biases --bias-regularization 0.02
--rank 0 --biases
--rank 8 --nonnegative
--rank 16 --feedback implicit --alpha 40
--rank 16 --feedback implicit --confidence spark
--rank 16 --feedback implicit --confidence implicit
--rank 16 --feedback implicit --confidence ials --unobserved-weight 0.1 --regularization 0.003
--rank 8 --feedback implicit --nonnegative
--rank 32 --solver cg --cg-steps 3
--rank 32 --feedback implicit --solver cg --cg-steps 3
EOF
  echo "$count jobs of 13 models on 1, 2, 3, 4 and 8 ranks: the digests of one process"
}

kills() {
  blocks small 2000 500 60000 9 8
  local settings="--rank 32 --iterations 40" expected done=0 ends=0 ranks=1 next launcher list victim
  rm -rf "$WORK/alone" "$WORK/model" "$WORK/kills"
  # shellcheck disable=SC2086
  blockals train "$WORK/small" -o "$WORK/alone" $settings >/dev/null 2>&1
  expected=$(digest "$WORK/alone")
  RANDOM=1
  while [ "$done" -lt "$KILLS" ]; do
    # Another number of ranks than the one before, at least two.
    next=$((RANDOM % 6 + 2))
    [ $next != $ranks ] || next=$((next % 7 + 2))
    ranks=$next
    # shellcheck disable=SC2086
    mpirun -np $ranks --oversubscribe --bind-to none \
      blockals train "$WORK/small" -o "$WORK/model" $settings >"$WORK/messages" 2>&1 &
    launcher=$!
    sleep "$((RANDOM % 3)).$((RANDOM % 900 + 100))"
    read -r -a list <"/proc/$launcher/task/$launcher/children" || true
    if [ ${#list[@]} = $ranks ]; then
      victim=$((RANDOM % ranks))
      if kill -9 "${list[victim]}" 2>/dev/null; then
        done=$((done + 1))
        echo "$done: rank $victim of $ranks, $ends models at their end" >>"$WORK/kills"
      fi
    fi
    if wait $launcher; then
      same "$WORK/model" "$expected" "after $done kills"
      ends=$((ends + 1))
      rm -rf "$WORK/model"
    fi
  done
  [ ! -d "$WORK/model" ] || {
    # shellcheck disable=SC2086
    job 3 blockals train "$WORK/small" -o "$WORK/model" $settings >"$WORK/messages" 2>&1 ||
      fail "$(cat "$WORK/messages")"
    same "$WORK/model" "$expected" "after $done kills"
    ends=$((ends + 1))
  }
  echo "$done kills of a rank, $ends models trained to their end on 2 to 8 ranks: $ends times $expected"
}

# What a rank took: peak memory in KB and CPU seconds, in a file for each rank.
measured() { # NAME RANKS WORD...
  local name=$1 ranks=$2
  shift 2
  cat >"$WORK/measure.py" <<'EOF'
import os
import sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
with open(f"{sys.argv[1]}.{rank}", "w", encoding="utf-8") as file:
    file.write(f"{usage.ru_maxrss} {usage.ru_utime + usage.ru_stime:.2f}\n")
sys.exit(os.waitstatus_to_exitcode(status))
EOF
  rm -f "$WORK/$name."*
  if [ "$ranks" = 0 ]; then
    python3 "$WORK/measure.py" "$WORK/$name" "$@" >/dev/null 2>"$WORK/messages" ||
      fail "$(cat "$WORK/messages")"
  else
    job "$ranks" python3 "$WORK/measure.py" "$WORK/$name" "$@" >/dev/null 2>"$WORK/messages" ||
      fail "$(cat "$WORK/messages")"
  fi
}

# Ratings in which routing can help: eight communities, whose members rate one another's items, and
# which differ in how much they rate, so that the order of the blocks is that of the communities.
communities() {
  [ -d "$WORK/communities" ] && return
  python3 - "$RATINGS" >"$WORK/communities.csv" <<'EOF'
import random
import sys
draw = random.Random(1)
each = int(sys.argv[1]) // 8
print("user,item,rating")
for community in range(8):
    degree = 64 >> (community // 2) if community % 2 == 0 else 48 >> (community // 2)
    users, items = each // degree, each // (8 * degree)
    for user in range(users):
        for item in draw.sample(range(items), degree):
            print(f"{community}u{user},{community}i{item},{draw.randint(1, 5)}")
EOF
  blockals partition "$WORK/communities.csv" --user-blocks 20 --item-blocks 20 \
    -o "$WORK/communities" >/dev/null
  rm "$WORK/communities.csv"
}

memory() {
  communities
  local settings="--rank $RANK --iterations 2 --workers 1" expected rank
  rm -rf "$WORK/alone" "$WORK/model"
  # shellcheck disable=SC2086
  measured alone 0 blockals train "$WORK/communities" -o "$WORK/alone" $settings
  # shellcheck disable=SC2086
  measured four 4 blockals train "$WORK/communities" -o "$WORK/model" $settings
  same "$WORK/model" "$(digest "$WORK/alone")" "four ranks"
  awk '{ print "one process: " $1 / 1000 " MB at its peak" }' "$WORK/alone.0"
  for rank in 0 1 2 3; do
    awk -v rank=$rank 'NR == FNR { alone = $1; next }
      { printf "rank %d of 4: %.0f MB, %.0f %% of one process\n", rank, $1 / 1000, 100 * $1 / alone }' \
      "$WORK/alone.0" "$WORK/four.$rank"
  done
}

work() {
  blocks large $((RATINGS / 50)) $((RATINGS / 400)) "$RATINGS" 20 20
  local settings="--rank $RANK --iterations 8" expected ranks
  rm -rf "$WORK/alone"
  # shellcheck disable=SC2086
  measured alone 0 blockals train "$WORK/large" -o "$WORK/alone" $settings --workers 2
  expected=$(digest "$WORK/alone")
  awk '{ print "one process: " $2 " CPU seconds" }' "$WORK/alone.0"
  for ranks in 2 4; do
    rm -rf "$WORK/model"
    # shellcheck disable=SC2086
    measured many $ranks blockals train "$WORK/large" -o "$WORK/model" $settings --workers 1
    same "$WORK/model" "$expected" "$ranks ranks"
    cat "$WORK/alone.0" "$WORK/many."* | awk -v ranks=$ranks '
      NR == 1 { alone = $2; next } { sum += $2 }
      END { printf "%d ranks: %.2f CPU seconds, %.3f times one process\n", ranks, sum, sum / alone }'
  done
}

# Four namespaces joined by a bridge; each has its own host name, /dev/shm and TMPDIR.
hosts() {
  blocks million 20000 5000 1200000 20 20
  local settings="--rank 64 --iterations 5 --workers 1" number expected before after logged
  trap unmake EXIT
  unmake
  ip link add blockals0 type bridge
  ip link set blockals0 up
  : >"$WORK/hosts"
  for number in 1 2 3 4; do
    ip netns add "blockals$number"
    ip link add "blockals0$number" type veth peer name eth0 netns "blockals$number"
    ip link set "blockals0$number" master blockals0 up
    ip -n "blockals$number" address add "10.99.0.$number/24" dev eth0
    ip -n "blockals$number" link set eth0 up
    ip -n "blockals$number" link set lo up
    echo "10.99.0.$number slots=1" >>"$WORK/hosts"
  done
  cat >"$WORK/agent" <<'EOF'
#!/bin/sh
# What mpirun calls in the place of ssh: HOST COMMAND...
number=${1##*.}
shift
export COMMAND="$*" NUMBER="$number"
exec ip netns exec "blockals$number" unshare --uts --mount sh -c '
  hostname "host$NUMBER"
  mount -t tmpfs tmpfs /dev/shm
  TMPDIR=$(mktemp -d) && export TMPDIR
  exec sh -c "$COMMAND"'
EOF
  chmod +x "$WORK/agent"
  rm -rf "$WORK/alone" "$WORK/model"
  # shellcheck disable=SC2086
  blockals train "$WORK/million" -o "$WORK/alone" $settings >/dev/null 2>&1
  expected=$(digest "$WORK/alone")
  before=$(wire)
  # shellcheck disable=SC2086
  "$WORK/agent" 10.99.0.1 "PATH=$PATH mpirun -np 4 --hostfile $WORK/hosts \
    --mca plm_rsh_agent $WORK/agent --mca plm_rsh_no_tree_spawn 1 --mca btl tcp,self \
    --mca btl_tcp_if_include 10.99.0.0/24 --mca oob_tcp_if_include 10.99.0.0/24 --bind-to none \
    -x PATH -x OMPI_ALLOW_RUN_AS_ROOT \
    blockals train $WORK/million -o $WORK/model $settings" >"$WORK/messages" 2>&1 ||
    fail "$(cat "$WORK/messages")"
  after=$(wire)
  same "$WORK/model" "$expected" "four hosts"
  logged=$(sed -n 's/.*"broadcastBytes":\([0-9]*\).*/\1/p' "$WORK/model/training.jsonl" |
    awk '{ sum += $1 } END { printf "%d", sum }')
  echo "$((after - before)) $logged" | awk '{ printf \
    "four hosts: the same digest; %.2f MB on the wire, %.2f MB in the log, %+.1f %%\n",
    $1 / 1e6, $2 / 1e6, 100 * ($1 / $2 - 1) }'
}
wire() { # The bytes that all hosts have sent so far.
  cat /sys/class/net/blockals0[1-4]/statistics/rx_bytes | awk '{ sum += $1 } END { printf "%d", sum }'
}
unmake() {
  local number
  for number in 1 2 3 4; do
    # A connection that was cut off keeps its namespace for a while, and would keep the link.
    ip link del "blockals0$number" 2>/dev/null || true
    ip netns del "blockals$number" 2>/dev/null || true
  done
  ip link del blockals0 2>/dev/null || true
}

[ $# -gt 0 ] || set -- models kills hosts memory work
for proof; do
  case $proof in
    models | kills | hosts | memory | work) "$proof" ;;
    *) fail "there is no proof '$proof'" ;;
  esac
done
