import RESP

/// The servers of a Redlock, asked all at once.
struct RedlockNodes: Sendable {
  let all: [any RedisExecutor]
  /// How long one node is waited for.
  let timeout: Duration

  var majority: Int { all.count / 2 + 1 }

  /// A client that stands twice, or a server by its address.
  var twice: String? {
    for (at, node) in all.enumerated() {
      for other in all[..<at] {
        if let address = node.serverAddress, address == other.serverAddress { return address }
        if type(of: node) is AnyObject.Type, node as AnyObject === other as AnyObject { return "a client" }
      }
    }
    return nil
  }

  /// The answer of each, in their order; a silent one's is a `timeout`. It takes no longer than the node's time, also when
  /// the caller is cancelled: a call that is cut off may reach a server after the one that should undo it.
  func ask<Answer: Sendable>(
    _ call: ScriptCall, _ read: @escaping @Sendable (RESPValue) throws(RedisError) -> Answer
  ) async -> [Result<Answer, RedisError>] {
    await shielded {
      await withTaskGroup(of: (Int, Result<Answer, RedisError>).self) { group in
        for (at, node) in all.enumerated() {
          group.addTask {
            do throws(RedisError) {
              return (at, .success(try read(try await answer(of: node, to: call).get())))
            } catch {
              return (at, .failure(error))
            }
          }
        }
        var answers: [Result<Answer, RedisError>?] = Array(repeating: nil, count: all.count)
        for await (at, answer) in group { answers[at] = answer }
        return answers.compactMap { $0 }
      }
    }
  }

  private func answer(of node: any RedisExecutor, to call: ScriptCall) async -> Result<RESPValue, RedisError> {
    await withTaskGroup(of: Result<RESPValue, RedisError>.self) { race in
      race.addTask {
        do throws(RedisError) { return .success(try await node.run(call)) } catch { return .failure(error) }
      }
      race.addTask {
        try? await Task.sleep(for: timeout, clock: .continuous)
        return .failure(
          RedisError(.timeout, "no answer within the node's time", execution: .unknown, command: call.script.name))
      }
      defer { race.cancelAll() }
      return await race.next() ?? .failure(RedisError(.cancelled, "nothing was asked", execution: .notExecuted))
    }
  }

  /// Lost when too many nodes said so for a majority of the rest; an error when failures leave it open.
  func renewal(_ answers: [Result<RedlockCalls.Renewed, RedisError>]) throws(RedisError) -> LockRenewal {
    let renewed = answers.count { (try? $0.get()) == .renewed }
    if renewed >= majority { return .renewed }
    let failures = answers.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    guard let failure = failures.first, renewed + failures.count >= majority else { return .lost }
    throw failure
  }

  /// A node that does not answer forgets the vote by itself.
  func release(_ answers: [Result<RedlockCalls.Released, RedisError>]) -> LockRelease {
    answers.count { (try? $0.get()) == .lost } >= majority ? .lost : .released
  }
}
