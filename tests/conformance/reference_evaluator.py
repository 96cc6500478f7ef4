#!/usr/bin/env python3
"""A slow and obvious second opinion on every disclosure decision, written from docs/domain.md (R3, R9-R15, R19, R20).

It shares nothing with the hub but the JSON form of its messages: plain loops over what the agreements say, no index, no
compiled form, no interval arithmetic. It judges by looking at one instant; until when a decision stands, it finds by
judging the same question again at every instant at which anything changes by itself.

  reference_evaluator.py < cases.jsonl    one {"world": ...} line, then {"case": ..., "decision": ...} lines
"""
import json
import sys
from datetime import date, datetime, timezone

FOREVER = None
TLP = ["TLP_UNSPECIFIED", "TLP_CLEAR", "TLP_GREEN", "TLP_AMBER", "TLP_AMBER_STRICT", "TLP_RED"]
GEO = ["GEO_PRECISION_" + x for x in ("UNSPECIFIED", "EXACT", "PLACE", "NEIGHBOURHOOD", "DISTRICT", "CITY")]
TIME = ["TIME_PRECISION_" + x
        for x in ("UNSPECIFIED", "EXACT", "HOUR", "PART_OF_DAY", "DATE", "WEEK", "MONTH", "QUARTER", "YEAR")]
ONWARD = ["ONWARD_" + x for x in ("UNSPECIFIED", "NONE", "WITHIN_UNIT", "PARTIES", "PUBLIC")]
# Categories that tell how many: for them the frame's smallest count binds.
COUNTED = {"IKA_" + x for x in ("STATISTIK", "TRYGGMAT", "VARDSKADA", "LAGESBILD", "PROBLEM", "ATGARD", "MOTE")}
# How far a clause gets before it fails, in the order of the reasons.
STAGES = ["NO_CLAUSE_IN_FORCE", "AREA_OUT_OF_SCOPE", "LEVEL_MISMATCH", "CATEGORY_NOT_COVERED", "PURPOSE_NOT_PERMITTED",
          "MARKING_EXCEEDS_CLAUSE", "LEGAL_POSITION_MISSING", None]


