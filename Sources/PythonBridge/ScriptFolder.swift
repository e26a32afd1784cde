import LuaScripts

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The embedded scripts and contracts as files, for Python code of an installed program that has no source tree beside it.
enum ScriptFolder {
  /// A folder in the user's cache, named after their digest, so that it is written once and never changes;
  /// `nil` when it cannot be written.
  static func make() -> String? {
    guard let home = Environment.value("HOME") else { return nil }
    let cache = Environment.value("XDG_CACHE_HOME") ?? home + "/.cache"
    let parent = cache + "/redis-patterns"
    let folder = parent + "/lua-" + digest
    if Files.exists(folder + "/complete") { return folder }
    mkdir(cache, 0o700)
    mkdir(parent, 0o700)
    // Written aside and renamed: another process sees all of it or nothing.
    let aside = folder + ".\(getpid())"
    mkdir(aside, 0o700)
    for script in LuaScript.all {
      mkdir(aside + "/" + script.pattern, 0o700)
      guard Files.write(script.source, to: "\(aside)/\(script.pattern)/\(script.name).lua") else { return nil }
    }
    for contract in contracts {
      mkdir(aside + "/" + contract.pattern, 0o700)
      guard Files.write(contract.source, to: "\(aside)/\(contract.pattern)/\(contract.file)") else { return nil }
    }
    guard Files.write([], to: aside + "/complete") else { return nil }
    if rename(aside, folder) != 0 && !Files.exists(folder + "/complete") { return nil }
    return folder
  }

  private static var contracts: [LuaContract] { LuaContract.all + [.checklist] }

  private static var digest: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a over what is written: a name, not a safeguard
    func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    for script in LuaScript.all.sorted(by: { $0.name < $1.name }) { add((script.name + script.sha1).utf8) }
    for contract in contracts { add(contract.source) }
    return String(hash, radix: 16)
  }
}
