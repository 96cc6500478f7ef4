"""deploy/pki/make_pki: what it makes verifies, is kept apart, and is kept on a second run."""

import base64
import hashlib
import json
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

from demo_data import ROOT, encode, value, values

import make_agreements
import make_directory


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr.decode()}")
    return done.stdout.decode()


class PkiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.output = cls.make()
        cls.bundle = make_directory.bundle()

    @classmethod
    def make(cls) -> str:
        return run(str(ROOT / "deploy" / "pki" / "make_pki"), str(cls.folder))

    def digests(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.folder.rglob("*")
            if path.is_file()
        }

    def test_every_unit_has_a_certificate_with_its_identity(self):
        identities = set()
        for pem in self.folder.glob("parties/*/*.pem"):
            run("openssl", "verify", "-purpose", "sslclient", "-CAfile", str(self.folder / "ca.pem"), str(pem))
            text = run("openssl", "x509", "-in", str(pem), "-noout", "-ext", "subjectAltName")
            [identity] = [line.strip() for line in text.splitlines() if "URI:" in line]
            identities.add(identity)
            self.assertIn(f"/{pem.parent.name}/", identity)
        wanted = {
            "URI:spiffe://samverkan.example/{}/{}/cli".format(*value(unit, "name").split("/")[1::2])
            for unit in values(self.bundle, "units")
        }
        self.assertEqual(identities, wanted | {"URI:spiffe://samverkan.example/pol/pol-sth/system"})

    def test_server_certificate_holds_for_loopback_and_not_as_a_client(self):
        pem, authority = str(self.folder / "hub/server.pem"), str(self.folder / "ca.pem")
        for address in (["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]):
            run("openssl", "verify", "-purpose", "sslserver", "-CAfile", authority, *address, pem)
        with self.assertRaises(AssertionError):
            run("openssl", "verify", "-purpose", "sslclient", "-CAfile", authority, pem)

    def test_private_material_is_for_its_owner_only(self):
        for path in self.folder.rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            if path.suffix in (".key", ".keys"):
                self.assertEqual(mode, 0o600, path)
            elif path.is_dir():
                self.assertEqual(mode, 0o700, path)
            text = path.read_text(encoding="utf-8") if path.is_file() and path.suffix not in (".key", ".keys") else ""
            self.assertNotIn("PRIVATE", text, path)

    def test_the_hub_s_folder_holds_no_party_s_key(self):
        self.assertEqual(
            sorted(path.name for path in (self.folder / "hub").glob("*.key*")), ["hub.keys", "log.key", "server.key"]
        )

    def test_hub_keys_are_complete_and_distinct(self):
        lines = [line.split(" ") for line in (self.folder / "hub/hub.keys").read_text(encoding="utf-8").splitlines()]
        parties = [value(party, "name").removeprefix("parties/") for party in values(self.bundle, "parties")] + ["hub"]
        wanted = {"token"} | {f"{family}/{party}" for family in ("content", "audit-ref") for party in parties}
        self.assertEqual({name for name, _ in lines}, wanted)
        self.assertEqual({len(base64.b64decode(key)) for _, key in lines}, {32})
        self.assertEqual(len({key for _, key in lines}), len(wanted))

    def test_signing_keys_overlay_covers_every_signatory(self):
        text = (self.folder / "hub/keys.textproto").read_bytes()
        self.assertTrue(encode("samverkan.directory.v1.DirectoryBundle", "directory/v1/bundle.proto", text))
        signatories = set()
        for content in make_agreements.agreements().values():
            signatories.update(value(one, "unit") for one in values(content, "founding") + values(content, "acceding"))
        found = {}
        for line in text.decode().splitlines():
            if line.startswith("units"):
                found[line.split('"')[1]] = line.split('"')[3]
        self.assertEqual(set(found), signatories)
        for unit, verifier in found.items():
            name, key_id, encoded = verifier.split("+", 2)
            key = base64.b64decode(encoded)
            party, own = unit.split("/")[1::2]
            self.assertEqual(name, f"samverkan.example/{party}/{own}")
            self.assertEqual((len(key), key[0]), (33, 1))
            self.assertEqual(hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8], key_id)
            public = subprocess.run(
                [
                    "openssl",
                    "pkey",
                    "-in",
                    str(self.folder / f"parties/{party}/{own}-sign.key"),
                    "-pubout",
                    "-outform",
                    "DER",
                ],
                capture_output=True,
                check=True,
            ).stdout
            self.assertEqual(public[-32:], key[1:])

    def test_every_tree_of_the_log_has_a_verifier_key(self):
        names = [line.split("+")[0] for line in (self.folder / "log.vkeys").read_text(encoding="utf-8").splitlines()]
        trees = ["hub"] + [value(party, "name") for party in values(self.bundle, "parties")]
        self.assertEqual(sorted(names), sorted(f"hub.demo.samverkan.example/audit/{tree}" for tree in trees))

    def test_issuers_publish_keys_of_every_algorithm(self):
        algorithms = {}
        for path in (self.folder / "hub/issuers").glob("*.json"):
            [key] = json.loads(path.read_text(encoding="utf-8"))["keys"]
            algorithms[path.stem] = key["alg"]
            self.assertFalse({"d", "p", "q"} & key.keys())
        self.assertEqual(algorithms, {"city": "RS256", "police": "ES256", "region": "EdDSA", "companies": "ES256"})

    def test_a_second_run_keeps_everything_and_restores_what_is_missing(self):
        before = self.digests()
        self.assertIn(" 0 keys and certificates made", self.make())
        self.assertEqual(self.digests(), before)
        lost = "parties/pol/pol-sth-cli.pem"
        (self.folder / lost).unlink()
        keys = (self.folder / "hub/hub.keys").read_text(encoding="utf-8").splitlines()
        (self.folder / "hub/hub.keys").write_text("\n".join(keys[:-1]) + "\n", encoding="utf-8")
        self.assertIn(" 2 keys and certificates made", self.make())
        after = self.digests()
        self.assertEqual(
            {name for name in before if before[name] != after.get(name)},
            {lost, "parties/pol/pol-sth-cli.key", "hub/hub.keys"},
        )
        self.assertEqual((self.folder / "hub/hub.keys").read_text(encoding="utf-8").splitlines()[:-1], keys[:-1])

    def test_prints_no_secret(self):
        printed = self.output
        for line in (self.folder / "hub/hub.keys").read_text(encoding="utf-8").splitlines():
            self.assertNotIn(line.split(" ")[1], printed)
        self.assertNotIn("PRIVATE", printed)


if __name__ == "__main__":
    unittest.main()
