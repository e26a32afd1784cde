"""Redis patterns that hold up in production; the asyncio twins stand in `redis_patterns.aio`."""