def micros(text):
    """Microseconds since 1970 of an RFC 3339 time in UTC."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp())
    return seconds * 1_000_000 + int((fraction + "000000")[:6])


def day(value):
    return date(value["year"], value["month"], value["day"])


class World:
    def __init__(self, world):
        directory = world["directory"]
        self.parties = {p["name"]: p for p in directory["parties"]}
        self.units = {u["name"]: u for u in directory["units"]}
        self.areas = {a["name"]: a for a in directory["areas"]}
        self.mandates = {m["name"]: m for m in directory["mandates"]}
        self.agreements = world["agreements"]
        self.cells_of = {f"{a['name']}@{day(v['validFrom'])}": self.cells(a, v)
                         for a in directory["areas"] for v in a["versions"]}

    def cells(self, area, version):
        if area["kind"] == "KIND_MUNICIPALITY":
            return {"areas/city"} | {a["name"] for a in self.areas.values() if a["kind"] == "KIND_NEIGHBOURHOOD"}
        if not version.get("members"):
            return {area["name"]}
        found = set()
        for name in version["members"]:
            for other in self.areas[name]["versions"]:
                begun = day(other["validFrom"]) <= day(version["validFrom"])
                if begun and ("validTo" not in other or day(version["validFrom"]) < day(other["validTo"])):
                    found = found | self.cells(self.areas[name], other)
        return found

    def party_of(self, unit):
        return "/".join(unit.split("/")[:2])

    def founding(self, content):
        return [s["party"] for s in content["founding"]]

    def everyone(self, content):
        return self.founding(content) + [s["party"] for s in content.get("acceding", [])]

    def selects(self, selector, unit, content):
        if "unit" in selector:
            return selector["unit"] == unit
        if self.units[unit].get("reportsOnly") or self.party_of(unit) not in self.everyone(content):
            return False
        return selector["group"] == "ALL" or selector["group"] in self.units[unit].get("selectors", [])

    def joins(self, clause, sender, recipient, content):
        if sender == recipient or self.units[recipient].get("reportsOnly"):
            return False
        return any(self.selects(f["from"], sender, content) and self.selects(f["to"], recipient, content)
                   for f in clause["flows"])

    def signed(self, agreement, party, now):
        return any(s["party"] == party and micros(s["signTime"]) <= now for s in agreement.get("signatures", []))

    def in_force(self, agreement, now):
        """Signed by the founding parties, within validity, no notice run out."""
        content = agreement["content"]
        if not micros(content["validFromTime"]) <= now < micros(content["validToTime"]):
            return False
        if "noticeEndTime" in agreement and micros(agreement["noticeEndTime"]) <= now:
            return False
        return all(self.signed(agreement, party, now) for party in self.founding(content))

    def succeeded(self, agreement, now):
        """Whether a later version has entered into force by now, be it over since."""
        for other in self.agreements:
            if other["content"]["name"] == agreement["content"]["name"] and \
                    other["content"]["version"] > agreement["content"]["version"]:
                if any(t <= now and self.in_force(other, t) for t in self.instants()):
                    return True
        return False

    def suspended(self, agreement, clause, sender, recipient, now):
        for s in agreement.get("suspensions", []):
            over = "toTime" in s and micros(s["toTime"]) <= now
            if now < micros(s["fromTime"]) or over:
                continue
            touches = s["party"] in self.founding(agreement["content"]) or \
                s["party"] in (self.party_of(sender), self.party_of(recipient))
            if touches and (not s.get("clauses") or clause["id"] in s["clauses"]):
                return True
        return False

    def flows(self, agreement, clause, sender, recipient, now):
        """Whether the clause is open between the two, its frame left aside."""
        return self.in_force(agreement, now) and not self.succeeded(agreement, now) and \
            all(self.signed(agreement, self.party_of(u), now) for u in (sender, recipient)) and \
            not self.suspended(agreement, clause, sender, recipient, now)

    def clause_cells(self, clause):
        cells = {"areas/city"} | {a["name"] for a in self.areas.values() if a["kind"] == "KIND_NEIGHBOURHOOD"}
        for version in clause.get("areas", []):
            cells = cells & self.cells_of[version]
        return cells

    def within(self, local, frame, category):
        mine, ceiling = local["obligations"], frame["obligations"]
        onward = ONWARD.index(ceiling.get("onward", ONWARD[0]))
        if local["maxTlp"] == "TLP_CLEAR":
            onward = max(onward, ONWARD.index(frame.get("clearOnward", ONWARD[0])))
        return (category in frame["categories"] and set(local["purposes"]) <= set(frame["purposes"]) and
                self.clause_cells(local) <= self.clause_cells(frame) and
                TLP.index(local["maxTlp"]) <= TLP.index(frame["maxTlp"]) and
                local.get("maxConfidentiality", 0) <= frame.get("maxConfidentiality", 0) and
                GEO.index(mine.get("geoPrecision", GEO[0])) >= GEO.index(ceiling.get("geoPrecision", GEO[0])) and
                TIME.index(mine.get("timePrecision", TIME[0])) >= TIME.index(ceiling.get("timePrecision", TIME[0])) and
                int(mine.get("delaySeconds", 0)) >= int(ceiling.get("delaySeconds", 0)) and
                ONWARD.index(mine.get("onward", ONWARD[0])) <= onward and
                (category not in COUNTED or mine.get("minCount", 0) >= ceiling.get("minCount", 0)))

    def covered(self, agreement, clause, category, sender, recipient, now):
        """R10: some frame clause in force covers all that the local clause says of this category and pair."""
        for frame in self.agreements:
            if frame["content"]["name"] != agreement["content"]["frame"]:
                continue
            for other in frame["content"]["clauses"]:
                if other["effect"] == "EFFECT_FRAME" and \
                        self.joins(other, sender, recipient, frame["content"]) and \
                        self.flows(frame, other, sender, recipient, now) and self.within(clause, other, category):
                    return True
        return False

    def instants(self):
        """Every instant at which an agreement or mandate changes by itself."""
        if not hasattr(self, "edges"):
            edges = set()
            for a in self.agreements:
                edges |= {micros(a["content"]["validFromTime"]), micros(a["content"]["validToTime"])}
                edges |= {micros(s["signTime"]) for s in a.get("signatures", [])}
                edges |= {micros(a["noticeEndTime"])} if "noticeEndTime" in a else set()
                edges |= {micros(s[k]) for s in a.get("suspensions", []) for k in ("fromTime", "toTime") if k in s}
            edges |= {micros(m[k]) for m in self.mandates.values() for k in ("validFromTime", "validToTime") if k in m}
            self.edges = sorted(edges)
        return self.edges

    def local(self, agreement):
        return agreement["content"]["level"] in ("LEVEL_LOCAL", "LEVEL_THEMATIC")

    def stage(self, agreement, clause, open_categories, case, mandate):
        """The first test a PERMIT fails, as an index into STAGES."""
        label = case["label"]
        if not open_categories:
            return 0
        if not self.clause_cells(clause) & set(label["cells"]):
            return 1
        if self.local(agreement) and mandate["level"] not in ("LEVEL_LOCAL", "LEVEL_BOTH"):
            return 2
        if label["category"] not in open_categories:
            return 3
        if case["purpose"] and case["purpose"] not in clause["purposes"]:
            return 4
        ceiling = "TLP_RED"
        if self.parties[self.party_of(case["recipient"])]["kind"] in ("KIND_PRIVATE", "KIND_CIVIL_SOCIETY"):
            state = self.parties[self.party_of(mandate["unit"])]["kind"] == "KIND_STATE"
            ceiling = "TLP_CLEAR" if state else "TLP_GREEN"
        if label["tlp"] == "TLP_UNSPECIFIED" or TLP.index(label["tlp"]) > TLP.index(clause["maxTlp"]) or \
                TLP.index(label["tlp"]) > TLP.index(ceiling) or \
                label["confidentiality"] > clause.get("maxConfidentiality", 0):
            return 5
        if case["legal"] and case["legal"] not in clause["legalPositions"]:
            return 6
        return 7

    def judge(self, case, now):
        """(allowed, reason, citations, obligations) at one instant."""
        mandate = self.mandates.get(case["mandate"])
        if mandate is None or ("validFromTime" in mandate and now < micros(mandate["validFromTime"])) or \
                ("validToTime" in mandate and micros(mandate["validToTime"]) <= now):
            return False, "NO_MANDATE", [], None
        sender, recipient, label = mandate["unit"], case["recipient"], case["label"]
        if label["owner_unit"] != sender:
            return False, "ORIGINATOR_ONLY", [], None
        permits, forbids, furthest, named_here, named_elsewhere = [], [], 0, False, False
        for agreement in self.agreements:
            content = agreement["content"]
            for clause in content["clauses"]:
                name = content["name"] + "/clauses/" + clause["id"]
                cited = f"{name}@{content['version']}"
                joins = self.joins(clause, sender, recipient, content)
                if clause["effect"] == "EFFECT_FORBID" and joins:
                    if self.flows(agreement, clause, sender, recipient, now) and \
                            self.clause_cells(clause) & set(label["cells"]) and \
                            label["category"] in clause["categories"] and \
                            (not case["purpose"] or case["purpose"] in clause["purposes"]):
                        forbids.append(cited)
                if clause["effect"] != "EFFECT_PERMIT" or (case["clause"] and case["clause"] != name):
                    continue
                if case["clause"] and any(self.joins(clause, sender, u, content) for u in self.units):
                    named_elsewhere = True
                if not joins:
                    continue
                named_here = True
                open_categories = [c for c in clause["categories"]
                                   if self.flows(agreement, clause, sender, recipient, now) and
                                   (not self.local(agreement) or
                                    self.covered(agreement, clause, c, sender, recipient, now))]
                stage = self.stage(agreement, clause, open_categories, case, mandate)
                furthest = max(furthest, stage)
                if stage == 7:
                    permits.append((cited, clause["obligations"]))
        if forbids:
            return False, "NO_CLAUSE_IN_FORCE", sorted(forbids), None
        if permits:
            return True, "", sorted(name for name, _ in permits), self.strictest([o for _, o in permits])
        if case["clause"] and not named_here and named_elsewhere:
            return False, "AREA_OUT_OF_SCOPE", [], None
        return False, STAGES[furthest], [], None

    def strictest(self, all_obligations):
        return {"geo": max(GEO.index(o.get("geoPrecision", GEO[0])) for o in all_obligations),
                "time": max(TIME.index(o.get("timePrecision", TIME[0])) for o in all_obligations),
                "delay": max(int(o.get("delaySeconds", 0)) for o in all_obligations),
                "count": max(o.get("minCount", 0) for o in all_obligations),
                "onward": min(ONWARD.index(o.get("onward", ONWARD[0])) for o in all_obligations)}

    def stands_until(self, case, verdict):
        """The next instant at which time alone opens what is closed, or changes what is open."""
        for edge in self.instants():
            if edge > case["now"]:
                later = self.judge(case, edge)
                if later != verdict and (later[0] or verdict[0]):
                    return edge
        return FOREVER


def differences(world, case, decision, look_ahead):
    verdict = world.judge(case, case["now"])
    allowed, reason, citations, obligations = verdict
    expected = {"allowed": allowed, "reason": reason, "citations": citations}
    if allowed:
        expected["obligations"] = obligations
    wrong = [f"{key}: {decision.get(key)} instead of {value}" for key, value in expected.items()
             if (sorted(decision[key]) if key == "citations" else decision.get(key)) != value]
    if look_ahead:
        # A decision may be asked for again too early, never too late.
        until, said = world.stands_until(case, verdict), decision["not_after"]
        if until is not FOREVER and (said is FOREVER or said > until):
            wrong.append(f"not_after: {said} although {until} changes it")
        if said is not FOREVER and said <= case["now"]:
            wrong.append(f"not_after: {said} is not after now")
    return wrong


def main():
    world, compared, failed = None, 0, 0
    for line in sys.stdin:
        entry = json.loads(line)
        if "world" in entry:
            world = World(entry["world"])
            continue
        compared += 1
        wrong = differences(world, entry["case"], entry["decision"], look_ahead=compared % 10 == 0)
        if wrong:
            failed += 1
            print("differs:", "; ".join(wrong), json.dumps(entry), file=sys.stderr)
    print(f"{compared - failed} passed, {failed} failed")
    return 1 if failed or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
