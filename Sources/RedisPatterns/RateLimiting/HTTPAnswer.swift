/// What an HTTP server says about a decision: status, fields and body, the same bytes as Python's.
///
/// The fields are those of draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651), the body is a problem of
/// RFC 9457. `RedisPatternsHummingbird` sends it; for another server this is all that it needs.
public struct HTTPAnswer: Sendable, Hashable {
  /// One field of a response.
  public struct Field: Sendable, Hashable {
    /// As it is registered: `Retry-After`.
    public let name: String
    /// As it travels.
    public let value: String
  }

  /// 429 or 503; nil when the request may pass, and then the fields belong on its own response.
  public let status: Int?
  /// In the order in which they are to be sent.
  public let fields: [Field]
  /// Empty when the request may pass.
  public let body: String

  /// A pass carries `RateLimit-Policy` and `RateLimit`. A denial is a 429 with `Retry-After` in whole seconds, rounded
  /// up; when no waiting helps (the cost is larger than the limit) it carries none.
  ///
  /// - Parameters:
  ///   - limit: what the decision was asked for.
  ///   - cost: what the decision was asked for, in units.
  public init(_ decision: Decision, to limit: RateLimit, cost: Int = 1) {
    var fields = [
      Field(name: "RateLimit-Policy", value: limit.tiers.map(\.policy).joined(separator: ", ")),
      Field(name: "RateLimit", value: decision.tiers.map { $0.left(decision) }.joined(separator: ", ")),
    ]
    if decision.isAllowed {
      self.init(status: nil, fields: fields, body: "")
      return
    }
    if decision.status == .denied {
      fields.append(Field(name: "Retry-After", value: "\(decision.retryAfter.secondsRoundedUp)"))
    }
    let exceeded = decision.tiers.filter { $0.remaining < cost }.map { "\"\($0.name)\"" }.joined(separator: ",")
    self.init(
      status: 429, fields: [Self.problem] + fields,
      body: """
        {"type":"https://iana.org/assignments/http-problem-types#quota-exceeded",\
        "title":"Request cannot be satisfied as assigned quota has been exceeded",\
        "status":429,"violated-policies":[\(exceeded)]}
        """)
  }

  /// The store failed and the policy is to refuse: this is no 429, for nobody exceeded anything.
  public static let unavailable = HTTPAnswer(
    status: 503, fields: [problem],
    body: """
      {"type":"about:blank","title":"Service Unavailable","status":503,\
      "detail":"Whether this request is within its limits could not be found out"}
      """)

  private static let problem = Field(name: "Content-Type", value: "application/problem+json")

  private init(status: Int?, fields: [Field], body: String) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// What a middleware does when the store fails. It is never a 429.
public enum FailurePolicy: String, Sendable, CaseIterable {
  /// The request passes, without fields.
  case open
  /// The request is answered with 503.
  case closed
  /// The `RedisError` is thrown.
  case `throw` = "raise"
}

/// The largest integer of a structured field.
private let largest = 999_999_999_999_999

extension RateLimit.Tier {
  /// `"name";q=10;w=60`; the window travels in whole seconds, and one that is not whole is left out.
  fileprivate var policy: String {
    let us = per.wholeMicroseconds ?? 1
    let window = us % 1_000_000 == 0 ? ";w=\(us / 1_000_000)" : ""
    return "\"\(name)\";q=\(min(limit, largest))\(window)"
  }
}

extension TierState {
  /// `"name";r=3;t=20`. `t` must not lie after Retry-After: of a denial, only the binding tier knows when it gives more.
  fileprivate func left(_ decision: Decision) -> String {
    var when = ""
    if decision.isAllowed {
      when = ";t=\(resetAfter.secondsRoundedUp)"
    } else if decision.status == .denied, name == decision.tier {
      when = ";t=\(decision.retryAfter.secondsRoundedUp)"
    }
    return "\"\(name)\";r=\(min(remaining, largest))\(when)"
  }
}

extension Duration {
  fileprivate var secondsRoundedUp: Int64 {
    guard let us = wholeMicroseconds else { return self < .zero ? 0 : Int64(largest) }
    return us <= 0 ? 0 : (us - 1) / 1_000_000 + 1
  }
}
