import Engine
import Foundation
import HTTPTypes
import Hummingbird

/// Lets only holders of a token in (RFC 6750).
struct TokenCheck: RouterMiddleware {
  let store: Store

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    guard let header = request.headers[.authorization], header.hasPrefix("Bearer "),
      try await store.tokens.holder(of: APIToken(String(header.dropFirst("Bearer ".count))), now: Date()) != nil
    else {
      var response = Answer.error(.unauthorized, "unauthorized", "a bearer token is needed")
      response.headers[.wwwAuthenticate] = "Bearer"
      return response
    }
    return try await next(request, context)
  }
}
