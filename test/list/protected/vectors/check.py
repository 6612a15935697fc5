"""Checks the published vectors by docs/list-format.md alone, as another implementation would.

usage: python3 check.py FOLDER; prints what was checked, ends with 1 where anything differs.
It must not share a line with the program that made the vectors.
"""
import base64
import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path

MASK = 0xFFFFFFFF
SCOPES = ["host", "directory", "page", "url"]
FOLDS = {"case": 1, "params": 2, "slash": 4}
FLAGS = {"subdomains": 1 << 23, "count": 1 << 24, "test": 1 << 25, "dns": 1 << 26, "steer": 1 << 27}


def rotated(x, bits):
    return ((x << bits) | (x >> (32 - bits))) & MASK


def half_sip_hash(key, data):
    """HalfSipHash-2-4 with eight bytes of output."""
    k0, k1 = struct.unpack("<II", key)
    v0, v1, v2, v3 = k0, k1 ^ 0xEE, k0 ^ 0x6C796765, k1 ^ 0x74656462

    def rounds(count):
        nonlocal v0, v1, v2, v3
        for _ in range(count):
            v0 = (v0 + v1) & MASK
            v1 = rotated(v1, 5) ^ v0
            v0 = rotated(v0, 16)
            v2 = (v2 + v3) & MASK
            v3 = rotated(v3, 8) ^ v2
            v0 = (v0 + v3) & MASK
            v3 = rotated(v3, 7) ^ v0
            v2 = (v2 + v1) & MASK
            v1 = rotated(v1, 13) ^ v2
            v2 = rotated(v2, 16)

    padded = data + b"\0" * (3 - len(data) % 4) + bytes([len(data) & 0xFF])
    for (word,) in struct.iter_unpack("<I", padded):
        v3 ^= word
        rounds(2)
        v0 ^= word
    v2 ^= 0xEE
    rounds(4)
    low = v1 ^ v3
    v1 ^= 0xDD
    rounds(4)
    return v1 ^ v3, low


def text_of(entry):
    host, path, query = entry["host"], entry.get("path", ""), entry.get("query")
    if entry["scope"] == "directory" and "slash" in entry["fold"] and path != "/":
        path = path[:-1]
    if entry["scope"] == "url" and query is not None:
        path += "?" + query
    if "info" in entry["fold"]:
        path = "?" + path
    return (host + path).encode("ascii")


def extent_of(entry):
    if entry["scope"] == "directory":
        return entry["path"].count("/") - 1
    extent = 1 if entry["scope"] == "url" and entry.get("query") is not None else 0
    return extent + (64 if "info" in entry["fold"] else 0)


def meta_of(entry):
    meta = entry["port"] | SCOPES.index(entry["scope"]) << 21
    meta |= sum(FOLDS[name] for name in entry["fold"] if name != "info") << 28
    return meta | sum(bit for name, bit in FLAGS.items() if entry[name])


def record_of(keys, entry):
    fingerprint_key, proof_key = keys
    is_host = entry["scope"] == "host"
    text = text_of(entry)
    backwards = half_sip_hash(fingerprint_key, entry["host"].encode("ascii")[::-1])
    high, low = backwards if is_host else half_sip_hash(fingerprint_key, text)
    proof = hmac.new(proof_key, text, hashlib.sha256).digest()[:16]
    host = (0, 0) if is_host else backwards
    tail = (int(entry["id"], 16), meta_of(entry), *host, entry["expires"], extent_of(entry), 0)
    return struct.pack("<II16sQIIIHBB", high, low, proof, *tail)


def place_of(record):
    high, low, _, ident, meta = struct.unpack_from("<II16sQI", record)
    return (meta >> 21 & 3 != 0, high, low, ident)


def digest_of(records):
    return hashlib.sha256(b"cleanfeed records 1\n" + b"".join(records)).digest()


