"""The items that are judged by the keys."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import Any

from . import secrets
from .checklist import load
from .findings import Findings, Seen, View, most
from .names import follows_grammar


def ttl(view: View, found: Findings) -> dict[str, Any]:
    found.refusal(view, "SCAN", "TYPE", "PTTL")
    limits = load().thresholds
    immortal = [seen for seen in view.keys if seen.immortal and (seen.contract is None or seen.contract.expires)]
    promised = [seen for seen in immortal if seen.contract is not None]
    for template in sorted({seen.template for seen in promised}):
        found.add("contract", keys=sum(seen.template == template for seen in promised), template=template)
    foreign = [seen for seen in immortal if seen.contract is None]
    strings = [seen for seen in foreign if seen.key.type == "string"]
    if strings:
        found.add("strings", keys=len(strings), sampled=view.sampled, template=most(strings))
    collections = [seen for seen in foreign if seen.key.type != "string"]
    large = [seen for seen in collections if (seen.key.size or 0) > limits["collection_elements"]]
    if large:
        largest = min(large, key=lambda seen: (-(seen.key.size or 0), seen.template))
        found.add(
            "large",
            keys=len(large),
            limit=limits["collection_elements"],
            template=largest.template,
            elements=largest.key.size,
        )
    small = [seen for seen in collections if seen not in large]
    if small:
        found.add("unbounded", keys=len(small), template=most(small))
    evidence: dict[str, Any] = {
        "keys": view.total,
        "sampled": view.sampled,
        "complete": view.facts.complete,
        "subject": view.total > 0,
    }
    without = _without_end(view)
    if without is not None:
        evidence["without_ttl"] = without
        if without > 0 and not view.facts.complete and not any(seen.immortal for seen in view.keys):
            found.add("unsampled", without_ttl=without, sampled=view.sampled)
    return evidence


def _without_end(view: View) -> int | None:
    """Exactly how many keys of the database have no end, by the server's own count."""
    line = (view.facts.info or {}).get(f"db{view.facts.database}")
    if line is None:
        return None
    numbers = dict(word.partition("=")[::2] for word in line.split(","))
    return int(numbers.get("keys", 0)) - int(numbers.get("expires", 0))


def stampede(view: View, found: Findings) -> dict[str, Any]:
    entries = view.of_kind("cache")
    unsure = _unsampled(view, found, entries)
    limits = load().thresholds
    ends: dict[str, list[int]] = defaultdict(list)
    for seen in entries:
        if seen.key.ends_ms is not None:
            ends[seen.template].append(seen.key.ends_ms)
    for template, times in sorted(ends.items()):
        permille = _fullest_second(times) * 1000 // len(times)
        if len(times) >= limits["same_second_keys"] and permille >= limits["same_second_permille"]:
            found.add("same_second", permille=permille, template=template)
    foreign = [seen for seen in entries if seen.contract is None]
    if foreign:
        found.add("foreign", keys=len(foreign))
    return {"cache": len(entries), "library": len(entries) - len(foreign), "subject": bool(entries) or unsure}


def _fullest_second(times: list[int]) -> int:
    times = sorted(times)
    return max(bisect_right(times, start + 999) - at for at, start in enumerate(times))


def limiter(view: View, found: Findings) -> dict[str, Any]:
    limits = view.of_kind("limiter")
    unsure = _unsampled(view, found, limits)
    foreign = [seen for seen in limits if seen.contract is None]
    counters = [seen for seen in foreign if seen.key.encoding == "int"]
    permanent = [seen for seen in counters if seen.immortal]
    naive = [seen for seen in counters if not seen.immortal]
    others = [seen for seen in foreign if seen.key.encoding != "int"]
    for name, keys in (("permanent", permanent), ("naive", naive), ("foreign", others)):
        if keys:
            found.add(name, keys=len(keys), template=most(keys))
    return {"limits": len(limits), "library": len(limits) - len(foreign), "subject": bool(limits) or unsure}


