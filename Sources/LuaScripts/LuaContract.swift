/// A data file of the root `lua/` folder, embedded byte for byte at build time.
public struct LuaContract: Sendable, Hashable {
  /// The folder: `locks`.
  public let pattern: String
  /// The file's name: `locks.contract.json`.
  public let file: String
  /// The file's bytes: JSON.
  public let source: [UInt8]

  private init(_ pattern: String, file: String? = nil, _ source: [UInt8]) {
    self.pattern = pattern
    self.file = file ?? "\(pattern).contract.json"
    self.source = source
  }

  /// The contract of every pattern: its keys, scripts and errors. A test compares this list with the folder.
  public static let all = [
    LuaContract("caching", PackageResources.caching_contract_json),
    LuaContract("locks", PackageResources.locks_contract_json),
    LuaContract("operations", PackageResources.operations_contract_json),
    LuaContract("pubsub", PackageResources.pubsub_contract_json),
    LuaContract("rate_limiting", PackageResources.rate_limiting_contract_json),
    LuaContract("sessions", PackageResources.sessions_contract_json),
    LuaContract("streams", PackageResources.streams_contract_json),
    LuaContract("structures", PackageResources.structures_contract_json),
  ]

  /// The checklist by which a server is judged.
  public static let checklist = LuaContract("operations", file: "checklist.json", PackageResources.checklist_json)
}
