"""The hub as a child of the demo: its configuration, its start and its end."""

import collections
import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import confine
from cli import Cli
from paths import DIRECTORY, HUB
from progress import Stop

LOG_ORIGIN = "hub.demo.samverkan.example/audit"
AUDIENCE = "samverkan"
# As deploy/pki/make_pki makes them: every algorithm the hub takes is used by one.
ALGORITHMS = {"city": "RS256", "police": "ES256", "region": "EdDSA", "companies": "ES256"}
START_SECONDS = 120
STOP_SECONDS = 30
POLL_SECONDS = 0.05
LOG_TAIL = 8


def quoted(value: object) -> str:
    """A string in protobuf text format."""
    return json.dumps(str(value), ensure_ascii=False)


def parties_by_issuer() -> dict[str, dict[str, str]]:
    """Issuer -> the code of each party whose people sign in there -> the party."""
    text = DIRECTORY.read_text(encoding="utf-8")
    codes = dict(re.findall(r'^parties \{\n  name: "([^"]+)"\n  code: "([^"]+)"', text, re.MULTILINE))
    found: dict[str, dict[str, str]] = collections.defaultdict(dict)
    for unit, issuer in re.findall(r'^  unit: "([^"]+)"\n(?:  .*\n)*?  holder: "(https://\S+) ', text, re.MULTILINE):
        party = unit.split("/units/")[0]
        found[issuer][codes[party]] = party
    return found


def free_port(wanted: int = 0) -> int:
    """The port if nobody has it, else any free one."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Stop("no free port on 127.0.0.1")


class Hub:
    """One hub process on a demo's folder. Only this process is ever signalled."""

    def __init__(self, folder: pathlib.Path, port: int):
        self._folder = folder
        self._wanted_port = port
        self._process: subprocess.Popen | None = None
        self.port = 0
        self.metrics_port = 0
        self.log = folder / "hub.log"

    def start(self) -> float:
        """Starts it and waits until it answers; the seconds it took."""
        began = time.monotonic()
        self._write_config()
        with open(self.log, "ab") as log, confine.confinement(self._folder) as restrict:
            offset = log.tell()

            def before_exec() -> None:
                _end_with_parent()
                restrict()

            self._process = subprocess.Popen(
                [HUB, "--config", self._folder / "hub.textproto", "--demo"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=before_exec,
                env={**os.environ, "SQLITE_TMPDIR": str(self._folder / "db")},
            )
        self.port = self._await_serving(offset, began + START_SECONDS)
        self._write_client()
        cli = Cli(self._folder)
        while True:
            answer = cli.run("party", "get", "pol", who="hal-tryggsam", seconds=10)
            if answer.code == 0:
                return time.monotonic() - began
            if time.monotonic() > began + START_SECONDS or not self.running():
                raise Stop(f"the hub does not answer: {answer.err.strip()}\n{self._log_tail(offset)}")
            time.sleep(POLL_SECONDS)

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Until it ends by itself."""
        assert self._process is not None
        return self._process.wait()

    def stop(self) -> None:
        """Asks it to end, and ends it where it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def resident_mib(self) -> float:
        """Its resident memory now."""
        assert self._process is not None
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        match = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        assert match is not None
        return int(match[1]) / 1024

    def _await_serving(self, offset: int, deadline: float) -> int:
        while time.monotonic() < deadline:
            for line in self._log_lines(offset):
                if line.get("event") == "serving":
                    return line["port"]
            if not self.running():
                raise Stop(f"the hub could not start:\n{self._log_tail(offset)}")
            time.sleep(POLL_SECONDS)
        raise Stop(f"the hub was not ready within {START_SECONDS} s:\n{self._log_tail(offset)}")

    def _log_text(self, offset: int) -> list[str]:
        with open(self.log, "rb") as log:
            log.seek(offset)
            return log.read().decode("utf-8", "replace").splitlines()

    def _log_lines(self, offset: int) -> list[dict]:
        lines = []
        for text in self._log_text(offset):
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue  # A line half written, or one of a library's.
        return lines

    def _log_tail(self, offset: int) -> str:
        tail = "\n".join(self._log_text(offset)[-LOG_TAIL:])
        return f"{tail}\n(its log: {self.log})"

    def _write_config(self) -> None:
        pki = self._folder / "pki"
        self.metrics_port = free_port(self._wanted_port + 1 if self._wanted_port else 0)
        (self._folder / "guard").mkdir(mode=0o700, exist_ok=True)
        lines = [
            "# proto-file: protos/samverkan/hub/v1/config.proto",
            "# proto-message: samverkan.hub.v1.HubConfig",
            "# Made by deploy/demo at every start.",
            f'data_dir: {quoted(self._folder / "db")}',
            f'listen: "127.0.0.1:{self._wanted_port}"',
            "tls {",
            f'  certificate_file: {quoted(pki / "hub" / "server.pem")}',
            f'  key_file: {quoted(pki / "hub" / "server.key")}',
            f'  client_ca_file: {quoted(pki / "ca.pem")}',
            "}",
            'trust_domain: "samverkan.example"',
            f"directory_files: {quoted(DIRECTORY)}",
            f'directory_files: {quoted(pki / "hub" / "keys.textproto")}',
            f'key_file: {quoted(pki / "hub" / "hub.keys")}',
            f'log_key_file: {quoted(pki / "hub" / "log.key")}',
            f'guard_file: {quoted(self._folder / "guard" / "hub.guard")}',
            f"log_origin: {quoted(LOG_ORIGIN)}",
            f'metrics_listen: "127.0.0.1:{self.metrics_port}"',
        ]
        for issuer, parties in sorted(parties_by_issuer().items()):
            lines += self._issuer(issuer, parties)
        (self._folder / "hub.textproto").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _issuer(self, issuer: str, parties: dict[str, str]) -> list[str]:
        name = issuer.removeprefix("https://").split(".")[0]
        lines = [
            "issuers {",
            f"  issuer: {quoted(issuer)}",
            f"  audience: {quoted(AUDIENCE)}",
            f"  algorithms: {quoted(ALGORITHMS[name])}",
            f'  jwks_file: {quoted(self._folder / "pki" / "hub" / "issuers" / f"{name}.json")}',
            "  demo: true",
        ]
        if len(parties) == 1:
            lines.append(f"  party: {quoted(next(iter(parties.values())))}")
        else:
            lines += [
                f"  by_org_unit {{ org_unit: {quoted(code)} party: {quoted(party)} }}"
                for code, party in sorted(parties.items())
            ]
        return [*lines, "}"]

    def _write_client(self) -> None:
        settings = {
            "target": f"127.0.0.1:{self.port}",
            "directory": str(DIRECTORY),
            "pki": "pki",
            "audience": AUDIENCE,
            "demo": True,
        }
        (self._folder / "client.json").write_text(
            json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def _end_with_parent() -> None:
    """Were the demo killed outright, the hub would keep its port: let the kernel end it then."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
