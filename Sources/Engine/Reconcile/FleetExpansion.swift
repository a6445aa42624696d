import Fleet
import Kubernetes
import Manifest

/// All Applications that the fleet repository asks for, set by set.
struct ExpandedFleet: Sendable {
  struct SetResult: Sendable {
    var set: ApplicationSet
    var applications: [Application]
    var isComplete: Bool
    var problems: [String]
  }

  var sets: [SetResult]
  var plain: [Application]
  /// Whether the registry and the repository were read whole.
  var isComplete: Bool
}

/// Expands the sets of a fleet, and fetches what their generators ask for.
struct FleetExpansion: Sendable {
  /// Inquiries may lead to inquiries; so often and no more.
  private static let rounds = 5

  let mirrors: GitMirrors

  func expand(_ snapshot: FleetSnapshot, registry: Registry) async -> ExpandedFleet {
    var sets: [ExpandedFleet.SetResult] = []
    for set in snapshot.content.applicationSets { sets.append(await expand(set, registry)) }
    return ExpandedFleet(sets: sets, plain: snapshot.content.applications, isComplete: snapshot.isComplete)
  }

  private func expand(_ set: ApplicationSet, _ registry: Registry) async -> ExpandedFleet.SetResult {
    let expander = ApplicationSetExpander(set)
    var inputs = ExpansionInputs(registry: registry)
    var expansion = expander.expand(inputs)
    for _ in 0..<Self.rounds {
      let open = expansion.inquiries.filter { !inputs.answers($0) }
      if open.isEmpty { break }
      var answered = false
      for inquiry in open.sorted() {
        guard case .repository(let url, let revision) = inquiry else { continue }
        inputs.repositories[inquiry] = await tree(url, revision)
        answered = true
      }
      if !answered { break }
      expansion = expander.expand(inputs)
    }
    let isComplete = if case .complete = expansion.applications { true } else { false }
    return .init(
      set: set, applications: expansion.applications.known, isComplete: isComplete,
      problems: expansion.applications.diagnostics.map(\.message) + expansion.applications.failures.map(\.message))
  }

  private func tree(_ text: String, _ revision: String) async -> Result<any FileTree, Failure> {
    do {
      let url = try GitURL(text)
      let resolved = try await mirrors.resolve(url, revision: revision)
      return .success(await mirrors.tree(url, at: resolved.commit))
    } catch {
      return .failure(KubernetesClient.failure(from: error, subject: "repository", stage: "generate"))
    }
  }
}
