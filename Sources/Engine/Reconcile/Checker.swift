import Fleet
import Kubernetes
import Manifest

/// Asks a cluster by dry runs whether objects are still what an apply would make of them. Nothing is written.
struct Checker: Sendable {
  struct Suspect: Sendable {
    var desired: DesiredObject
    var live: LiveObject
  }

  struct Answer: Sendable {
    var suspect: Suspect
    var verdict: Verdict
    /// What admission rewrites; nil where the dry run did not come to that.
    var rewritten: [String]?
  }

  /// Checks are no hurry: they leave most of the requests' width to applies.
  private static let width = 8

  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient
  let applySet: String

  func check(_ suspects: [Suspect]) async -> [Answer] {
    await withTaskGroup(of: Answer.self) { group in
      var answers: [Answer] = []
      for (position, suspect) in suspects.enumerated() {
        if position >= Self.width, let answer = await group.next() { answers.append(answer) }
        group.addTask { await check(suspect) }
      }
      for await answer in group { answers.append(answer) }
      return answers
    }
  }

  private func check(_ suspect: Suspect) async -> Answer {
    let (desired, live) = (suspect.desired, suspect.live)
    if let released = desired.pathsToRelease(live).first {
      return Answer(suspect: suspect, verdict: .differs([released]), rewritten: nil)
    }
    let sent = desired.applied(over: live)
    do {
      let resource = try await session.resource(for: desired.gvk)
      let predicted = try await client.send(
        .apply(
          resource, namespace: desired.object.namespace, name: desired.object.name,
          body: desired.labelled(partOf: applySet, over: live), manager: FieldManager.name, dryRun: true),
        mayQuoteSecret: desired.gvk.kind == "Secret")
      let verdict = try await verdict(suspect, resource, predicted)
      return Answer(
        suspect: suspect, verdict: verdict, rewritten: Rewriting.paths(sent: sent, answer: predicted))
    } catch let error as APIError where error.kind == .invalid {
      // What stands there cannot become what Git says by a plain apply; the applier knows ways.
      return Answer(suspect: suspect, verdict: .differs([]), rewritten: nil)
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "\(desired.id)", stage: "plan")
      return Answer(suspect: suspect, verdict: .failed(failure), rewritten: nil)
    }
  }

  /// An apply that changes something moves our entry's time and the generation, in a dry run too; only then are the objects
  /// themselves compared, and where no generation is kept, since a time tells seconds apart and no less. What admission
  /// alone would change nobody took from us.
  private func verdict(
    _ suspect: Suspect, _ resource: APIResource, _ predicted: Node
  ) async throws -> Verdict {
    let live = suspect.live
    guard let after = LiveObject(predicted, gvk: live.gvk) else {
      throw APIError(kind: .notAnAPIServer, status: 200, message: "the answer to the dry run is no object")
    }
    if live.generation != 0, after.generation == live.generation, after.uid == live.uid,
      let ours = live.ownership.ours, ours == after.ownership.ours
    {
      return .same
    }
    guard
      let current = try await client.get(
        resource, namespace: suspect.desired.object.namespace, name: suspect.desired.object.name)
    else { return .differs([]) }
    if Rewriting.paths(sent: suspect.desired.applied(over: live), answer: current).isEmpty { return .same }
    let paths = ObjectDiff.paths(from: current, to: predicted, of: live.gvk)
    return paths.isEmpty ? .same : .differs(paths)
  }
}
