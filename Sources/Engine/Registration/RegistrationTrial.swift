import Fleet
import HTTPClient
import Kubernetes
import Manifest

/// One request with what is handed in, before it is kept: the way from here may be another than from where the token was
/// taken.
struct RegistrationTrial: Sendable {
  private static let deadlines = HTTPDeadlines(connect: 5, firstByte: 10, idle: 10, total: 12)
  /// Of several API servers one may not know yet of an account that another just made.
  private static let tries = 3

  private let entry: RegistrationEntry
  private let client: KubernetesClient
  private let pause: Duration

  /// - Parameter pause: before another try.
  init(_ entry: RegistrationEntry, transport: any Transport, pause: Duration = .seconds(1)) {
    self.entry = entry
    self.pause = pause
    client = KubernetesClient(
      access: entry.access, transport: transport, userAgent: "muster", deadlines: Self.deadlines)
  }

  /// - Throws: ``Failure`` `registration.unreachable` when the hub does not get there, `registration.token-refused` when the
  ///   server does not take the token, `registration.other-server` when it is another cluster's.
  func run() async throws {
    var tries = 1
    while true {
      do {
        let namespace = try await client.send(.get(.namespaces, namespace: nil, name: "kube-system", as: .metadata))
        return try check(namespace["metadata"]?["uid"]?.string ?? "")
      } catch let error as APIError where error.kind == .forbidden && !error.reason.isEmpty {
        // The server knows the account, whose rights are kept to some namespaces.
        return
      } catch let error as APIError where error.kind == .unauthorized {
        guard tries < Self.tries else {
          throw failure("token-refused", "\(entry.server) does not take the token: \(error.message)", .never)
        }
        tries += 1
        try await Task.sleep(for: pause)
      } catch let failure as Failure where failure.code.hasPrefix("registration.") {
        throw failure
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        let reason = KubernetesClient.failure(from: error, subject: "", stage: "").message
        throw failure("unreachable", "the hub does not get to \(entry.server) as you do: \(reason)", .backOff)
      }
    }
  }

  private func check(_ uid: String) throws {
    guard uid == entry.clusterUID else {
      throw failure(
        "other-server", "the hub finds another cluster at \(entry.server) than the one that the token is of", .never)
    }
  }

  private func failure(_ code: String, _ message: String, _ retry: Failure.Retry) -> Failure {
    Failure("registration." + code, subject: "cluster \(entry.name)", stage: "register", message, retry: retry)
  }
}