def locks(view: View, found: Findings) -> dict[str, Any]:
    locks = view.of_kind("lock")
    unsure = _unsampled(view, found, locks)
    limits = load().thresholds
    foreign = [seen for seen in locks if seen.contract is None]
    own = [seen for seen in locks if seen.contract is not None and seen.contract.name == "lock"]
    strings = [seen for seen in foreign if seen.key.type == "string" and seen.key.size is not None]
    immortal = [seen for seen in locks if seen.immortal and (seen.contract is None or seen.contract.expires)]
    no_token = [seen for seen in strings if (seen.key.size or 0) < limits["token_bytes"]]
    no_fence = [seen for seen in strings if (seen.key.size or 0) >= limits["token_bytes"]]
    unknown = [seen for seen in foreign if seen not in strings and seen.key.fenced is not True]
    unknown += [seen for seen in own if seen.key.fenced is False]
    long = [seen for seen in foreign + own if seen.key.ttl_ms > limits["lock_ms"]]
    if immortal:
        found.add("immortal", keys=len(immortal), template=most(immortal))
    if no_token:
        found.add("no_token", keys=len(no_token), least=limits["token_bytes"], template=most(no_token))
    if no_fence:
        found.add("no_fence", keys=len(no_fence), template=most(no_fence))
    if unknown:
        found.add("unsure", keys=len(unknown), template=most(unknown))
    if long:
        found.add("long", keys=len(long), limit_ms=limits["lock_ms"], template=most(long))
    return {"locks": len(locks), "library": len(locks) - len(foreign), "subject": bool(locks) or unsure}


def sensitive(view: View, found: Findings) -> dict[str, Any]:
    unsure = found.refusal(view, "SCAN", "TYPE", "PTTL")
    named = [
        ("session", [seen for seen in view.keys if seen.contract is None and secrets.names_session(seen.key.name)]),
        ("token", [seen for seen in view.keys if secrets.holds_token(seen.key.name)]),
        ("card", [seen for seen in view.keys if secrets.holds_card(seen.key.name)]),
        ("email", [seen for seen in view.keys if secrets.holds_email(seen.key.name)]),
    ]
    for name, keys in named:
        if keys:
            # The shape and the length: the name itself is the secret.
            shapes = sorted({f"{seen.template} ({len(seen.key.name)} bytes)" for seen in keys})
            found.add(name, keys=len(keys), examples=", ".join(shapes[: load().bounds["examples"]]))
    return {"sampled": view.sampled, "keys": view.total, "subject": view.sampled > 0 or unsure}


def naming(view: View, found: Findings) -> dict[str, Any]:
    unsure = found.refusal(view, "SCAN", "TYPE", "PTTL")
    foreign = [seen for seen in view.keys if seen.contract is None]
    odd = [seen for seen in foreign if not follows_grammar(seen.key.name)]
    permille = len(odd) * 1000 // max(1, view.sampled)
    if permille > load().thresholds["odd_permille"]:
        found.add("grammar", odd=len(odd), sampled=view.sampled, template=most(odd))
    types: dict[str, set[str]] = defaultdict(set)
    for seen in foreign:
        types[seen.template].add(seen.key.type)
    for template, several in sorted(types.items()):
        if len(several) > 1:
            found.add("mixed_types", template=template, types=", ".join(sorted(several)))
    return {
        "sampled": view.sampled,
        "keys": view.total,
        "library": view.sampled - len(foreign),
        "odd_permille": permille,
        "subject": view.sampled > 0 or unsure,
    }


def _unsampled(view: View, found: Findings, keys: list[Seen]) -> bool:
    """Adds why nothing can be said when keys of this kind may be among those that were not looked at."""
    if found.refusal(view, "SCAN", "TYPE", "PTTL"):
        return True
    if keys or view.facts.complete:
        return False
    found.add("unsampled", sampled=view.sampled, keys=view.total)
    return True
