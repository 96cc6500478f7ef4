#!/usr/bin/env python3
"""Verifies an audit log of the hub offline, without any of the hub's code.

Needs Python 3's standard library and the `openssl` command (for Ed25519). Written from RFC 6962 and
c2sp.org/signed-note, tlog-checkpoint and tlog-proof; clients/cpp/log_export.h describes the export.

    verify_log.py KEY checkpoint NOTE                    a signed checkpoint
    verify_log.py KEY export FILE [OLDER_NOTE]           a whole log, also against a checkpoint kept from before
    verify_log.py KEY proof FILE RECORD                  that the record with these bytes stands in the log
    verify_log.py KEY consistency OLDER NEWER HASHES     that NEWER continues OLDER; HASHES: one in base64 a line

KEY is the tree's C2SP verifier key; the others are files. Exit code 0: it holds. 1: it does not, and the last line
says why.
"""

import base64
import binascii
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import typing

NOTE_SIZE_MAX = 128 * 1024
SIGNATURES_MAX = 16
HASHES_MAX = 63
# DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410).
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")


class Refused(Exception):
    """What was to be verified does not hold."""


class Head(typing.NamedTuple):
    """A tree of `size` records and its root."""

    size: int
    root: bytes


def require(condition: bool, why: str) -> None:
    if not condition:
        raise Refused(why)


def decode_base64(text: str) -> bytes:
    """Exactly one text stands for given bytes."""
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("not base64") from None
    require(base64.b64encode(decoded).decode() == text, "not canonical base64")
    return decoded


def decode_hash(text: str) -> bytes:
    decoded = decode_base64(text)
    require(len(decoded) == 32, "not a SHA-256 value")
    return decoded


def decode_decimal(text: str) -> int:
    require(text.isascii() and text.isdigit() and (text == "0" or text[0] != "0"), "not a decimal number")
    number = int(text) if len(text) < 20 else 2**63
    require(number < 2**63, "number out of range")
    return number


