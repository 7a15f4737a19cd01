#!/usr/bin/env python3
"""Reads a blockals partition or model as Partitions/README.md specifies it, and checks everything.

    read_blocks.py ratings.blocks     prints a line for each rating: user, item, value (tab apart)
    read_blocks.py model              prints a line for each row of factors: side, id, bias or -, factors

Needs Python 3.8, and the libraries libzstd and libxxhash that blockals itself needs. Exits with 1 and
a message where anything is not as it has to be. It shares no code with blockals.
"""
import ctypes
import json
import os
import pathlib
import struct
import sys
from itertools import accumulate

XXH, ZSTD = ctypes.CDLL("libxxhash.so.0"), ctypes.CDLL("libzstd.so.1")


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


TEXT = [ctypes.c_char_p, ctypes.c_size_t]
XXH.XXH3_64bits_withSeed.argtypes, XXH.XXH3_64bits_withSeed.restype = TEXT + [ctypes.c_uint64], ctypes.c_uint64
XXH.XXH3_128bits.argtypes, XXH.XXH3_128bits.restype = TEXT, Hash128
ZSTD.ZSTD_decompress.argtypes, ZSTD.ZSTD_decompress.restype = TEXT * 2, ctypes.c_size_t

COUNTS, COLUMNS, DICTIONARY, CODES, VALUES, ID_LENGTHS, ID_BYTES, USERS, ITEMS = range(1, 10)
SIDES = ("user", "item")


def require(holds, message):
    if not holds:
        raise ValueError(message)


def xxh3(data, seed=0):
    return XXH.XXH3_64bits_withSeed(bytes(data), len(data), seed)


def expand(stored, length):
    raw = ctypes.create_string_buffer(max(1, length))
    require(ZSTD.ZSTD_decompress(raw, length, stored, len(stored)) == length, "zstd frame")
    return raw.raw[:length]


def read(path, facts=None):
    data = pathlib.Path(path).read_bytes()
    if facts:
        require((len(data), "%016x" % xxh3(data)) == (facts["byteCount"], facts["xxh3"]), path)
    return data


def manifest(path, kind):
    data = read(path)
    require(data[-34:] == b',\n  "xxh3" : "%016x"\n}\n' % xxh3(data[:-34]), path + ": checksum")
    document = json.loads(data)
    require(document["format"] == 1 and document["kind"] == kind, path + ": kind")
    return document["facts"]


def varints(data, count):
    numbers, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            require(number < 1 << 32 and (byte or shift == 7), "varint")
            numbers.append(number)
            number, shift = 0, 0
    require(len(numbers) == count and shift == 0, "number of varints")
    return numbers


