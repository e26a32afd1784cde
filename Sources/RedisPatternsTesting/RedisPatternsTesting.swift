// RedisPatternsTesting
