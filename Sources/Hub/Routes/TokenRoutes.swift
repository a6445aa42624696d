import Engine
import Foundation
import Hummingbird
import Manifest

/// Tokens of this API are made and revoked; a token's text is shown once, when it is made.
struct TokenRoutes: Sendable {
  private static let maximumDays = 3_650

  let store: Store

  var routes: [Route] {
    [
      Route(.get, "/api/v1/tokens") { request, _ in
        let query = try Query(request, allowed: Page.parameters)
        return try Page.answer(try await store.tokens.all(), query, name: \.name, view: { Views.token($0) })
      },
      Route(.post, "/api/v1/tokens") { request, _ in
        let body = try await JSONBody(request, fields: ["name", "days"])
        let name = try body.requiredText("name")
        if let reason = NameRules.problem(withSubdomain: name) {
          throw APIProblem.badRequest("'\(Visible.text(name))' is no name of a token: it \(reason)")
        }
        let days = try body.count("days")
        guard days.map({ (1...Self.maximumDays).contains($0) }) ?? true else {
          throw APIProblem.badRequest("'days' is a number from 1 to \(Self.maximumDays)")
        }
        let now = Date()
        let token = try await store.tokens.make(
          name: name, now: now, expiresAt: days.map { now.addingTimeInterval(Double($0) * 86_400) })
        return Answer.json(
          ["name": .string(name), "token": .string(token.text.reveal())], status: .created)
      },
      Route(.delete, "/api/v1/tokens/{name}") { _, context in
        guard context.name != APITokens.localName else {
          throw APIProblem(
            .conflict, "local-token", "the token of people on the hub's machine stays",
            hint: "to change it, delete api-token in the data directory and start the hub again")
        }
        guard try await store.tokens.remove(context.name) else {
          throw APIProblem.notFound("token", context.name, hint: "muster token list")
        }
        return Answer.json(["status": "revoked"])
      },
    ]
  }
}
