/// A script of the root `lua/` folder, embedded byte for byte at build time.
public struct LuaScript: Sendable, Hashable {
  /// The file's base name: `lock_acquire`.
  public let name: String
  /// The folder: `locks`.
  public let pattern: String
  /// The bytes of the file.
  public let source: [UInt8]
  /// 40 lower-case hexadecimal digits over `source`: the name by which a server knows the script.
  public let sha1: String

  init(_ pattern: String, _ name: String, _ source: [UInt8]) {
    self.name = name
    self.pattern = pattern
    self.source = source
    sha1 = SHA1.hex(source)
  }
}
