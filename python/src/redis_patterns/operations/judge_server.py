"""The items that are judged by the server's own numbers, settings, logs and clients, and by its streams."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .checklist import load
from .findings import Findings, View, most


def pooling(view: View, found: Findings) -> dict[str, Any]:
    if found.refusal(view, "INFO"):
        return {}
    limits = load().thresholds
    connections, commands = view.number("total_connections_received"), view.number("total_commands_processed")
    maxclients, rejected = view.number("maxclients"), view.number("rejected_connections")
    percent = view.number("connected_clients") * 100 // max(1, maxclients) if maxclients else 0
    if rejected:
        found.add("rejected", rejected=rejected)
    if percent >= limits["clients_percent_critical"]:
        found.add("at_limit", connected_percent=percent, maxclients=maxclients)
    elif percent >= limits["clients_percent"]:
        found.add("near_limit", connected_percent=percent, maxclients=maxclients)
    ratio = commands // max(1, connections)
    if commands < limits["commands_to_judge"]:
        found.add("quiet", least=limits["commands_to_judge"])
    elif connections >= limits["connections_to_judge"] and ratio < limits["commands_per_connection"]:
        found.add("churn", commands_per_connection=ratio)
    return {
        "connections_received": connections,
        "commands_processed": commands,
        "commands_per_connection": ratio,
        "connected_percent": percent,
        "maxclients": maxclients,
        "rejected": rejected,
    }


def scripts(view: View, found: Findings) -> dict[str, Any]:
    if found.refusal(view, "INFO"):
        return {}
    limits, calls = load().thresholds, view.facts.commands or {}
    by_text, by_hash = calls.get("eval", 0), calls.get("evalsha", 0)
    cached, setnx = view.number("number_of_cached_scripts"), calls.get("setnx", 0)
    ran = by_text + by_hash + calls.get("fcall", 0)
    if setnx:
        found.add("setnx", calls=setnx)
    if by_text >= limits["eval_calls"] and by_text > by_hash:
        found.add("eval", eval=by_text, evalsha=by_hash)
    if cached > limits["cached_scripts"]:
        found.add("generated", cached_scripts=cached)
    if ran == 0 and setnx == 0 and view.total > 0:
        found.add("unseen")
    evidence = {"eval": by_text, "evalsha": by_hash, "setnx": setnx, "cached_scripts": cached}
    evidence |= {"fcall": calls.get("fcall", 0), "library_total": view.facts.scripts_total}
    if view.facts.scripts_known is not None:
        evidence["library_known"] = view.facts.scripts_known
    return evidence | {"subject": ran > 0}


def memory(view: View, found: Findings) -> dict[str, Any]:
    if found.refusal(view, "INFO"):
        return {}
    limits = load().thresholds
    policy = (view.facts.info or {}).get("maxmemory_policy", "")
    limit, used, machine = (view.number(name) for name in ("maxmemory", "used_memory", "total_system_memory"))
    evidence: dict[str, Any] = {"maxmemory": limit, "policy": policy, "used_bytes": used}
    evidence["evicted_keys"] = view.number("evicted_keys")
    if limit == 0:
        found.add(
            "unlimited_large" if used >= limits["unlimited_bytes"] else "unlimited",
            system_share=limits["system_percent"],
        )
    else:
        percent, of_machine = used * 100 // limit, limit * 100 // machine if machine else 0
        evidence |= {"used_percent": percent, "system_percent": of_machine}
        if percent >= limits["used_percent_critical"]:
            found.add("full", used_percent=percent)
        elif percent >= limits["used_percent"]:
            found.add("filling", used_percent=percent)
        if of_machine > limits["system_percent"]:
            found.add("oversized", system_percent=of_machine, system_share=limits["system_percent"])
    return evidence | _policy(view, found, policy, bounded=limit > 0)


def _policy(view: View, found: Findings, policy: str, *, bounded: bool) -> dict[str, Any]:
    """Judges the policy by what the keys are: an eviction breaks a promise, or costs a load."""
    roles = Counter(seen.role for seen in view.keys)
    evidence = {role: roles[role] for role in ("coordination", "cache", "other")}
    if found.refusal(view, "SCAN", "TYPE", "PTTL"):
        return evidence
    if policy == "noeviction":
        if bounded and view.facts.complete and roles["cache"] and roles["cache"] == view.sampled:
            found.add("cache_noeviction", cache=roles["cache"])
        return evidence
    # The volatile policies evict only what would expire, which is what leases and limits do.
    victims = [seen for seen in view.keys if policy.startswith("allkeys") or not seen.immortal]
    coordination = [seen for seen in victims if seen.role == "coordination"]
    others = sum(seen.role == "other" for seen in victims)
    if coordination:
        found.add("evicts_coordination", policy=policy, coordination=len(coordination), template=most(coordination))
    elif others:
        found.add("mixed", policy=policy, other=others)
    elif not view.facts.complete:
        found.add("unsampled", policy=policy, sampled=view.sampled, keys=view.total)
    return evidence


def slowlog(view: View, found: Findings) -> dict[str, Any]:
    found.refusal(view, "CONFIG GET", "SLOWLOG GET")
    checklist = load()
    limits, config, evidence = checklist.thresholds, view.facts.config, dict[str, Any]()
    threshold, length = _whole(config, "slowlog-log-slower-than"), _whole(config, "slowlog-max-len")
    if threshold is not None:
        evidence["threshold_us"] = threshold
        if threshold < 0:
            found.add("off")
        elif threshold > limits["slower_than_us"]:
            found.add("coarse", threshold_us=threshold)
    if length is not None:
        evidence["max_length"] = length
        if length < limits["slow_entries"]:
            found.add("short", max_length=length)
    if view.facts.slow is not None:
        evidence["slow_entries"] = len(view.facts.slow)
        heavy = Counter(verb for verb, _ in view.facts.slow if verb in checklist.heavy)
        if heavy:
            found.add("heavy", verbs=", ".join(f"{verb} ({count})" for verb, count in sorted(heavy.items())))
        worst, verb = max(((time, verb) for verb, time in view.facts.slow), default=(0, ""))
        evidence["worst_us"] = worst
        if worst >= limits["slow_us"]:
            found.add("long", worst_us=worst, verb=verb)
    return evidence


def subscribers(view: View, found: Findings) -> dict[str, Any]:
    if found.refusal(view, "CLIENT LIST"):
        return {}
    limits, clients = load().thresholds, view.facts.subscribers or []
    names = {name for name, _ in clients}
    largest = max((waiting for _, waiting in clients), default=0)
    published = (view.facts.commands or {}).get("publish", 0)
    missing = sorted(set(view.expected) - names)
    if missing:
        found.add("missing", names=", ".join(missing))
    limit = _buffer_limit(view.facts.config.get("client-output-buffer-limit", ""))
    if limit and largest * 100 >= limit * limits["buffer_percent"]:
        found.add("cut_soon", largest_buffer_bytes=largest, limit_bytes=limit)
    elif largest >= limits["buffer_bytes"]:
        found.add("slow", largest_buffer_bytes=largest)
    if not view.expected:
        if clients:
            found.add("unseen", subscribers=len(clients))
        elif published:
            found.add("nobody", published=published)
    evidence: dict[str, Any] = {"subscribers": len(clients), "expected": len(view.expected), "published": published}
    evidence["largest_buffer_bytes"] = largest
    return evidence | {"subject": bool(clients) or bool(view.expected)}


def streams(view: View, found: Findings) -> dict[str, Any]:
    unsure = found.refusal(view, "SCAN", "TYPE", "PTTL", "XLEN", "XINFO GROUPS", "XPENDING")
    limits = load().thresholds
    streams = [seen for seen in view.keys if seen.key.type == "stream"]
    if not unsure and not streams and not view.facts.complete:
        found.add("unsampled", sampled=view.sampled, keys=view.total)
        unsure = True
    looked = [(seen, seen.key.stream) for seen in streams if seen.key.stream is not None]
    # An event log of the library is read by ranges, not by groups.
    logs = [seen for seen, _ in looked if seen.contract is not None and seen.contract.pattern != "streams"]
    bare = [seen for seen, stream in looked if not stream.groups and stream.length and seen not in logs]
    if bare:
        found.add("no_group", streams=len(bare), template=most(bare))
    stuck = [
        (seen, group) for seen, stream in looked for group in stream.groups if group.oldest_idle_ms >= limits["idle_ms"]
    ]
    if stuck:
        found.add(
            "stuck",
            entries=sum(group.pending for _, group in stuck),
            oldest_idle_ms=max(group.oldest_idle_ms for _, group in stuck),
            template=most(seen for seen, _ in stuck),
        )
    for seen, stream in looked:
        most_often = max((group.most_deliveries for group in stream.groups), default=0)
        if most_often >= limits["deliveries"]:
            name = "poison" if most_often >= limits["deliveries_critical"] else "retried"
            found.add(name, template=seen.template, deliveries=most_often)
        if stream.groups and stream.length > limits["stream_entries"] and not any(g.pending for g in stream.groups):
            found.add("uncapped", template=seen.template, entries=stream.length)
    left = view.facts.streams_left + sum(stream.left for _, stream in looked)
    if left:
        found.add("partial", left=left)
    return {
        "streams": len(streams),
        "groups": sum(len(stream.groups) for _, stream in looked),
        "pending": sum(group.pending for _, stream in looked for group in stream.groups),
        "subject": bool(streams) or unsure,
    }


def _whole(config: dict[str, str], name: str) -> int | None:
    value = config.get(name, "")
    return int(value) if value.lstrip("-").isdigit() else None


def _buffer_limit(setting: str) -> int:
    """The smaller of a subscriber's limits, in bytes; 0 when there is none."""
    words = setting.split()
    if "pubsub" not in words:
        return 0
    at = words.index("pubsub")
    limits = [int(word) for word in words[at + 1 : at + 3] if word.isdigit() and word != "0"]
    return min(limits, default=0)
