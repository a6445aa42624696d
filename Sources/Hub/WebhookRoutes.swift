import Engine
import HTTPTypes
import Hummingbird
import Manifest

/// `POST /api/v1/webhooks/git`: a Git server says that a repository has news.
///
/// Git servers have no token of ours; where a secret is set, they sign with it or send it. Without one anybody may ask for
/// a look at a repository that the hub knows, and for nothing else.
struct WebhookRoutes: Sendable {
  /// Looks at the repositories of these addresses, and says how many it knows.
  let notify: @Sendable ([String]) async -> Int
  let secret: Redacted<String>?

  func add(to router: Router<BasicRequestContext>) {
    router.post("api/v1/webhooks/git") { request, _ in
      // A larger one is answered with 413 by the framework.
      let buffer = try await request.body.collect(upTo: Webhook.bodyLimit)
      return await answer(to: Array(buffer.readableBytesView)) { name in
        HTTPField.Name(name).flatMap { request.headers[$0] }
      }
    }
  }

  func answer(to body: [UInt8], header: (String) -> String?) async -> Response {
    do throws(Webhook.Refusal) {
      let webhook = try Webhook(body: body, header: header, secret: secret)
      let count = webhook.urls.isEmpty ? 0 : await notify(webhook.urls)
      return Answer.json(["repositories": .int(Int64(count))], status: .accepted)
    } catch {
      return Self.refused(error)
    }
  }

  private static func refused(_ refusal: Webhook.Refusal) -> Response {
    switch refusal {
    case .tooLarge: Answer.error(.contentTooLarge, "too-large", "the payload is larger than 8 MB")
    case .unsigned: Answer.error(.unauthorized, "unsigned", "the request carries no signature or token")
    case .wrongSignature:
      Answer.error(.unauthorized, "wrong-signature", "the signature or token is not the hub's secret")
    case .malformed: Answer.error(.badRequest, "malformed", "the payload is not a JSON object")
    }
  }
}
