print("redis-patterns")
