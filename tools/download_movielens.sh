#!/bin/sh
# Downloads a MovieLens data set from GroupLens, verifies it, and unpacks it.
#
#   tools/download_movielens.sh 100k|1m|10m|20m|25m [FOLDER]      # default: data
#
# The licence of the data forbids passing it on; read the README inside the archive.
# MOVIELENS_URL names another place to download from.
set -eu

base=${MOVIELENS_URL:-https://files.grouplens.org/datasets/movielens}
size=${1:-}
folder=${2:-data}

# The sums are those that GroupLens publishes beside its archives.
case "$size" in
  100k) sum=0e33842e24a9c977be4e0107933c0723 ratings=ml-100k/u.data format="tsv" ;;
  1m) sum=c4d9eecfca2ab87c1945afe126590906 ratings=ml-1m/ratings.dat format="movielens" ;;
  10m) sum=ce571fd55effeba0271552578f2648bd ratings=ml-10M100K/ratings.dat format="movielens" ;;
  20m) sum=cd245b17a1ae2cc31bb14903e1204af3 ratings=ml-20m/ratings.csv format="csv" ;;
  25m) sum=6b51fb2759a8657d3bfcbfc42b592ada ratings=ml-25m/ratings.csv format="csv" ;;
  *)
    echo "usage: tools/download_movielens.sh 100k|1m|10m|20m|25m [FOLDER]" >&2
    exit 64
    ;;
esac

for tool in curl md5sum unzip; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    echo "$tool is needed to download and unpack; please install it" >&2
    exit 1
  fi
done

mkdir -p "$folder"
archive="$folder/ml-$size.zip"
verify() { echo "$sum  $archive" | md5sum --check --status 2>/dev/null; }

if ! verify; then
  echo "Downloading $base/ml-$size.zip" >&2
  curl --fail --location --progress-bar --output "$archive.part" "$base/ml-$size.zip"
  mv "$archive.part" "$archive"
  if ! verify; then
    echo "$archive is not what GroupLens publishes: its MD5 is not $sum" >&2
    exit 65
  fi
fi
unzip -q -o "$archive" -d "$folder"
echo "$folder/$ratings"
echo "blockals partition --format $format $folder/$ratings -o ml-$size.blocks" >&2
