"""The clauses of the demo's agreements, row by row as the parties would negotiate them."""

from dataclasses import dataclass, field

# Precision columns: GEO_0..4 and TID_0..6 of the vocabulary, and the year.
GEO = ["EXACT", "PLACE", "NEIGHBOURHOOD", "DISTRICT", "CITY"]
TIME = ["EXACT", "HOUR", "PART_OF_DAY", "DATE", "WEEK", "MONTH", "QUARTER"]

LOCAL_PURPOSES = ("LAGESBILD", "ORSAKSANALYS", "ATGARDSPLAN", "GENOMFORANDE", "UPPFOLJNING", "AKUT_SAMORD")
TESTED = ("NOT_SECRET_TESTED",)
SDN, LPO, BOLAG = "group SDN", "group LPO", "group BOLAG"
SPECIALIST, NGL, CIV, ALL = "group SPECIALIST_COMMITTEE", "group NGL", "group CIV", "group ALL"
SLK, POLICE_REGION, TRANSPORT = "STHLM.SLK", "POL.STH", "REGSTH.TF"
CARE, REGION_OFFICE = "REGSTH.HSF", "REGSTH.RLK"
# The units of the thematic group that is planned; a frame for it names its members.
THEMATIC = ["STHLM.SDN.SKH.T1", "STHLM.SDN.FAR.T1"]
THEMATIC_POLICE = "POL.STH.SYD.SKARH"


@dataclass
class Clause:
    """One clause. `flows` are pairs of units (their codes) or groups ("group SDN")."""

    id: str
    categories: tuple[str, ...]
    flows: list[tuple[str, str]]
    purposes: tuple[str, ...]
    ceiling: str  # "AMBER/2": TLP and KLASSA confidentiality
    geo: str = "PLACE"
    time: str = "PART_OF_DAY"
    onward: str = "WITHIN_UNIT"
    min_count: int = 0
    areas: tuple[str, ...] = ()
    legal_positions: tuple[str, ...] = TESTED
    delay_days: int = 0
    frame: bool = False
    clear_onward: str = ""


