"""The main job, walked by the people who do it, through the command line: what deploy/demo --check proves."""

import json
import pathlib

import confine
from cli import Cli, Watch
from event_counts import first_states
from hub import Hub
from paths import CASEWORK
from progress import say
from stages import Loader, say_disclaimer
from transcript import Transcript
from walk_audit import walk_audit

HAL = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal"
JAR = "parties/sthlm-sdn-jar/units/sthlm-sdn-jar"
HAL_CLAUSE = "agreements/lok-hal-skarh/clauses/l2"
JAR_CLAUSE = "agreements/lok-jar-jarva/clauses/l2"
MOTIVATION = "Prövad mot OSL 18:1 och 35:1: ingen pågående åtgärd röjs och ingen enskild kan pekas ut."
RANDOM = f"{HAL}/deliveries/0f1e2d3c-4b5a-4697-8879-a0b1c2d3e4f5"
# The robbery that becomes a theft, the explosion that was a fire, and one that is assessed and kept for the refusal.
ROBBERY, EXPLOSION, KEPT_BACK, SHOOTING = 580265, 567711, 619807, 611707
AGREEMENTS = 15
RESIDENT_MIB_MAX = 200
CASEWORK_MAX = 40


def delivery(event: dict) -> dict:
    return event.get("delivery", {})


