"""Reads the repository beside it as another implementation would: python3-tuf, age, and docs/list-format.md.

usage: /usr/bin/python3 check.py FOLDER; prints what was found, ends with 1 where anything differs.
It must not share a line with the program that made the repository.
"""
import functools
import hashlib
import hmac
import http.server
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from tuf.ngclient import Updater

RECORD = 48
HEADER = 192


def served(folder):
    """The repository on a port of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/isp-a/"


def need(condition, what):
    if not condition:
        sys.exit(f"differs: {what}")
    print(f"as expected: {what}")


def payload(plain):
    """Header, removals, additions of docs/list-format.md, Payload."""
    need(plain[:8] == b"\x89CFMATC\n" and len(plain) % 65536 == 0, "payload of whole steps")
    kind, form = struct.unpack_from("<II", plain, 12)
    version, previous = struct.unpack_from("<QQ", plain, 24)
    hosts, paths, removed, _, vector_bytes = struct.unpack_from("<5I", plain, 60)
    at = HEADER + vector_bytes
    removals = struct.unpack_from(f"<{removed}Q", plain, at)
    at += 8 * removed
    end = at + RECORD * (hosts + paths)
    records = [plain[i : i + RECORD] for i in range(at, end, RECORD)]
    return {
        "kind": kind,
        "form": form,
        "version": version,
        "previous": previous,
        "digest": plain[80:112],
        "proof key": plain[120:152],
        "removals": removals,
        "records": records,
        "rest": plain[end:],
    }


def id_of(record):
    return struct.unpack_from("<Q", record, 24)[0]


def order(record):
    low_first = struct.unpack_from("<II", record, 0)
    is_path = struct.unpack_from("<I", record, 32)[0] >> 21 & 3 != 0
    return is_path, low_first, id_of(record)


def digest(records):
    return hashlib.sha256(b"cleanfeed records 1\n" + b"".join(records)).digest()


def main(folder):
    expected = json.loads((folder / "expected.json").read_text())
    work = Path(tempfile.mkdtemp())
    try:
        check(folder, expected, work)
    finally:
        shutil.rmtree(work)


def check(folder, expected, work):
    for name in ("metadata", "targets"):
        (work / name).mkdir()
    shutil.copy(folder / "root.json", work / "metadata" / "root.json")
    root = (folder / "root.json").read_bytes()
    need(hashlib.sha256(root).hexdigest() == expected["root"], "fingerprint of the pinned root")
    url = served(folder / "repository")
    updater = Updater(str(work / "metadata"), url + "metadata/", str(work / "targets"), url + "targets/")
    updater.refresh()
    newest = updater._trusted_set.root.version
    need(newest == expected["newestRoot"], f"root {newest}, by the chain from the pinned one")

    def target(path):
        info = updater.get_targetinfo(path)
        need(info is not None, f"there is {path}")
        command = ["age", "-d", "-i", str(folder / "node.age"), updater.download_target(info)]
        return info.unrecognized_fields.get("custom", {}), subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout

    said, plain = target("match/1/1/1.full")
    full = payload(plain)
    first, second = expected["versions"]
    need((full["kind"], full["version"], full["previous"]) == (0, 1, 0), "version 1 is a whole list")
    need(said["digest"] == first["digest"] == digest(full["records"]).hex() == full["digest"].hex(), "digest of version 1")
    need(len(full["records"]) == first["entries"], "entries of version 1")

    said, plain = target("match/1/1/2.delta")
    delta = payload(plain)
    need((delta["kind"], delta["version"], delta["previous"]) == (1, 2, 1), "version 2 is a delta from version 1")
    removals = set(delta["removals"])
    need(removals <= {id_of(record) for record in full["records"]}, "removals are of version 1")
    kept = [record for record in full["records"] if id_of(record) not in removals]
    merged = sorted(kept + delta["records"], key=order)
    need(said["digest"] == second["digest"] == digest(merged).hex() == delta["digest"].hex(), "digest of version 2")
    need(len(merged) == second["entries"], "entries of version 2")

    _, plain = target("withdrawn/1.set")
    count, serial = struct.unpack_from("<IQ", plain, 12)
    withdrawn = set(struct.unpack_from(f"<{count}Q", plain, 32))
    need({"serial": serial, "ids": count} == expected["withdrawn"] and len(plain) % 4096 == 0, "withdrawn set")
    proofs = {record[8:24] for record in merged if id_of(record) not in withdrawn}
    for lookup in expected["lookups"]:
        proof = hmac.new(delta["proof key"], lookup["text"].encode(), hashlib.sha256).digest()[:16]
        need((proof in proofs) == lookup["isListed"], f"{lookup['text']}: {'listed' if lookup['isListed'] else 'not listed'}")


main(Path(sys.argv[1]))