def each_way(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return [flow for a, b in pairs for flow in ((a, b), (b, a))]


def mutual(members: list[str]) -> list[tuple[str, str]]:
    """Each to each; a group also within itself, a unit never to itself."""
    return [(a, b) for a in members for b in members if a != b or a.startswith("group ")]


def frame(
    id: str,
    categories: str,
    flows,
    ceiling: str,
    geo="PLACE",
    time="PART_OF_DAY",
    onward="WITHIN_UNIT",
    clear_onward="",
) -> Clause:
    return Clause(
        f"c0-{id}",
        tuple(categories.split()),
        flows,
        LOCAL_PURPOSES,
        ceiling,
        geo,
        time,
        onward,
        5,
        legal_positions=(),
        frame=True,
        clear_onward=clear_onward,
    )


def frame_clauses() -> list[Clause]:
    """What local and thematic clauses may at most say; no flow by themselves (R10)."""
    co_parties = [SDN, LPO, BOLAG, SPECIALIST, TRANSPORT] + THEMATIC
    civic = "EVENEMANG INSATS MILJO MOTE"
    return [
        frame(
            "f1",
            "HANDELSE MILJO PROBLEM ATGARD LAGESBILD MOTE EVENEMANG INSATS",
            each_way((SDN, LPO)) + [(BOLAG, SDN), (BOLAG, LPO)],
            "AMBER_STRICT/2",
            time="HOUR",
            clear_onward="PUBLIC",
        ),
        frame("f2", "HANDELSE PROBLEM ATGARD LAGESBILD MOTE", [(LPO, BOLAG)], "AMBER/2"),
        frame(
            "f3",
            "MILJO PROBLEM ATGARD LAGESBILD MOTE",
            [(SDN, BOLAG), (SDN, SDN), (SDN, SPECIALIST), (SPECIALIST, SDN)],
            "AMBER/2",
        ),
        frame("f4", "PROBLEM ATGARD MOTE", mutual(co_parties), "AMBER/2"),
        frame("f5", "PROBLEM ATGARD MOTE LAGESBILD", each_way(*((party, SLK) for party in co_parties)), "AMBER/2"),
        frame(
            "f6",
            "HANDELSE LAGESBILD",
            mutual(THEMATIC + [THEMATIC_POLICE, SLK]),
            "AMBER/2",
            "NEIGHBOURHOOD",
            "WEEK",
            "NONE",
        ),
        frame("f7-police", civic, [(LPO, NGL), (LPO, CIV)], "CLEAR/0", time="HOUR", clear_onward="PUBLIC"),
        frame("f7-committee", civic, each_way((SDN, NGL), (SDN, CIV)), "GREEN/1", time="HOUR", clear_onward="PUBLIC"),
    ]


def knowledge_clauses() -> list[Clause]:
    """Statistics, pictures and designations on the central level: counts and compilations, no items."""
    aggregate = ("ANONYMISED_AGG",)
    region = [TRANSPORT, CARE, REGION_OFFICE]
    return [
        Clause(
            "c1",
            ("STATISTIK",),
            [(POLICE_REGION, SLK), (POLICE_REGION, SDN)],
            ("LAGESBILD", "LAGKRAV_2023_196"),
            "GREEN/1",
            geo="NEIGHBOURHOOD",
            time="MONTH",
            onward="PARTIES",
            min_count=5,
            legal_positions=aggregate,
        ),
        Clause(
            "c2",
            ("LAGESBILD",),
            each_way((SLK, POLICE_REGION)),
            ("LAGESBILD",),
            "AMBER/2",
            geo="DISTRICT",
            time="MONTH",
            min_count=5,
        ),
        Clause(
            "c3",
            ("OMRKLASS",),
            [(POLICE_REGION, SLK), (POLICE_REGION, SDN)],
            ("LAGESBILD",),
            "AMBER/2",
            geo="EXACT",
            time="EXACT",
            onward="NONE",
        ),
        Clause(
            "c4",
            ("TRYGGMAT",),
            [(SLK, to) for to in [SDN, POLICE_REGION] + region],
            ("LAGESBILD", "ORSAKSANALYS"),
            "GREEN/1",
            geo="NEIGHBOURHOOD",
            time="YEAR",
            onward="PARTIES",
            min_count=10,
            legal_positions=aggregate,
        ),
        Clause(
            "c5",
            ("VARDSKADA",),
            [(CARE, SLK), (CARE, POLICE_REGION)],
            ("LAGESBILD", "ORSAKSANALYS"),
            "AMBER/2",
            geo="DISTRICT",
            time="MONTH",
            onward="NONE",
            min_count=5,
            legal_positions=aggregate,
            delay_days=60,
        ),
    ]


def central_clauses() -> list[Clause]:
    """The city-wide agreement between city and police, with the region."""
    return (
        frame_clauses()
        + knowledge_clauses()
        + [
            Clause(
                "c6",
                ("HANDELSE", "MILJO"),
                each_way((TRANSPORT, SDN), (TRANSPORT, LPO)),
                ("GENOMFORANDE",),
                "AMBER/2",
                areas=("stn-tf",),
            ),
            Clause(
                "c7",
                ("KOMM",),
                [(ALL, ALL)],
                ("KOMMUNIKATION",),
                "CLEAR/0",
                onward="PUBLIC",
                min_count=5,
                legal_positions=TESTED + ("PUBLIC_SOURCE",),
            ),
            Clause(
                "c10",
                ("HANDELSE", "PROBLEM", "MOTE"),
                each_way((LPO, SLK), (POLICE_REGION, SLK)),
                ("AKUT_SAMORD", "ATGARDSPLAN"),
                "AMBER_STRICT/2",
                onward="NONE",
                min_count=5,
            ),
        ]
    )


def internal_clauses(districts: list[str]) -> list[Clause]:
    """The city-internal agreement: flows without police. `districts` are codes of committees, BRO, EAV ..."""
    inside = [SDN, BOLAG, SPECIALIST]
    result = [
        Clause(
            "c8",
            ("PROBLEM", "ATGARD", "MOTE", "LAGESBILD"),
            each_way(*((party, SLK) for party in inside)),
            ("LAGESBILD", "ATGARDSPLAN", "UPPFOLJNING", "LAGKRAV_2023_196", "AKUT_SAMORD"),
            "AMBER/2",
            min_count=5,
        ),
        Clause(
            "c9",
            ("STATISTIK", "LAGESBILD"),
            [(SLK, party) for party in inside],
            ("LAGESBILD", "ATGARDSPLAN", "LAGKRAV_2023_196"),
            "AMBER/2",
            geo="NEIGHBOURHOOD",
            time="MONTH",
            min_count=5,
        ),
    ]
    # One clause a district, since each holds in its own: L9 between the committee and whoever owns the place.
    for code in districts:
        unit = f"STHLM.SDN.{code}"
        result.append(
            Clause(
                f"l9-{code.lower()}",
                ("MILJO",),
                each_way((unit, BOLAG), (unit, SPECIALIST)),
                ("GENOMFORANDE",),
                "GREEN/1",
                areas=(f"sdo-{code.lower()}",),
            )
        )
    # L11 where a place touches both districts: the receiver's is the clause's area, the sender's that of its mandate.
    for code in districts:
        others = [f"STHLM.SDN.{other}" for other in districts if other != code]
        result.append(
            Clause(
                f"l11-{code.lower()}",
                ("MILJO",),
                [(other, f"STHLM.SDN.{code}") for other in others],
                ("GENOMFORANDE",),
                "AMBER/2",
                areas=(f"sdo-{code.lower()}",),
            )
        )
    return result


@dataclass
class Local:
    """The parties of one local agreement, by unit code."""

    committee: str
    police: str
    companies: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # specialist committees, public transport
    civic: list[str] = field(default_factory=list)  # private companies and civil society


def company_clauses(local: Local, sdo: str, lpo: str) -> list[Clause]:
    """L3 and L10, once for each company with holdings in the area."""
    result = []
    for number, company in enumerate(local.companies):
        suffix = f"-{number + 1}" if len(local.companies) > 1 else ""
        where = (f"hold-{company.split('.')[-1].lower()}", sdo, lpo)
        reports = [(company, local.committee), (company, local.police)]
        result += [
            Clause(f"l3{suffix}", ("HANDELSE", "MILJO"), reports, ("GENOMFORANDE",), "AMBER/1", areas=where),
            Clause(
                f"l10{suffix}",
                ("HANDELSE",),
                [(local.police, company)],
                ("GENOMFORANDE", "AKUT_SAMORD"),
                "AMBER/2",
                onward="NONE",
                areas=where,
            ),
        ]
    return result


def civic_clauses(local: Local, sdo: str) -> list[Clause]:
    """L7, and L8 as far as private parties and civil society take part."""
    if not local.civic:
        return []
    return [
        Clause(
            "l7",
            ("MILJO",),
            [(one, local.committee) for one in local.civic],
            ("GENOMFORANDE",),
            "GREEN/1",
            areas=("psv-husby",),
        ),
        Clause(
            "l8-civic",
            ("MOTE",),
            each_way(*((one, local.committee) for one in local.civic)),
            LOCAL_PURPOSES,
            "GREEN/1",
            onward="NONE",
            min_count=5,
            areas=(sdo,),
        ),
    ]


def local_clauses(local: Local, sdo: str, lpo: str) -> list[Clause]:
    both = (sdo, lpo)
    committee, police = local.committee, local.police
    group = [committee, police] + local.companies
    pictures = each_way((committee, police), *((committee, company) for company in local.companies))
    announced = [(police, to) for to in [committee] + local.civic]
    result = [
        Clause(
            "l1", ("HANDELSE", "MILJO"), [(committee, police)], ("LAGESBILD", "GENOMFORANDE"), "AMBER/2", areas=both
        ),
        Clause(
            "l2",
            ("HANDELSE",),
            [(police, committee)],
            ("LAGESBILD", "ATGARDSPLAN"),
            "AMBER_STRICT/2",
            onward="NONE",
            areas=both,
        ),
        Clause(
            "l4",
            ("LAGESBILD",),
            pictures,
            ("LAGESBILD", "GENOMFORANDE"),
            "AMBER/2",
            onward="NONE",
            min_count=5,
            areas=(sdo,),
        ),
        Clause(
            "l5",
            ("PROBLEM", "ATGARD"),
            mutual(group + local.others),
            ("ORSAKSANALYS", "ATGARDSPLAN", "GENOMFORANDE", "UPPFOLJNING"),
            "AMBER/2",
            time="WEEK",
            min_count=5,
            areas=(sdo,),
        ),
        Clause(
            "l6",
            ("EVENEMANG", "INSATS"),
            announced,
            ("GENOMFORANDE",),
            "CLEAR/0",
            time="HOUR",
            onward="PUBLIC",
            areas=both,
            legal_positions=TESTED + ("PUBLIC_SOURCE",),
        ),
        Clause(
            "l8",
            ("MOTE",),
            mutual(group + local.others),
            LOCAL_PURPOSES,
            "AMBER/2",
            onward="NONE",
            min_count=5,
            areas=(sdo,),
        ),
    ]
    result += company_clauses(local, sdo, lpo) + civic_clauses(local, sdo)
    return sorted(result, key=lambda clause: (int(clause.id[1:].split("-")[0]), clause.id))
