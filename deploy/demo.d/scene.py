"""What all parts of the walk share: who and what it is about, and what one step learns and a later one needs."""

import json

from cli import Answer, Cli, Watch
from paths import CASEWORK
from stages import Loader
from transcript import Transcript

HAL = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal"
JAR = "parties/sthlm-sdn-jar/units/sthlm-sdn-jar"
HAL_CLAUSE = "agreements/lok-hal-skarh/clauses/l2"
JAR_CLAUSE = "agreements/lok-jar-jarva/clauses/l2"
# Events: the robbery that becomes a theft, the explosion that was a fire, the shooting that may only be counted
# afterwards, and one that is assessed early and released late.
ROBBERY, EXPLOSION, SHOOTING, KEPT_BACK = 580265, 567711, 611707, 619807
MOTIVATION = "Prövad mot OSL 18:1 och 35:1: ingen pågående åtgärd röjs och ingen enskild kan pekas ut."


def delivery(event: dict) -> dict:
    """The received copy that an event of a watch tells of."""
    return event.get("delivery", {})


class Scene:
    """One walk under way."""

    hal: Watch
    jar: Watch
    # Names of items and received copies.
    robbery: str
    copy: str
    copy2: str
    explosion: str
    jar_copy: str
    kept_back: str

    def __init__(self, cli: Cli):
        self.cli = cli
        self.load = Loader(cli)
        self.script = {entry["event"]: entry for entry in json.loads(CASEWORK.read_text(encoding="utf-8"))}
        self.t = Transcript(cli)
        self._watches: list[Watch] = []

    def watch(self, who: str) -> Watch:
        watch = self.t.watch(who)
        self._watches.append(watch)
        return watch

    def close(self) -> None:
        for watch in self._watches:
            watch.close()

    def find(self, who: str, event: int, short: str) -> str:
        """The hub's name of the item that an event became, looked up by its owner."""
        rows = self.t.do(who, "incident list")
        items = {row.get("foreign_id"): row["name"] for row in rows.rows}
        name = items.get(f"polisen:{event}", "")
        self.t.done(rows, f"{len(items)} items are {who}'s unit's own, event {event} among them")
        self.t.name(short, name)
        return name

    def release(self, who: str, item: str, clause: str, recipient: str, purpose: str) -> Answer:
        return self.t.do(
            who,
            f"incident release {item} --to {recipient} --clause {clause} --purpose {purpose} "
            f"--legal NOT_SECRET_TESTED --motivation '{MOTIVATION}' --yes",
        )

    def tombstone_arrives(self, watch: Watch, copy: str, reason: str, text: str) -> None:
        _, event = self.t.arrives(
            watch,
            lambda e: delivery(e).get("name") == copy and delivery(e).get("state") == "STATE_SEALED",
            "the tombstone arrives",
        )
        row = delivery(event)
        self.t.promise(
            row["tombstone"]["reason"] == reason
            and "content" not in row
            and text not in json.dumps(event, ensure_ascii=False),
            f"{reason}, and no content",
            row,
        )
