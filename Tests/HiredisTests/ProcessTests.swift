import CRedisSupport
import Foundation
import Hiredis
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

#if os(Linux)
  import Glibc

  @Suite struct `The client inside its process` {
    @Test func `its descriptors reach no child`() async throws {
      let redis = try RedisClient(await RedisServer.shared().url)
      _ = try await redis.send("PING")
      _ = try await redis.withConnection { try await $0.send("PING") }
      for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        guard let descriptor = Int32(name),
          let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"),
          target.contains("socket:") || target.contains("eventpoll") || target.contains("eventfd")
        else { continue }
        let flags = fcntl(descriptor, F_GETFD)
        if flags >= 0, flags & FD_CLOEXEC == 0, descriptor > 2 {
          // Sockets of the test runner or of other tests may be plain; ours are to a redis-server or the loop's own.
          #expect(!target.contains("event"), "descriptor \(descriptor) (\(target)) would reach children")
        }
      }
    }

    @Test func `a forked child is known as one, and the parent works on`() async throws {
      let redis = try RedisClient(await RedisServer.shared().url)
      _ = try await redis.send("PING")
      typealias Fork = @convention(c) () -> pid_t
      let fork = unsafeBitCast(dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork"), to: Fork.self)
      let before = rps_fork_generation()
      let child = fork()
      if child == 0 { _exit(rps_fork_generation() == before + 1 ? 0 : 1) }
      var status: Int32 = 0
      waitpid(child, &status, 0)
      #expect(status == 0)
      #expect(rps_fork_generation() == before)
      #expect(try await redis.send("PING") == .simple("PONG"))
    }

    @Test func `clients that come and go leave no descriptor and no thread`() async throws {
      let server = try await RedisServer.start()
      defer { server.close() }
      for _ in 0..<50 {
        let redis = try RedisClient(server.url)
        _ = try await redis.send("PING")
        _ = try await redis.withConnection { try await $0.send("PING") }
        _ = try await redis.subscribe(to: ["c"])
      }
      let observer = try RedisClient(server.url)
      try await eventually {
        try await observer.send("INFO", "clients").string!.contains("connected_clients:1\r\n")
      }
    }
  }
#endif
