// swift-tools-version: 6.1
import PackageDescription

// Callers keep their executor: an async call never hops to the global pool and back.
let house: [SwiftSetting] = [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

// The target LuaScripts sees the whole root, because `lua/` lies there; all else is none of its business.
let outsideLua = [
  "Tests", "docs", "python", "scripts", "mkdocs.yml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
  "SECURITY.md", "LICENSE", "Sources/RESP", "Sources/CHiredis", "Sources/CRedisSupport", "Sources/Hiredis",
  "Sources/RedisPatterns", "Sources/RedisPatternsTesting", "Sources/CPython", "Sources/CPythonSupport",
  "Sources/PythonBridge", "Sources/ParitySupport", "Sources/redis-patterns", "Sources/RedisPatternsHummingbird",
]

let package = Package(
  name: "redis-patterns",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "RedisPatterns", targets: ["RedisPatterns", "Hiredis", "RESP"]),
    .library(name: "RedisPatternsTesting", targets: ["RedisPatternsTesting"]),
    .library(name: "PythonBridge", targets: ["PythonBridge"]),
    .library(name: "RedisPatternsHummingbird", targets: ["RedisPatternsHummingbird"]),
    .executable(name: "redis-patterns", targets: ["redis-patterns"]),
  ],
  // A trait that is off costs nothing: its packages are not even fetched.
  traits: [.trait(name: "Hummingbird", description: "The rate limiting middleware for Hummingbird.")],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
  ],
  targets: [
    // The protocol room: values, commands, errors, the executor that patterns speak to.
    .target(name: "RESP", swiftSettings: house),
    // The root `lua/` folder, embedded by the build itself.
    .target(
      name: "LuaScripts", path: ".", exclude: outsideLua, sources: ["Sources/LuaScripts"],
      resources: [.embedInCode("lua")], swiftSettings: house),

    // The client.
    .systemLibrary(name: "CHiredis"),
    .target(
      name: "CRedisSupport", dependencies: ["CHiredis"],
      linkerSettings: [.linkedLibrary("hiredis")]),
    .target(
      name: "Hiredis", dependencies: ["RESP", "CHiredis", "CRedisSupport"], swiftSettings: house),

    // The patterns: they know Redis only through `RedisExecutor`.
    .target(name: "RedisPatterns", dependencies: ["RESP", "LuaScripts"], swiftSettings: house),
    // Integrations, each behind a trait that guards every file of its target. Without the house's setting: Hummingbird's
    // closures hop to the global pool, and ours must have their type.
    .target(
      name: "RedisPatternsHummingbird",
      dependencies: [
        "RESP", "RedisPatterns",
        .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Hummingbird"])),
      ]),
    // Private servers and faults, for our tests and yours.
    .target(name: "RedisPatternsTesting", dependencies: ["RESP"], swiftSettings: house),

    // The documentation's examples, which tests and the tour run.
    .target(
      name: "PatternExamples", dependencies: ["RESP", "RedisPatterns"], path: "docs/examples/swift",
      swiftSettings: house),
    // What the tour and the parity tests share: recording, keyspaces, scenarios in both languages.
    .target(
      name: "ParitySupport",
      dependencies: [
        "RESP", "LuaScripts", "RedisPatterns", "Hiredis", "RedisPatternsTesting", "PythonBridge", "PatternExamples",
      ],
      swiftSettings: house),

    // Embedded CPython.
    .systemLibrary(name: "CPython", pkgConfig: "python3-embed"),
    .target(name: "CPythonSupport", dependencies: ["CPython"]),
    .target(
      name: "PythonBridge", dependencies: ["CPythonSupport", "LuaScripts"],
      resources: [.embedInCode("Python/_redis_patterns_bridge.py"), .embedInCode("Python/_redis_patterns_runs.py")],
      swiftSettings: house),

    .executableTarget(
      name: "redis-patterns",
      dependencies: [
        "RedisPatterns", "Hiredis", "RESP", "LuaScripts", "RedisPatternsTesting", "PythonBridge", "ParitySupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: house),

    .target(
      name: "TestSupport",
      dependencies: ["RESP", "LuaScripts", "RedisPatterns", "RedisPatternsTesting", "ParitySupport", "Hiredis"],
      path: "Tests/Support", swiftSettings: house),
    .executableTarget(
      name: "hummingbird-server", dependencies: ["Hiredis", "RESP", "RedisPatterns", "RedisPatternsHummingbird"],
      path: "Tests/HummingbirdServer"),
    .testTarget(name: "RESPTests", dependencies: ["RESP", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "HiredisTests", dependencies: ["Hiredis", "CRedisSupport", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "RedisPatternsTests",
      dependencies: ["RedisPatterns", "LuaScripts", "Hiredis", "ParitySupport", "RedisPatternsTesting", "TestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "ConformanceTests",
      dependencies: ["RedisPatterns", "LuaScripts", "Hiredis", "ParitySupport", "RedisPatternsTesting", "TestSupport"],
      swiftSettings: house),
    .executableTarget(
      name: "python-bridge-probe", dependencies: ["PythonBridge"], path: "Tests/PythonBridgeProbe",
      swiftSettings: house),
    .testTarget(
      name: "PythonBridgeTests",
      dependencies: ["PythonBridge", "TestSupport", "python-bridge-probe", "redis-patterns"], exclude: ["Fixtures"],
      swiftSettings: house),
    .testTarget(
      name: "ParityTests", dependencies: ["ParitySupport", "RedisPatterns", "Hiredis", "PythonBridge", "TestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "CLITests", dependencies: ["ParitySupport", "Hiredis", "PythonBridge", "TestSupport"],
      swiftSettings: house),
  ],
  swiftLanguageModes: [.v6]
)
