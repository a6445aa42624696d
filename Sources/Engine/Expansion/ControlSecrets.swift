import Fleet
import Kubernetes
package import Logging
import Manifest

/// The values of Secrets that the hub may read for what it does itself: from the control folder, else from the
/// management cluster, as generators get theirs.
package struct ControlSecrets: Sendable {
  private let folder: ControlFolder
  private let management: ManagementCluster?
  private let logger: Logger

  package init(controlFolder: String?, management: ManagementCluster? = nil, logger: Logger) {
    self.init(folder: ControlFolder(controlFolder), management: management, logger: logger)
  }

  init(folder: ControlFolder, management: ManagementCluster?, logger: Logger) {
    self.folder = folder
    self.management = management
    self.logger = logger
  }

  /// - Parameter namespace: where what asks lives; empty for the usual control namespace. Secrets of another one are
  ///   not read from the folder; the management cluster is read in the one namespace that was chosen for it.
  package func lookup(namespace: String = "") -> SecretLookup {
    { name, key in try await value(name, key, namespace) }
  }

  /// - Throws: ``Failure`` `analysis.no-secret`, for good, or that of a management cluster that does not answer.
  private func value(_ name: String, _ key: String, _ namespace: String) async throws -> Redacted<String> {
    let subject = "Secret \(Visible.text(name))"
    let objects = ControlObjects(folder.objects(logger), namespace: namespace)
    if let known = objects.secret(name, key: key) { return known }
    if let management, DNSName.problem(withSubdomain: name) == nil {
      let found: [Node]
      do {
        found = try await management.objects(ControlInquiry(.secret(name)))
      } catch {
        throw KubernetesClient.failure(from: error, subject: subject, stage: "analyse")
      }
      if let value = found.first.flatMap({ ControlObjects.value(of: $0, key: key) }) { return value }
    }
    throw Failure(
      "analysis.no-secret", subject: subject, stage: "analyse",
      "there is no key '\(Visible.text(key))' of a Secret '\(Visible.text(name))'", retry: .never)
  }
}
