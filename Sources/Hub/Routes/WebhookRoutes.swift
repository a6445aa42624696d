import Engine
import Fleet
import HTTPTypes
import Hummingbird
import Manifest

/// `POST /api/v1/webhooks/git`: a Git server says that a repository has news.
///
/// Git servers have no token of ours; where a secret is set, they sign with it or send it. Without one anybody may ask for
/// a look at a repository that the hub knows, or at its pull requests where a generator does, and for nothing else.
struct WebhookRoutes: Sendable {
  /// Looks at the repositories of these addresses, and says how many it knows.
  let notify: @Sendable ([String]) async -> Int
  /// Asks for the pull requests of a repository of these names, and says how many sets look at them.
  let review: @Sendable (Set<RepositoryName>) async -> Int
  let secret: Redacted<String>?

  var routes: [Route] {
    [
      Route(.post, "/api/v1/webhooks/git", access: .open) { request, _ in
        let body = try await JSONBody.bytes(of: request, limit: Webhook.bodyLimit)
        return await answer(to: body) { name in HTTPField.Name(name).flatMap { request.headers[$0] } }
      }
    ]
  }

  func answer(to body: [UInt8], header: (String) -> String?) async -> Response {
    do throws(Webhook.Refusal) {
      let webhook = try Webhook(body: body, header: header, secret: secret)
      let count = webhook.urls.isEmpty ? 0 : await notify(webhook.urls)
      let sets = webhook.pullRequestsOf.isEmpty ? 0 : await review(webhook.pullRequestsOf)
      return Answer.json(
        ["repositories": .int(Int64(count)), "applicationSets": .int(Int64(sets))], status: .accepted)
    } catch {
      return Self.refused(error)
    }
  }

  private static func refused(_ refusal: Webhook.Refusal) -> Response {
    let help = "the hub's secret is MUSTER_WEBHOOK_SECRET in its environment"
    let problem: APIProblem =
      switch refusal {
      case .tooLarge: .tooLarge(Webhook.bodyLimit)
      case .unsigned:
        APIProblem(.unauthorized, "unsigned", "the request carries no signature or token", hint: help)
      case .wrongSignature:
        APIProblem(.unauthorized, "wrong-signature", "the signature or token is not the hub's secret", hint: help)
      case .malformed: APIProblem(.badRequest, "malformed", "the payload is not a JSON object")
      }
    return Answer.problem(problem)
  }
}
