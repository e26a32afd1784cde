// RedisPatterns
