import PythonBridge
import RedisPatternsTesting
import Testing

/// Scripts of the command line: `PythonMain.run` on the process's main thread.
@Suite(needsPython)
struct MainModeTests {
  /// What a script is doing when Ctrl-C comes.
  static let waits = [
    "sleep": "import time\nprint('ready', flush=True)\ntime.sleep(30)",
    "spin": "print('ready', flush=True)\nwhile True: pass",
    "asyncio":
      "import asyncio\nasync def main():\n  print('ready', flush=True)\n  await asyncio.sleep(30)\nasyncio.run(main())",
    "thread": """
    import threading
    print('ready', flush=True)
    threading.Event().wait(30)
    """,
  ]

  @Test(arguments: waits.keys.sorted())
  func `Ctrl-C ends a script within a second, with status 130`(wait: String) async throws {
    try await Subprocess.withScript(Self.waits[wait]!) { file in
      let end = try await Subprocess.interrupt(
        Subprocess.command, ["python", file])
      #expect(end.status == 130)
      #expect(try #require(end.seconds) < 1)
      #expect(end.stderr.hasSuffix("KeyboardInterrupt\n"))
    }
  }

  @Test func `Ctrl-C ends a script that waits in a blocking Redis command`() async throws {
    guard checkout.venv != nil else { try Test.cancel("no virtual environment with redis-py") }
    let server = try await RedisServer.start()
    defer { server.close() }
    let text = """
      import os, redis
      client = redis.from_url(os.environ["REDIS_URL"])
      client.ping()
      print("ready", flush=True)
      client.blpop("nothing", timeout=30)
      """
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.interrupt(
        Subprocess.command, ["python", "--url", server.url, file])
      #expect(end.status == 130, "\(end.stderr)")
      #expect(try #require(end.seconds) < 1)
    }
  }

  @Test func `a script may catch Ctrl-C`() async throws {
    let text = """
      import sys, time
      try:
          print("ready", flush=True)
          time.sleep(30)
      except KeyboardInterrupt:
          print("caught")
          sys.exit(7)
      """
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.interrupt(Subprocess.command, ["python", file])
      #expect(end.status == 7)
      #expect(end.stdout == "ready\ncaught\n")
    }
  }

  @Test func `a script calls the program's Swift functions`() async throws {
    let text = """
      import asyncio
      from _redis_patterns_bridge import acall, call, context
      print(call("double", 21), call("later", 1), sorted(context))
      async def main(): return await asyncio.gather(acall("later", 5), acall("double", 4))
      print(asyncio.run(main()))
      async def leave(): asyncio.ensure_future(acall("later", 2000)); await asyncio.sleep(0.01)
      asyncio.run(leave())
      """
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.run(Subprocess.probe, ["main", file])
      #expect(end.stdout == "42 late ['lua_dir', 'url']\n['late', 8]\n")
      #expect(end.stderr == "")
      #expect(end.status == 0)
    }
  }

  @Test func `Ctrl-C reaches a script that waits for Swift`() async throws {
    let text = "from _redis_patterns_bridge import call\nprint('ready', flush=True)\ncall('later', 30000)\n"
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.interrupt(Subprocess.probe, ["main", file])
      #expect(end.status == 130)
      #expect(try #require(end.seconds) < 1)
    }
  }

  @Test func `the actor refuses to start in a process whose main thread is Python`() async throws {
    let text = "from _redis_patterns_bridge import call\nprint(call('actor'))\n"
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.run(Subprocess.probe, ["main", file])
      #expect(end.stdout.hasPrefix("Python runs on the process's main thread"))
      #expect(end.status == 0)
    }
  }

  @Test func `a script finds the package, the scripts and the server`() async throws {
    let text = """
      import os, sys
      print(sys.argv[1:])
      print(os.environ["REDIS_URL"])
      print(os.path.isfile(os.environ["REDIS_PATTERNS_LUA_DIR"] + "/locks/lock_acquire.lua"))
      import redis_patterns
      """
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.run(
        Subprocess.command, ["python", "--url", "redis://example:1/2", file, "--help", "--url", "ü", "--"],
        environment: ["REDIS_URL": "redis://other"]
      )
      #expect(end.stdout == "['--help', '--url', 'ü', '--']\nredis://example:1/2\nTrue\n")
      if checkout.venv != nil { #expect(end.status == 0, "\(end.stderr)") }
    }
  }

  @Test func `an environment of another Python is an error with status 4`() async throws {
    let end = try await Subprocess.run(
      Subprocess.command, ["python", "--venv", "/no/such/environment", "x.py"]
    )
    #expect(end.status == 4)
    #expect(end.stderr.contains("/no/such/environment"))
    #expect(end.stderr.contains("-m venv --clear"))
  }

  @Test func `a missing file ends as python3 ends`() async throws {
    let end = try await Subprocess.run(Subprocess.command, ["python", "/no/such/file.py"])
    #expect(end.status == 2)
    #expect(end.stderr.contains("can't open file '/no/such/file.py': [Errno 2] No such file or directory"))
  }
}