def leaf_hash(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows leaf by leaf, keeping the root of each perfect subtree at its right edge."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        rest = self.size
        while rest & 1:
            leaf = node_hash(self.edge.pop(), leaf)
            rest >>= 1
        self.edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.edge:
            return hashlib.sha256(b"").digest()
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root


def root_from_inclusion(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    require(0 <= index < size, "index outside the log")
    last = size - 1
    root = leaf
    for sibling in path:
        require(last > 0, "proof too long")
        if index & 1 or index == last:
            root = node_hash(sibling, root)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            root = node_hash(root, sibling)
        index >>= 1
        last >>= 1
    require(last == 0, "proof too short")
    return root


def check_consistency(older: Head, newer: Head, proof: list[bytes]) -> None:
    """RFC 9162, 2.1.4.2."""
    require(older.size <= newer.size, "the newer log is the smaller one")
    if older.size in (0, newer.size):
        same = older.root == (newer.root if older.size else Tree().root())
        require(same and not proof, "the log does not continue the older one")
        return
    if older.size & (older.size - 1) == 0:
        proof = [older.root] + proof
    require(bool(proof), "proof too short")
    node, last = older.size - 1, newer.size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old_root = new_root = proof[0]
    for sibling in proof[1:]:
        require(last > 0, "proof too long")
        if node & 1 or node == last:
            old_root = node_hash(sibling, old_root)
            new_root = node_hash(sibling, new_root)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new_root = node_hash(new_root, sibling)
        node >>= 1
        last >>= 1
    require(last == 0, "proof too short")
    require(old_root == older.root and new_root == newer.root, "the log does not continue the older one")


class Log:
    """One log, known by its verifier key."""

    def __init__(self, verifier_key: str) -> None:
        parts = verifier_key.split("+", 2)
        require(len(parts) == 3, "not a verifier key")
        self.origin = parts[0]
        key = decode_base64(parts[2])
        require(len(key) == 33 and key[0] == 1, "not an Ed25519 verifier key")
        self.public_key = key[1:]
        self.key_id = hashlib.sha256(self.origin.encode() + b"\n" + key).digest()[:4]
        require(self.key_id.hex() == parts[1], "the verifier key's id is another key's")

    def signed(self, text: bytes, signature: bytes) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: pathlib.Path(folder) / name for name in ("key", "signature", "text")}
            paths["key"].write_bytes(SPKI_PREFIX + self.public_key)
            paths["signature"].write_bytes(signature)
            paths["text"].write_bytes(text)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths["key"],
                       "-rawin", "-in", paths["text"], "-sigfile", paths["signature"]]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def checkpoint(self, note: bytes) -> Head:
        require(len(note) <= NOTE_SIZE_MAX, "note too large")
        require(not any(byte < 0x20 and byte != 0x0A for byte in note), "control character in the note")
        try:
            whole = note.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("the note is not UTF-8") from None
        body, blank, signatures = whole.rpartition("\n\n")
        require(bool(blank) and signatures.endswith("\n"), "not a signed note")
        text = body + "\n"
        lines = signatures[:-1].split("\n")
        require(len(lines) <= SIGNATURES_MAX, "too many signatures")
        ours = 0
        for line in lines:
            parts = line.split(" ", 2)
            named = len(parts) == 3 and parts[0] == "\u2014" and parts[1] != "" and "+" not in parts[1]
            require(named, "bad signature line")
            signature = decode_base64(parts[2])
            require(len(signature) > 4, "bad signature line")
            if parts[1] == self.origin and signature[:4] == self.key_id:
                require(self.signed(text.encode(), signature[4:]), "the log's signature does not hold")
                ours += 1
        require(ours > 0, "the log has not signed with the trusted key")
        fields = text[:-1].split("\n")
        require(len(fields) >= 3 and all(fields), "not a checkpoint")
        require(fields[0] == self.origin, "the checkpoint is another log's")
        return Head(decode_decimal(fields[1]), decode_hash(fields[2]))

    def export(self, lines: typing.Iterable[bytes], older_note: bytes | None) -> Head:
        older = self.checkpoint(older_note) if older_note is not None else None
        tree = Tree()
        note = None
        for number, line in enumerate(lines):
            require(note is None, "something follows the checkpoint")
            require(line.endswith(b"\n"), "the last line is cut off")
            try:
                entry = json.loads(line)
            except ValueError:
                raise Refused(f"line {number + 1} is not JSON") from None
            require(isinstance(entry, dict), "not an export")
            if number == 0:
                header = {"format": "samverkan-audit-export-1", "origin": self.origin}
                require(entry == header, "not an export of this log")
            elif "checkpoint" in entry:
                require(set(entry) == {"checkpoint"} and isinstance(entry["checkpoint"], str), "not an export")
                note = entry["checkpoint"].encode()
            else:
                require(set(entry) == {"index", "record"} and isinstance(entry["record"], str), "not an export")
                require(type(entry["index"]) is int and entry["index"] == tree.size,
                        f"index {tree.size} is missing or out of order")
                if older and tree.size == older.size:
                    require(tree.root() == older.root, "the log forked from the older checkpoint")
                tree.append(leaf_hash(decode_base64(entry["record"])))
        require(note is not None, "the export has no checkpoint")
        head = self.checkpoint(note)
        require(head.size == tree.size, f"the log has {head.size} records, the export {tree.size}")
        require(head.root == tree.root(), "the records are not the ones that were signed")
        if older:
            require(older.size <= head.size, "the log is shorter than it was")
            require(older.size < head.size or older.root == head.root, "the log forked from the older checkpoint")
        return head

    def proof(self, text: bytes, record: bytes) -> Head:
        header, blank, note = text.partition(b"\n\n")
        require(bool(blank), "not a tlog-proof")
        try:
            lines = header.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Refused("not a tlog-proof") from None
        require(lines.pop(0) == "c2sp.org/tlog-proof@v1" and bool(lines), "not a tlog-proof")
        if lines[0].startswith("extra "):
            decode_base64(lines.pop(0)[len("extra "):])
        require(bool(lines) and lines[0].startswith("index "), "not a tlog-proof")
        index = decode_decimal(lines.pop(0)[len("index "):])
        require(len(lines) <= HASHES_MAX, "proof too long")
        head = self.checkpoint(note)
        root = root_from_inclusion(leaf_hash(record), index, head.size, [decode_hash(line) for line in lines])
        require(root == head.root, "the record does not stand there in the log")
        return head


def run(arguments: list[str]) -> Head:
    require(len(arguments) >= 3, __doc__ or "")
    log, mode = Log(arguments[0]), arguments[1]
    files = [pathlib.Path(argument) for argument in arguments[2:]]
    if mode == "checkpoint" and len(files) == 1:
        return log.checkpoint(files[0].read_bytes())
    if mode == "export" and len(files) in (1, 2):
        with files[0].open("rb") as lines:
            return log.export(lines, files[1].read_bytes() if len(files) == 2 else None)
    if mode == "proof" and len(files) == 2:
        return log.proof(files[0].read_bytes(), files[1].read_bytes())
    if mode == "consistency" and len(files) == 3:
        newer = log.checkpoint(files[1].read_bytes())
        hashes = [decode_hash(line) for line in files[2].read_text("ascii").splitlines()]
        require(len(hashes) <= HASHES_MAX, "proof too long")
        check_consistency(log.checkpoint(files[0].read_bytes()), newer, hashes)
        return newer
    raise Refused(__doc__ or "")


def main() -> int:
    try:
        head = run(sys.argv[1:])
    except (Refused, OSError, UnicodeError, RecursionError) as error:
        print(f"refused: {error}")
        return 1
    print(f"holds: {head.size} records, root {base64.b64encode(head.root).decode()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
