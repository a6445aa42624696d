import Fleet
import Kubernetes
package import Logging
package import Manifest

/// Lets the hub into repositories by Argo CD's repository Secrets, host keys and authorities, from where it gets its other
/// secrets: the control folder, and behind it the management cluster.
///
/// They are read again every few seconds while somebody asks, so that renewed credentials are used without a restart.
/// What cannot be read leaves what was last known.
package actor RepositoryAccess {
  private static let selector =
    ClusterSecret.typeLabel + " in (\(RepositorySecret.Kind.allCases.map(\.rawValue).joined(separator: ",")))"

  private let folder: ControlFolder
  private let management: ManagementCluster?
  private let namespace: String
  private let fixed: [Node]
  private let files: TrustFiles
  private let life: Duration
  private let logger: Logger

  private var known: RepositoryCredentials?
  private var readAt: ContinuousClock.Instant?
  private var fromManagement: [Node] = []
  /// Whether the management cluster answered when it was last asked.
  private var isWhole = true
  private var reading: Task<Void, Never>?
  private var lastTold: [String] = []

  /// - Parameters:
  ///   - namespace: of the Secrets; those of another one in the folder are not read, as by generators.
  ///   - objects: Secrets and ConfigMaps that are known already, and go before all others.
  ///   - directory: of the mirrors; host keys and authorities are put there.
  ///   - life: how old what was read may be.
  package init(
    controlFolder: String? = nil, management: ManagementCluster? = nil, namespace: String = "argocd",
    objects: [Node] = [], directory: String, life: Duration = .seconds(20), logger: Logger
  ) {
    folder = ControlFolder(controlFolder)
    self.management = management
    self.namespace = namespace
    fixed = objects
    files = TrustFiles(directory: directory)
    self.life = life
    self.logger = logger
  }

  /// For fetches.
  package nonisolated var provider: GitAccessProvider { { try await self.access(to: $0, for: .reading) } }

  /// For pushes.
  package nonisolated var pushProvider: GitAccessProvider { { try await self.access(to: $0, for: .pushing) } }

  private func access(to url: GitURL, for purpose: RepositoryCredentials.Purpose) async throws -> GitAccess {
    // The file system asks for nothing.
    if url.transport == .file { return GitAccess() }
    return try await current().access(to: url, for: purpose, files: files)
  }

  private func current() async -> RepositoryCredentials {
    if let known, let readAt, readAt.duration(to: .now) < life { return known }
    let task: Task<Void, Never>
    if let reading {
      task = reading
    } else {
      // Shared by its callers, so it is no child of one of them; bounded by the deadlines of its requests.
      task = Task { await self.read() }
      reading = task
    }
    // A management cluster that does not answer is not waited for by every fetch.
    if let known, !isWhole { return known }
    await task.value
    return known ?? RepositoryCredentials([])
  }

  private func read() async {
    var problems: [String] = []
    let local = fixed + folder.objects(logger)
    if let management {
      do {
        fromManagement = try await Self.objects(of: management)
        isWhole = true
      } catch {
        let failure = KubernetesClient.failure(from: error, subject: "management cluster", stage: "read")
        isWhole = failure.code == Self.forbidden
        problems.append(Self.reason(failure))
      }
    }
    let here = local.filter { object in
      let place = object["metadata"]?["namespace"]?.string ?? ""
      let kind = object["kind"]?.string
      return (place.isEmpty || place == namespace) && (kind == "Secret" || kind == "ConfigMap")
    }
    let credentials = RepositoryCredentials(here + fromManagement)
    known = credentials
    readAt = .now
    reading = nil
    tell(problems + credentials.problems)
  }

  private func tell(_ problems: [String]) {
    guard problems != lastTold else { return }
    lastTold = problems
    for problem in problems { logger.warning("repository credentials not read", metadata: ["reason": "\(problem)"]) }
  }

  private static func objects(of management: ManagementCluster) async throws -> [Node] {
    var objects = try await management.secrets(labelSelector: selector)
    for name in RepositoryCredentials.configMaps {
      objects += try await management.objects(ControlInquiry(.configMap(name)))
    }
    return objects
  }

  /// An answer, and the same the next time.
  private static let forbidden = "cluster.forbidden"

  private static func reason(_ failure: Failure) -> String {
    let help = failure.code == forbidden ? "; repository Secrets are read there by who may list Secrets" : ""
    return "management cluster: \(failure.message)\(help)"
  }
}