class Walk:
    """One walk; keeps the names that one step learns and a later one needs."""

    def __init__(self, cli: Cli, hub: Hub):
        self._cli = cli
        self._hub = hub
        self._load = Loader(cli)
        self._script = {entry["event"]: entry for entry in json.loads(CASEWORK.read_text(encoding="utf-8"))}
        self._t = Transcript(cli)
        self._watches: list[Watch] = []

    def run(self) -> int:
        """The exit code: 0 only when every promise was kept."""
        say_disclaimer()
        try:
            self._sign()
            self._hand_in()
            self._release_live()
            self._hidden_is_absent()
            self._release_and_others()
            self._correct()
            self._retract()
            self._load.casework(2)
            self._load.reports()
            self._suspend()
            self._retract_after_end()
            walk_audit(self._t, self._cli, self._robbery, self._copy)
            self._resume()
            self._figures()
        finally:
            for watch in self._watches:
                watch.close()
        return self._conclude()

    def _watch(self, who: str) -> Watch:
        watch = self._t.watch(who)
        self._watches.append(watch)
        return watch

    def _find(self, who: str, event: int, short: str) -> str:
        """The hub's name of the item that an event became, looked up by its owner."""
        rows = self._t.do(who, "incident", "list")
        items = {row.get("foreign_id"): row["name"] for row in rows.rows}
        name = items.get(f"polisen:{event}", "")
        self._t.done(rows, f"{len(items)} items are {who}'s unit's own, event {event} among them")
        self._t.name(short, name)
        return name

    def _sign(self) -> None:
        t = self._t
        t.chapter("Every party signs with its own key")
        signed = self._load.agreements()
        t.promise(signed["agreements"] == AGREEMENTS, f"{signed['agreements']} agreements in force, {signed['signatures']} signatures")
        keys = sorted((self._cli.folder / "pki" / "parties").glob("*/*.key"))
        if confine.available():
            open_to_hub = confine.opened(self._cli.folder, [*keys, self._cli.folder / "pki" / "ca.pem"])
            t.promise([pathlib.Path(file).name for file in open_to_hub] == ["ca.pem"],
                      f"the hub's process cannot open one of the parties' {len(keys)} private keys", open_to_hub)
        else:
            t.tell("this kernel has no Landlock: the parties' keys are kept apart from the hub's, but nothing holds it off")

    def _hand_in(self) -> None:
        t = self._t
        t.chapter("The police's liaison system hands in; what may only be counted is refused")
        counts = self._load.events("first")
        told = first_states()
        refused = counts["refused"]
        t.promise(counts["handed_in"] == told.items, f"{counts['handed_in']} items, as many as the files hold", told.items)
        t.promise(refused == {"CATEGORY_NOT_COVERED": told.aggregates + told.never},
                  f"{told.aggregates} whose type may only be counted and {told.never} that never travel are refused, one "
                  "by one: CATEGORY_NOT_COVERED", refused)
        t.promise((counts["notices"], counts["outside_city"], counts["held_back"]) ==
                  (told.notices, told.outside, told.later),
                  f"{told.outside} outside the city and {told.notices} notice(s) are no items; {told.later} later states wait")

    def _release_live(self) -> None:
        t = self._t
        t.chapter(f"{ROBBERY}: handed in, assessed, released; the district sees it live")
        self._hal = self._watch("hal-tryggsam")
        self._robbery = self._find("skarh-kompol", ROBBERY, "ITEM")
        item = t.done(t.do("skarh-kompol", "incident", "get", self._robbery), "the police's own space shows it")
        source = item["source"]
        t.promise(item["state"] == "STATE_RECEIVED" and "stadsdel" not in json.dumps(item["content"]),
                  "received, placed no finer than the city", item)
        proposals = {row["area"]: row["provenance"] for row in source["place_proposals"]}
        t.promise(set(proposals) == {"areas/stadsdel-vastertorp"},
                  f"a stadsdel is only proposed: {', '.join(proposals.values())}", proposals)
        item = t.done(t.do("skarh-kompol", "incident", "assess", self._robbery, "--area", "stadsdel-vastertorp", "--certainty",
                           "SANNOLIK", "--harm", "2", "--tlp", "AMBER_STRICT", "--klassa", "2,2,2", "--text",
                           self._script[ROBBERY]["content"]["description"]), "assessed")
        t.promise(item["state"] == "STATE_ASSESSED" and item["content"]["category"] == "INC_RAN_PERS",
                  "the assessor's own words and place: INC_RAN_PERS, Västertorp", item["content"])
        release = t.done(self._release("skarh-kompol", self._robbery, HAL_CLAUSE, HAL, "LAGESBILD"), "released")
        t.promise([row["unit"] for row in release["receipts"]] == [HAL] and release["decided_by"] != "",
                  f"to one recipient, decided by {release['decided_by']}", release)
        _, event = t.arrives(self._hal, lambda e: delivery(e).get("state") == "STATE_DELIVERED", "a copy arrives")
        copy = delivery(event)
        t.name("COPY", copy["name"])
        self._copy = copy["name"]
        self._check_copy(copy, source)

    def _check_copy(self, copy: dict, source: dict) -> None:
        t = self._t
        span = copy["content"]["occur_span"]
        t.promise(copy["content"]["category"] == "INC_RAN_PERS" and
                  "areas/stadsdel-vastertorp" in copy["content"]["place"]["areas"], "INC_RAN_PERS in Västertorp", copy)
        t.promise((span["precision"], span["start_time"], span["end_time"]) ==
                  ("TIME_PRECISION_PART_OF_DAY", "2025-04-23T14:00:00Z", "2025-04-23T20:00:00Z"),
                  "told as the clause lets it: the evening of 23 April, 16 to 22", span)
        shown = json.dumps(copy, ensure_ascii=False)
        secrets = [line for line in source["text"].split("\n") if line] + [source["uri"]]
        t.promise(not any(secret in shown for secret in secrets),
                  "neither the published summary nor its address is in the copy", shown)

    def _release(self, who: str, item: str, clause: str, recipient: str, purpose: str):
        return self._t.do(who, "incident", "release", item, "--to", recipient, "--clause", clause, "--purpose", purpose,
                          "--legal", "NOT_SECRET_TESTED", "--motivation", MOTIVATION, "--yes")

    def _hidden_is_absent(self) -> None:
        t = self._t
        t.chapter("Another district asks for it, and for something that never was")
        t.done(t.do("hal-tryggsam", "delivery", "get", self._copy), "the recipient opens its copy")
        hidden = t.do("skh-tryggsam", "delivery", "get", self._copy)
        absent = t.do("skh-tryggsam", "delivery", "get", RANDOM)
        t.refused(hidden, "NOT_FOUND", "the neighbour gets")
        t.promise(hidden.err == absent.err and hidden.code == absent.code and hidden.out == absent.out,
                  "both answers are the same to the byte: status, reason, message, details, fields",
                  f"{hidden.err} / {absent.err}")
        t.tell(hidden.err.strip())

    def _release_and_others(self) -> None:
        t = self._t
        t.chapter(f"{EXPLOSION}: released to another district")
        self._jar = self._watch("jar-tryggsam")
        self._explosion = self._find("jarva-kompol", EXPLOSION, "ALARM")
        script = self._script[EXPLOSION]["content"]
        t.done(t.do("jarva-kompol", "incident", "assess", self._explosion, "--area", "stadsdel-rinkeby", "--place-type",
                    "TRAPP", "--certainty", "OBEKRAFTAD", "--harm", "3", "--tlp", "AMBER_STRICT", "--klassa", "2,2,2", "--text",
                    script["description"]), "assessed")
        t.done(self._release("jarva-kompol", self._explosion, JAR_CLAUSE, JAR, "LAGESBILD"), "released")
        _, event = t.arrives(self._jar, lambda e: delivery(e).get("state") == "STATE_DELIVERED", "a copy arrives")
        self._jar_copy = delivery(event)["name"]
        t.name("ALARM_COPY", self._jar_copy)
        t.chapter("Scripted municipal liaison officers assess the rest of at most 40, each with a reason")
        t.promise(len(self._script) <= CASEWORK_MAX and all(entry["why"] for entry in self._script.values()),
                  f"{len(self._script)} events are listed by id, each with a reason")
        for line in self._load.casework(1, self._casework_file())["acts"]:
            t.tell(line)

    def _casework_file(self) -> pathlib.Path:
        """The script with one release less: it is asked for once the clause is out of force."""
        entries = [{**entry, "releases": []} if event == KEPT_BACK else entry for event, entry in self._script.items()]
        file = self._cli.folder / "assessments-of-the-check.json"
        file.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
        return file

    def _correct(self) -> None:
        t = self._t
        t.chapter(f"{ROBBERY}: the source changes, the police correct, the correction arrives")
        counts = self._load.events("all")
        t.promise(counts["tasks"] > 0 and counts["updated"] > 0,
                  f"{counts['updated']} unreleased items follow their source, {counts['tasks']} released ones await an assessor")
        item = t.done(t.do("skarh-kompol", "incident", "get", self._robbery), "the item shows its task")
        tasks = [(row["kind"], row["category"]) for row in item.get("tasks", [])]
        t.promise(tasks == [("KIND_SOURCE_CHANGED", "INC_TIL_BUTIK")] and item["revision"] == 1 and
                  item["content"]["category"] == "INC_RAN_PERS", f"nothing changed by itself: {tasks}", item)
        script = self._script[ROBBERY]["later"][0]
        item = t.done(t.do("skarh-kompol", "incident", "correct", self._robbery, "--category", "TIL_BUTIK", "--text",
                           script["content"]["description"], "--kind", "RECLASSIFICATION", "--reason",
                           script["note"]["reason"]), "corrected")
        t.promise(item["revision"] == 2 and not item.get("tasks"), "revision 2, and the task is done", item)
        _, event = t.arrives(self._hal, lambda e: delivery(e).get("supersedes") == self._copy, "the correction arrives")
        copy = delivery(event)
        t.promise((copy["revision"], copy["content"]["category"]) == (2, "INC_TIL_BUTIK"), "revision 2, INC_TIL_BUTIK", copy)
        t.name("COPY2", copy["name"])
        self._copy2 = copy["name"]
        old = t.done(t.do("hal-tryggsam", "delivery", "get", self._copy), "the first copy is history")
        t.promise((old["state"], old["superseded_by"]) == ("STATE_SUPERSEDED", self._copy2), "superseded by $COPY2", old)
        shooting = self._find("valli-kompol", SHOOTING, "SHOTS")
        item = t.done(t.do("valli-kompol", "incident", "get", shooting), f"{SHOOTING}, released, is shown")
        t.promise([row["kind"] for row in item.get("tasks", [])] == ["KIND_CATEGORY_NOT_ALLOWED"],
                  "its new type may only be counted: a task for its assessor, nothing by itself", item)

    def _retract(self) -> None:
        t = self._t
        t.chapter(f"{EXPLOSION}: a mistake; only a tombstone is left, and it is acknowledged")
        text = self._script[EXPLOSION]["content"]["description"]
        item = t.done(t.do("jarva-kompol", "incident", "retract", self._explosion, "--reason", "FEL", "--yes"), "retracted")
        t.promise(item["state"] == "STATE_RETRACTED" and text not in json.dumps(item, ensure_ascii=False),
                  "the originator itself keeps only the tombstone", item)
        self._tombstone_arrives(self._jar, self._jar_copy, "RTR_FEL", text)
        refusal = t.refused(t.do("jar-tryggsam", "delivery", "get", self._jar_copy), "SEALED", "the copy cannot be opened")
        t.promise(refusal.get("metadata", {}).get("tombstone_reason") == "RTR_FEL", "the refusal says why and when", refusal)
        taken = t.done(t.do("jar-regstr", "delivery", "ack", self._jar_copy), "the registrar acknowledges")
        t.promise("acknowledge_time" in taken, f"at {taken.get('acknowledge_time')}", taken)
        release = t.done(t.do("jarva-kompol", "incident", "releases", self._explosion), "the originator sees the receipt")
        receipts = [(row["unit"], row["state"], "acknowledge_time" in row) for row in release["receipts"]]
        t.promise(receipts == [(JAR, "STATE_SEALED", True)], "sealed and acknowledged by its one holder", receipts)

    def _tombstone_arrives(self, watch: Watch, copy: str, reason: str, text: str) -> None:
        _, event = self._t.arrives(
            watch, lambda e: delivery(e).get("name") == copy and delivery(e).get("state") == "STATE_SEALED", "the tombstone arrives")
        row = delivery(event)
        self._t.promise(row["tombstone"]["reason"] == reason and "content" not in row and
                        text not in json.dumps(event, ensure_ascii=False), f"{reason}, and no content", row)

    def _suspend(self) -> None:
        t = self._t
        t.chapter("The district suspends the agreement: nothing more leaves, what was delivered stays")
        self._kept_back = self._find("skarh-kompol", KEPT_BACK, "OTHER")
        agreement = t.done(t.do("hal-sddir", "agreement", "suspend", "lok-hal-skarh", "--reason", "Översyn av rutinerna",
                                "--yes"), "suspended")
        t.promise(agreement["state"] == "STATE_SUSPENDED", "at once", agreement["state"])
        _, event = t.arrives(
            self._hal, lambda e: e.get("access_ended", {}).get("clause", {}).get("clause") == HAL_CLAUSE, "access ended")
        t.promise("SUSPENDED" in event["access_ended"]["reason"], f"and why: {event['access_ended']['reason']}", event)
        t.promise(self._hal.open, "the feed goes on")
        refusal = t.refused(self._release("skarh-kompol", self._kept_back, HAL_CLAUSE, HAL, "LAGESBILD"),
                            "NO_CLAUSE_IN_FORCE", "a new release is refused")
        t.promise(refusal.get("metadata", {}).get("code") == "E03", "E03, with the recipient it fails for", refusal)
        why = t.done(t.do("skarh-kompol", "explain", self._kept_back, "--to", HAL, "--purpose", "LAGESBILD"), "explained")
        t.promise(not why.get("allowed") and why["reason"] == "NO_CLAUSE_IN_FORCE" and
                  why["nearest"]["clause"] == HAL_CLAUSE, f"nearest {why.get('nearest')}; what helps: {why.get('remedy_en')}", why)
        copy = t.done(t.do("hal-tryggsam", "delivery", "get", self._copy2), f"{ROBBERY} stays readable")
        t.promise(copy.get("access_ended") is True and copy["content"]["category"] == "INC_TIL_BUTIK",
                  "and is marked: access ended", copy)

    def _retract_after_end(self) -> None:
        t = self._t
        t.chapter(f"{ROBBERY}: retracted after the clause ended; the tombstone arrives on the same stream")
        text = self._script[ROBBERY]["later"][0]["content"]["description"]
        t.done(t.do("skarh-kompol", "incident", "retract", self._robbery, "--reason", "FEL", "--yes"), "retracted")
        self._tombstone_arrives(self._hal, self._copy2, "RTR_FEL", text)
        for name in (self._copy, self._copy2):
            t.refused(t.do("hal-tryggsam", "delivery", "get", name), "SEALED", "the copy is gone, its tombstone is left")

    def _resume(self) -> None:
        t = self._t
        t.chapter("The district resumes: the same release now goes through")
        agreement = t.done(t.do("hal-sddir", "agreement", "resume", "lok-hal-skarh"), "resumed")
        t.promise(agreement["state"] == "STATE_IN_FORCE", "in force", agreement["state"])
        t.arrives(self._hal, lambda e: e.get("access_begun", {}).get("clause", {}).get("clause") == HAL_CLAUSE, "access begun")
        t.done(self._release("skarh-kompol", self._kept_back, HAL_CLAUSE, HAL, "LAGESBILD"), "released")
        t.arrives(self._hal, lambda e: delivery(e).get("state") == "STATE_DELIVERED", "a copy arrives, on the stream of the beginning")

    def _figures(self) -> None:
        t = self._t
        t.chapter("Figures")
        resident = self._hub.resident_mib()
        t.promise(resident < RESIDENT_MIB_MAX, f"the hub with all data: {resident:.0f} MiB resident, under {RESIDENT_MIB_MAX}",
                  f"{resident:.0f} MiB")
        for states in ("first", "all"):
            counts = self._load.events(states)
            t.tell(f"replay of {states} states: {counts['lines']} lines in {counts['seconds']:.1f} s, "
                   f"{counts['lines'] / max(counts['seconds'], 0.001):.0f} a second")

    def _conclude(self) -> int:
        t = self._t
        say()
        if t.broken:
            say(f"==> {t.kept} promises kept, {len(t.broken)} broken:")
            for text in t.broken:
                say(f"    {text}")
            return 1
        say(f"==> {t.kept} promises kept, none broken")
        return 0
