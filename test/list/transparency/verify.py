"""Checks a head file of the log as docs/transparency.md describes it, with nothing but Python's standard library.

usage: verify.py HEADFILE LOGKEY [WITNESSKEY] [OLDERFILE]

Keys are in the text form of C2SP's signed-note (name+id+base64). Prints what holds, one fact a line; exit 1 with a reason
where something does not.
"""

import base64
import hashlib
import json
import sys

# Ed25519, RFC 8032, section 5.1: verification only, and slow.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover_x(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if x * x % P != xx:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != xx:
        return None
    return x if x % 2 == sign else P - x


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P
    return x, y


def times(scalar, point):
    total = (0, 1)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def point_of(data):
    value = int.from_bytes(data, "little")
    y = value & (2**255 - 1)
    x = recover_x(y, value >> 255)
    return None if x is None else (x, y)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y)


def signature_holds(key, message, signature):
    public, r = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or r is None or len(signature) != 64 or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return times(s, BASE) == add(r, times(h, public))


# The tree, RFC 9162, section 2.1, top down: a proof is checked by building both roots from the named subtrees.
def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(start, end):
    leaves = 1
    while leaves * 2 < end - start:
        leaves *= 2
    return start + leaves


def root_with_leaf(hashes, index, leaf, start, end):
    if end - start == 1:
        return leaf
    middle = split(start, end)
    if index < middle:
        return node(root_with_leaf(hashes, index, leaf, start, middle), hashes[(middle, end)])
    return node(hashes[(start, middle)], root_with_leaf(hashes, index, leaf, middle, end))


def both_roots(hashes, first, older_root, start, end):
    """Of the subtree: what it was in the tree of `first` leaves, and what it is now."""
    if end == first:
        known = older_root if start == 0 else hashes[(start, end)]
        return known, known
    middle = split(start, end)
    if first <= middle:
        old, now = both_roots(hashes, first, older_root, start, middle)
        return old, node(now, hashes[(middle, end)])
    left = hashes[(start, middle)]
    old, now = both_roots(hashes, first, older_root, middle, end)
    return node(left, old), node(left, now)


def read(path):
    with open(path, encoding="utf-8") as file:
        head = json.load(file)
    need(head["format"] == "cleanfeed log head 1", "the format")
    text, signatures = head["checkpoint"].rsplit("\n\n", 1)
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    head.update(text=text, signatures=signatures.splitlines(), origin=origin, size=int(size), root=base64.b64decode(root))
    head["tree"] = {tuple(map(int, name.split("-"))): base64.b64decode(value) for name, value in head["hashes"].items()}
    return head


def need(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")


def signed(head, key_text):
    name, key_id, material = key_text.split("+", 2)
    kind, key = base64.b64decode(material)[0], base64.b64decode(material)[1:]
    need(hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4].hex() == key_id, "the ID of the key")
    for line in head["signatures"]:
        dash, signer, blob = line.split(" ")
        blob = base64.b64decode(blob)
        if signer != name or blob[:4].hex() != key_id:
            continue
        if kind == 1:
            return signature_holds(key, head["text"].encode(), blob[4:])
        time = int.from_bytes(blob[4:12], "big")
        return signature_holds(key, f"cosignature/v1\ntime {time}\n{head['text']}".encode(), blob[12:])
    return False


def main(path, log_key, witness_key="", older_path=""):
    head = read(path)
    need(log_key.startswith(head["origin"] + "+"), "the name of the log")
    need(signed(head, log_key), "the signature of the log")
    print(f"signed: {head['origin']}, {head['size']} leaves")
    if witness_key:
        need(signed(head, witness_key), "the cosignature")
        print("cosigned")
    for leaf in head["leaves"]:
        salt = base64.b64decode(leaf["salt"])
        need(len(salt) == 32, "the length of a salt")
        leaf_hash = hashlib.sha256(b"\x00cleanfeed log 1\n" + salt + leaf["event"].encode()).digest()
        need(root_with_leaf(head["tree"], leaf["index"], leaf_hash, 0, head["size"]) == head["root"], f"leaf {leaf['index']}")
        print(f"leaf {leaf['index']}: {leaf['event']}")
    if older_path:
        older = read(older_path)
        need(signed(older, log_key), "the signature of the log under the older head")
        old, now = both_roots(head["tree"], older["size"], older["root"], 0, head["size"])
        need(old == older["root"] and now == head["root"], "that it extends the older head")
        print(f"extends: {older['size']} leaves")


main(*sys.argv[1:])