def split(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def padded(data, step):
    return data + b"\0" * (-len(data) % step)


def read_payload(data, form=1):
    assert data[:8] == b"\x89CFMATC\n" and len(data) % 65536 == 0
    names = "format kind form unicode version previous time hosts others hints newHosts newOthers removals vectors vectorBytes"
    header = dict(zip(names.split(), struct.unpack_from("<IIIIQQQIIIIIIII", data, 8)))
    header["digest"], header["keys"] = data[80:112], (data[112:120], data[120:152])
    assert header["format"] == form and not any(data[152:192])
    at = 192 + header["vectorBytes"]
    header["vectorTexts"] = data[192:at]
    end = at + 8 * header["removals"]
    header["removed"] = [ident for (ident,) in struct.iter_unpack("<Q", data[at:end])]
    at, end = end, end + 48 * (header["newHosts"] + header["newOthers"])
    header["records"] = split(data[at:end], 48)
    assert len(data) == -(-end // 65536) * 65536 and not any(data[end:])
    return header


def check_vectors(header):
    data, keys, count, at = header["vectorTexts"], header["keys"], 0, 0
    while at < len(data):
        scope, fold, length, high, low, proof = struct.unpack_from("<BBHII16s", data, at)
        url = data[at + 28 : at + 28 + length].decode("utf-8")
        at += 28 + length
        count += 1
        # What is canonical as it is written needs no canonical form to be checked.
        if scope == 3 and fold == 0 and url == "host.example/a/b.html?x=1":
            text = url.encode()
            assert (high, low) == half_sip_hash(keys[0], text)
            assert proof == hmac.new(keys[1], text, hashlib.sha256).digest()[:16]
    assert count == header["vectors"] == (100 if header["format"] == 1 else 105) and at == len(data)


def check_counts(header, records):
    others = [record for record in records if place_of(record)[0]]
    hints = {(record[36:44], record[35] >> 4 & 7, record[46] >= 64) for record in others}
    assert (header["hosts"], header["others"], header["hints"]) == (len(records) - len(others), len(others), len(hints))
    assert records == sorted(records, key=place_of) and digest_of(records) == header["digest"]


def records_in(keys, version):
    for entry in version["entries"]:
        assert record_of(keys, entry).hex() == entry["record"], entry
    records = sorted((bytes.fromhex(entry["record"]) for entry in version["entries"]), key=place_of)
    assert digest_of(records).hex() == version["digest"]
    return records


def check_format_2(keys, given):
    records = records_in(keys, given)
    full = read_payload(padded(base64.b64decode(given["full"]), 65536), 2)
    assert full["records"] == records and (full["kind"], full["removed"], full["keys"]) == (0, [], keys)
    check_vectors(full)
    check_counts(full, records)
    return len(records)


def main(folder):
    given = json.loads((folder / "protected-list.json").read_text("utf-8"))
    keys = bytes.fromhex(given["keys"]["fingerprint"]), bytes.fromhex(given["keys"]["proof"])
    versions = [records_in(keys, version) for version in given["versions"]]
    full = read_payload(padded(base64.b64decode(given["full"]), 65536))
    assert (full["kind"], full["version"], full["previous"], full["keys"]) == (0, 1, 0, keys)
    assert full["records"] == versions[0] and full["removed"] == []
    check_vectors(full)
    check_counts(full, versions[0])
    delta = read_payload(padded(base64.b64decode(given["delta"]), 65536))
    assert (delta["kind"], delta["version"], delta["previous"], delta["keys"]) == (1, 2, 1, keys)
    kept = [record for record in versions[0] if place_of(record)[3] not in delta["removed"]]
    assert len(kept) == len(versions[0]) - len(delta["removed"])
    result = sorted(kept + delta["records"], key=place_of)
    assert result == versions[1]
    check_counts(delta, result)
    withdrawn = padded(base64.b64decode(given["withdrawn"]["set"]), 4096)
    magic, form, count, serial, _ = struct.unpack_from("<8sIIQQ", withdrawn)
    ids = [f"{ident:016x}" for (ident,) in struct.iter_unpack("<Q", withdrawn[32 : 32 + 8 * count])]
    assert (magic, form, serial) == (b"\x89CFWITH\n", 1, given["withdrawn"]["serial"])
    assert ids == given["withdrawn"]["ids"] and not any(withdrawn[32 + 8 * count :])
    behind = check_format_2(keys, given["format2"])
    print(f"{len(versions[0])}, {len(versions[1])} and {behind} records, 3 payloads, {count} withdrawn ids: as the document says")


main(Path(sys.argv[1]))
