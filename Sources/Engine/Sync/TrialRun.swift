import Fleet
import Kubernetes
import Manifest

/// Asks a cluster by server-side dry runs whether it would take what a sync is about to apply. Nothing is written.
///
/// Only what the server says of the object itself counts as a refusal: a webhook that is down, or that knows no dry run, may be
/// what this very sync mends.
struct TrialRun: Sendable {
  /// One object, as it would be applied.
  struct Candidate: Sendable {
    var key: SyncOperation.Key
    var desired: DesiredObject
    /// What is sent.
    var body: Mapping
    /// What is there already; nil for nothing, and for what goes before this comes.
    var live: LiveObject?
    /// Within the Application.
    var options: SyncOptions
    /// Where something of its name stands that goes first: what is tried has another name.
    var triedName: String?
  }

  struct Outcome: Sendable {
    var refusals: [SyncOperation.Key: Failure] = [:]
    /// The cluster does not answer, or is busy: nothing can be told.
    var silence: Failure?
  }

  fileprivate enum Verdict: Sendable {
    case accepted
    case refused(Failure)
    /// Cannot be told before the sync has done something.
    case untold
    case silent(Failure)
  }

  private static let width = 16

  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient
  /// Kinds that the same sync defines, or defines anew.
  var definedKinds: Set<GroupKind> = []
  /// Namespaces that the same sync makes.
  var madeNamespaces: Set<String> = []

  /// What something is tried as where its own name is taken; short enough for the names that controllers make of it.
  static func name(beside name: String) -> String { name.prefix(52) + "-trial" }

  func run(_ candidates: [Candidate]) async -> Outcome {
    await withTaskGroup(of: (SyncOperation.Key, Verdict).self) { group in
      var outcome = Outcome()
      for (position, candidate) in candidates.enumerated() {
        if position >= Self.width, let (key, verdict) = await group.next() { outcome.take(verdict, of: key) }
        if outcome.silence != nil { break }
        group.addTask { (candidate.key, await verdict(of: candidate)) }
      }
      for await (key, verdict) in group { outcome.take(verdict, of: key) }
      return outcome
    }
  }

  private func verdict(of candidate: Candidate) async -> Verdict {
    let desired = candidate.desired
    if candidate.options.contains(.unvalidated) || definedKinds.contains(desired.gvk.groupKind) { return .untold }
    // What is given up first is not in the apply: without that the dry run would be of something else.
    if let live = candidate.live, !desired.pathsToRelease(live).isEmpty { return .untold }
    do {
      let resource = try await session.resource(for: desired.gvk)
      var request = APIRequest.apply(
        resource, namespace: desired.object.namespace, name: candidate.triedName ?? candidate.key.name,
        body: named(candidate), manager: FieldManager.name, dryRun: true)
      request.accept = APIRequest.Representation.metadata.rawValue
      _ = try await client.send(request, mayQuoteSecret: desired.gvk.kind == "Secret")
      return .accepted
    } catch let error as APIError {
      return judge(error, candidate)
    } catch {
      let failure = failure(error, candidate)
      return failure.isTheObjects ? .refused(failure) : .silent(failure)
    }
  }

  private func named(_ candidate: Candidate) -> Mapping {
    guard let name = candidate.triedName else { return candidate.body }
    var body = candidate.body
    body["metadata"]?["name"] = .string(name)
    return body
  }

  private func judge(_ error: APIError, _ candidate: Candidate) -> Verdict {
    let failure = failure(error, candidate)
    switch error.kind {
    case .forbidden, .unsupportedMediaType: return .refused(failure)
    case .invalid: return mayBeMended(error, candidate) ? .untold : .refused(failure)
    case .notFound:
      // What a binding refers to may come with the sync; a namespace that does not is a refusal.
      let namespace = candidate.key.namespace
      let lacksNamespace = error.message == "namespaces \"\(namespace)\" not found"
      return lacksNamespace && !madeNamespaces.contains(namespace) ? .refused(failure) : .untold
    case .server, .conflict, .alreadyExists, .expired: return .untold
    case .busy, .unauthorized, .notAnAPIServer, .namespaceTerminating: return .silent(failure)
    }
  }

  /// Whether the applier has ways that a dry run has not: it takes over what others wrote, and makes anew what cannot be
  /// changed.
  private func mayBeMended(_ error: APIError, _ candidate: Candidate) -> Bool {
    if error.status == 400, error.message.contains("does not support dry run") { return true }
    guard let live = candidate.live else { return false }
    if candidate.options.contains(.force) { return true }
    if error.saysImmutable { return false }
    return live.ownership.others.contains { $0.subresource != "status" && !$0.manager.hasPrefix("kube-") }
  }

  private func failure(_ error: any Error, _ candidate: Candidate) -> Failure {
    KubernetesClient.failure(from: error, subject: "\(candidate.key.id)", stage: "apply")
  }
}

extension TrialRun.Outcome {
  fileprivate mutating func take(_ verdict: TrialRun.Verdict, of key: SyncOperation.Key) {
    switch verdict {
    case .accepted, .untold: break
    case .refused(let failure): refusals[key] = failure
    case .silent(let failure): silence = failure
    }
  }
}
