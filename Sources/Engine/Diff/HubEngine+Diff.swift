package import Fleet
import Kubernetes
package import Manifest

extension HubEngine {
  /// What is compared with the cluster.
  package enum DiffTarget: Sendable {
    /// The Application's own revision, or another one of its repository.
    case revision(String?)
    /// Objects that somebody else rendered.
    case objects([Object])
  }

  package struct DiffAnswer: Sendable {
    /// The commit; empty for objects from elsewhere.
    package var revision: String
    package var changes: [ObjectChange]
    /// What is to be told of the objects as a whole, and of why they are not Git's newest.
    package var conditions: [Condition]
  }

  /// What a sync of an Application would change. Nothing is written.
  /// - Returns: nil when there is no such Application.
  /// - Throws: ``Failure`` of Git or the cluster, ``Diagnostics`` of the files.
  package func diff(_ name: String, _ target: DiffTarget) async throws -> DiffAnswer? {
    guard let managed = applications[name] else { return nil }
    guard let cluster = roster.cluster(of: name), let session = sessions[cluster]?.session else {
      throw Failure(
        "cluster.unreachable", subject: "application \(name)", stage: "connect",
        "no cluster that answers is its destination", retry: .backOff)
    }
    if case .unreachable(let failure) = await session.reachability { throw failure }
    // What a rollout keeps at an earlier commit would be synced to that one.
    var application = await managed.approved
    let objects: [Object]
    var revision = ""
    switch target {
    case .objects(let given): objects = given
    case .revision(let wanted):
      if let wanted, !application.sources.isEmpty { application.sources[0].targetRevision = wanted }
      let source = try await managed.readSource(application, fresh: true, session)
      (objects, revision) = (source.objects, source.revision)
    }
    do {
      let desired = try await DesiredStateBuilder.state(of: objects, application, in: session)
      let changes = try await ApplicationDiff(session: session, applySet: managed.applySet)
        .changes(to: desired.objects, prunes: application.syncPolicy.automated?.prune ?? false)
      return DiffAnswer(
        revision: revision, changes: changes, conditions: desired.conditions + (await rolloutCondition(of: name)))
    } catch let diagnostics as Diagnostics {
      throw diagnostics
    } catch let diagnostic as Diagnostic {
      throw Diagnostics(diagnostic)
    } catch {
      throw KubernetesClient.failure(from: error, subject: "application \(name)", stage: "diff")
    }
  }

  /// Why Git's newest is not what a sync brings, where a rollout has a say; none where it has nothing to tell.
  func rolloutCondition(of name: String) async -> [Condition] {
    await rolloutWord(on: name).map { [Condition("Rollout", $0)] } ?? []
  }
}
