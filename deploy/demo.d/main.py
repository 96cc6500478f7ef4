"""deploy/demo after the command line was read and packages are there: see its --help."""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import build
from cli import Cli
from hub import Hub
from paths import CLI, ROOT, default_folder
from progress import Stop, say, step
from stages import Loader, say_disclaimer
from walk import walk

DEFAULT_PORT = 7443
# Without them a database is worth nothing, and new ones would only hide that.
HUB_KEYS = ("hub.keys", "log.key")


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy/demo")
    parser.add_argument("--port", type=int)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    # Also where a shell started it in the background and so told it to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return check(arguments) if arguments.check else demo(arguments)
    except Stop as stop:
        print(f"deploy/demo: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndeploy/demo: stopped", file=sys.stderr)
        return 130


def demo(arguments: argparse.Namespace) -> int:
    build.build()
    folder = (arguments.data or default_folder()).absolute()
    port = DEFAULT_PORT if arguments.port is None else arguments.port
    prepare(folder)
    hub = Hub(folder, port)
    try:
        start(hub)
        Loader(Cli(folder)).everything()
        say_disclaimer()
        say_what_to_try(folder, hub)
        code = hub.wait()
        raise Stop(f"the hub ended by itself with code {code}; its log: {hub.log}")
    except KeyboardInterrupt:
        say("\n==> Stopping")
        return 0
    finally:
        hub.stop()


def check(arguments: argparse.Namespace) -> int:
    build.build()
    folder = arguments.data.absolute() if arguments.data else pathlib.Path(tempfile.mkdtemp(prefix="samverkan-check-"))
    hub = Hub(folder, arguments.port or 0)
    try:
        if arguments.data and folder.exists() and any(folder.iterdir()):
            raise Stop(
                f"--check walks from an empty folder, and {folder} is not empty: name another, or leave --data out"
            )
        prepare(folder)
        start(hub)
        return walk(Cli(folder), hub)
    finally:
        hub.stop()
        if not arguments.data:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: pathlib.Path) -> None:
    """The folder, with keys and certificates."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = [name for name in HUB_KEYS if not (folder / "pki" / "hub" / name).exists()]
    if missing and (folder / "db" / "samverkan.db").exists():
        raise Stop(
            f"{folder} has a database but no pki/hub/{' and no pki/hub/'.join(missing)}.\n"
            "The database's content is encrypted and its log is signed with them, so new ones would open nothing.\n"
            f"Restore them from a backup, or remove {folder} to begin anew."
        )
    with step("Keys and certificates of the hub and of every party") as current:
        done = subprocess.run(
            [ROOT / "deploy" / "pki" / "make_pki", folder / "pki"], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Stop(done.stderr.strip() or "make_pki failed")
        current.note(done.stdout.strip().splitlines()[-1].removeprefix("make_pki: ").split(", in ")[0])


def start(hub: Hub) -> None:
    with step("The hub, on loopback, with the embedded database") as current:
        hub.start()
        current.note(f"127.0.0.1:{hub.port}, metrics on http://127.0.0.1:{hub.metrics_port}/metrics")


def say_what_to_try(folder: pathlib.Path, hub: Hub) -> None:
    cli = os.path.relpath(CLI)
    cli = cli if cli.startswith(".") else f"./{cli}"
    unit = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal"
    say(
        f"==> Running on 127.0.0.1:{hub.port}, {hub.resident_mib():.0f} MiB resident. Ctrl-C stops it;\n"
        f"    the data stay in {folder}"
    )
    say("    In another terminal:")
    say()
    say(f"    export SAMVERKAN_HOME={folder}")
    say(f"    alias samverkan={cli}")
    for words in (
        "demo handles                                                 # who there is",
        "watch --as hal-tryggsam                                      # a district's safety coordinator watches",
        "delivery list --as hal-tryggsam                              # what the district received",
        "delivery list --as skh-tryggsam                              # and what its neighbour did",
        "incident list --state RECEIVED --limit 10 --as skarh-kompol  # what awaits assessment with the police",
        f"explain ITEM --to {unit} --purpose LAGESBILD --as skarh-kompol",
        "agreement get lok-hal-skarh --as hal-sddir                   # what was signed, and by whom",
        "agreement suspend lok-hal-skarh --reason 'Översyn' --as hal-sddir",
        "--help",
    ):
        say(f"    samverkan {words}")


if __name__ == "__main__":
    sys.exit(main())
