"""A script for both worlds: alone under python3, or inside a Swift program that gives it a context and functions."""

import sys

# --8<-- [start:script]
try:
    import _redis_patterns_bridge as bridge
except ModuleNotFoundError:  # plain python3: no Swift around us
    bridge = None  # type: ignore[assignment]

names = bridge.context["names"] if bridge else sys.argv[1:]
print(f"{len(names)} riders")
if bridge:
    bridge.publish({"greetings": [bridge.call("greet", name) for name in names]})
# --8<-- [end:script]
