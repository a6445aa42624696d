package import Fleet
import Kubernetes
import Manifest

extension HubEngine {
  /// What a sync of an Application would do. Nothing is written.
  /// - Returns: nil when there is no such Application.
  /// - Throws: ``Failure`` of Git or the cluster, ``Diagnostics`` of the files.
  package func forecast(
    _ name: String, _ options: SyncOperation.Options, approvedPrunes: Int, confirmed: Bool
  ) async throws -> SyncForecast? {
    guard let managed = applications[name] else { return nil }
    guard let cluster = roster.cluster(of: name), let session = sessions[cluster]?.session else {
      throw Failure(
        "cluster.unreachable", subject: "application \(name)", stage: "connect",
        "no cluster that answers is its destination", retry: .backOff)
    }
    if case .unreachable(let failure) = await session.reachability { throw failure }
    do {
      var forecast = try await managed.forecast(
        options, .init(prunes: approvedPrunes, confirmed: confirmed), session, governance)
      forecast.conditions += await rolloutCondition(of: name)
      return forecast
    } catch let diagnostics as Diagnostics {
      throw diagnostics
    } catch let diagnostic as Diagnostic {
      throw Diagnostics(diagnostic)
    } catch {
      throw KubernetesClient.failure(from: error, subject: "application \(name)", stage: "diff")
    }
  }
}
