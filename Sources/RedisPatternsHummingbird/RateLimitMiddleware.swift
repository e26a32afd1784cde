#if Hummingbird
  import HTTPTypes
  import Hummingbird
  import RESP
  import RedisPatterns

  /// Charges each request to somebody and answers 429 to those that are refused: the same bytes as Python's ASGI
  /// middleware, on the same keys.
  ///
  /// ```swift
  /// router.add(middleware: RateLimitMiddleware(limiter, onFailure: .open) { request, _ in
  ///   request.headers[.authorization]
  /// })
  /// ```
  ///
  /// How long a failing store may hold a request is the client's time-out: make the client of a middleware with a short
  /// one (`RedisClientOptions.commandTimeout`, `connectTimeout`).
  public struct RateLimitMiddleware<Context: RequestContext>: RouterMiddleware {
    private let limiter: RateLimiter
    private let onFailure: FailurePolicy
    private let cost: @Sendable (Request, Context) -> Int
    private let identify: @Sendable (Request, Context) async throws -> String?

    /// - Parameters:
    ///   - limiter: what is allowed, and where it is counted.
    ///   - onFailure: what happens when the store fails, which is never a 429. An argument that cannot be sent (an id of
    ///     more than 512 bytes, say) is no failure of the store and is thrown under every policy.
    ///   - cost: in units; 1 unless told otherwise.
    ///   - identify: whom a request is charged to; nil: nobody, it passes. Do not take what the caller can choose freely,
    ///     or each choice is a full quota.
    public init(
      _ limiter: RateLimiter, onFailure: FailurePolicy,
      cost: @escaping @Sendable (Request, Context) -> Int = { _, _ in 1 },
      identify: @escaping @Sendable (Request, Context) async throws -> String?
    ) {
      self.limiter = limiter
      self.onFailure = onFailure
      self.cost = cost
      self.identify = identify
    }

    /// Passes the request on, or answers it.
    public func handle(
      _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
      guard let id = try await identify(request, context),
        let answer = try await ask(id, cost: cost(request, context), context)
      else { return try await next(request, context) }

      if let status = answer.status {
        let refusal = Response(
          status: status == 429 ? .tooManyRequests : .serviceUnavailable, headers: HTTPFields(answer.fields),
          body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
        return request.method == .head ? refusal.createHeadResponse() : refusal
      }
      var response: Response
      do {
        response = try await next(request, context)
      } catch let error as any HTTPResponseError {
        response = try error.response(from: request, context: context)
      }
      response.headers.append(contentsOf: HTTPFields(answer.fields))
      return response
    }

    /// Nil when the store failed and the request passes.
    private func ask(_ id: String, cost: Int, _ context: Context) async throws(RedisError) -> HTTPAnswer? {
      do throws(RedisError) {
        return HTTPAnswer(try await limiter.take(id, cost: cost), to: limiter.limit, cost: cost)
      } catch {
        if error.code == .argument || onFailure == .throw { throw error }
        context.logger.warning(
          "the store of the rate limiter failed",
          metadata: ["on_failure": "\(onFailure.rawValue)", "error": "\(error)"])
        return onFailure == .closed ? .unavailable : nil
      }
    }
  }

  extension HTTPFields {
    fileprivate init(_ fields: [HTTPAnswer.Field]) {
      self.init()
      for field in fields {
        if let name = HTTPField.Name(field.name) { append(HTTPField(name: name, value: field.value)) }
      }
    }
  }
#endif