def floats(data):
    values = struct.unpack("<%df" % (len(data) // 4), data)
    require(all(abs(value) < float("inf") for value in values), "value that is not finite")
    return values


def shard(path, facts, identity):
    """The header's numbers and the expanded sections by kind."""
    data = read(path, facts)
    require(data[:8] == b"\x89BALS\r\n\x1a", path + ": magic")
    major, _, flags, kind, side, count, block = struct.unpack_from("<HHIBBHI", data, 8)
    first, rows, ratings, distinct, length = struct.unpack_from("<5Q", data, 24)
    end = 64 + 48 * count
    require(major == 1 and flags == 0, path + ": version")
    require(struct.unpack_from("<Q", data, end)[0] == xxh3(data[:end]), path + ": header checksum")
    require((kind, side, block, first, rows) == identity and length == len(data), path + ": identity")
    sections, offset = {}, end + 8
    for entry in range(64, end, 48):
        kind, codec, begin, stored, raw, stored_sum, raw_sum = struct.unpack_from("<IIQQQQQ", data, entry)
        require(codec == 1 and begin == offset and raw // 32768 <= stored, path + ": section table")
        offset += stored
        require(xxh3(data[begin:offset]) == stored_sum, path + ": stored checksum")
        sections[kind] = expand(data[begin:offset], raw)
        require(len(sections[kind]) == raw and xxh3(sections[kind]) == raw_sum, path + ": raw checksum")
    require(offset == length, path + ": end")
    return ratings, distinct, sections


def values(sections, count):
    if DICTIONARY not in sections:
        return floats(sections[VALUES])
    dictionary = floats(sections[DICTIONARY])
    require(list(dictionary) == sorted(set(dictionary)) and len(sections[CODES]) == count, "codes")
    return [dictionary[code] for code in sections[CODES]]


def ids(path, facts, side, rows):
    ratings, _, sections = shard(path, facts, (2, side, 0, 0, rows))
    lengths, counts = varints(sections[ID_LENGTHS], rows), varints(sections[COUNTS], rows)
    names = [sections[ID_BYTES][end - length : end] for end, length in zip(accumulate(lengths), lengths)]
    require(sum(lengths) == len(sections[ID_BYTES]) and sum(counts) == ratings, path + ": sums")
    order = [(-count, name) for count, name in zip(counts, names)]
    require(order == sorted(order) and len(set(names)) == rows and 0 not in counts, path + ": order")
    checksum = xxh3(sections[ID_BYTES], xxh3(struct.pack("<%dQ" % rows, *lengths)))
    return [name.decode("utf-8", "replace") for name in names], counts, checksum


def partition(directory):
    """The ids of both sides, the ratings and the hold-out as (user, item, value)."""
    facts = manifest(directory + "/manifest.json", "partition")
    sizes = (facts["userCount"], facts["itemCount"])
    tables = [ids("%s/%ss.ids" % (directory, name), facts["ids"][name], side, sizes[side])
              for side, name in enumerate(SIDES)]
    found, row_sums = ([], []), []
    for side, name in enumerate(SIDES):
        grid = facts["grids"][name]
        for block, (first, end, record) in enumerate(zip(grid, grid[1:], facts["shards"][name])):
            rows = end - first
            path = "%s/%ss-%05d.csr" % (directory, name, block)
            ratings, distinct, sections = shard(path, record, (1, side, block, first, rows))
            counts = varints(sections[COUNTS], rows)
            require(counts == tables[side][1][first : first + rows], path + ": counts")
            steps, numbers, at = varints(sections[COLUMNS], ratings), values(sections, ratings), 0
            for row, count in enumerate(counts):
                columns = list(accumulate(steps[at : at + count]))
                require(not columns or columns[-1] < sizes[1 - side], path + ": column")
                own = numbers[at : at + count]
                pairs = [(first + row, other) if side == 0 else (other, first + row) for other in columns]
                found[side].extend((*pair, value) for pair, value in zip(pairs, own))
                if side == 0:
                    seed = xxh3(struct.pack("<%dI" % count, *columns))
                    row_sums.append(xxh3(struct.pack("<%df" % count, *own), seed))
                at += count
            require(at == ratings == record["ratingCount"], path + ": ratings")
            require(len({pair[1 - side] for pair in found[side][len(found[side]) - ratings :]}) == distinct, path + ": distinct")
    require(sorted(found[0]) == sorted(found[1]), "users' and items' shards hold different ratings")
    held, held_sum = [], xxh3(b"", xxh3(b"", xxh3(b"")))
    if facts.get("holdout"):
        count, _, sections = shard(directory + "/holdout.coo", facts["holdout"]["file"], (3, 0, 0, 0, 0))
        users, items = list(accumulate(varints(sections[USERS], count))), varints(sections[ITEMS], count)
        held = list(zip(users, items, floats(sections[VALUES])))
        packed = [struct.pack("<%dI" % count, *numbers) for numbers in (users, items)]
        held_sum = xxh3(sections[VALUES], xxh3(packed[1], xxh3(packed[0])))
        require(all(u < sizes[0] and i < sizes[1] for u, i, _ in held), "hold-out index")
    digest = struct.pack("<3Q", *sizes, len(found[0])) + struct.pack("<%dQ" % sizes[0], *row_sums)
    digest += struct.pack("<3Q", tables[0][2], tables[1][2], held_sum)
    found_digest = XXH.XXH3_128bits(digest, len(digest))
    require("%016x%016x" % (found_digest.high, found_digest.low) == facts["digest"], "digest")
    return [table[0] for table in tables], found[0], held


def model(directory):
    """(side, id, bias or None, factors) for each row of the newest generation."""
    generation = max(name for name in os.listdir(directory + "/generations") if name.isdigit() and len(name) == 8)
    folder = directory + "/generations/" + generation
    facts = manifest(folder + "/manifest.json", "generation")
    rank, biased = facts["rank"], facts["hasBias"]
    for side, name in enumerate(SIDES):
        starts = facts["grids"][name]
        names = ids("%s/%ss.ids" % (directory, name), facts["ids"][name], side, starts[-1])[0]
        for block, record in enumerate(facts["shards"][name]):
            rows = starts[block + 1] - starts[block]
            data = read("%s/%ss-%05d.safetensors" % (folder, name, block), record)
            length = struct.unpack_from("<Q", data)[0]
            tensors = json.loads(data[8 : 8 + length])
            require(tensors["factors"]["shape"] == [rows, rank] and ("bias" in tensors) == biased, "shape")
            numbers = floats(data[8 + length :])
            require(len(numbers) == rows * (rank + biased), "length of factors")
            for row, label in enumerate(names[starts[block] : starts[block + 1]]):
                bias = numbers[rows * rank + row] if biased else None
                yield name, label, bias, numbers[row * rank : (row + 1) * rank]


if __name__ == "__main__":
    try:
        if os.path.isdir(sys.argv[1] + "/generations"):
            for side, name, bias, factors in model(sys.argv[1]):
                print(side, name, "-" if bias is None else bias, *factors, sep="\t")
        else:
            (users, items), ratings, held = partition(sys.argv[1])
            for user, item, value, *mark in ratings + [(*rating, "holdout") for rating in held]:
                print(users[user], items[item], value, *mark, sep="\t")
    except (ValueError, KeyError, struct.error, OSError) as error:
        sys.exit("read_blocks.py: %s" % error)
