package import Manifest

/// A registered cluster: what selects it, how it is reached, and how the hub proves who it is there.
package struct Cluster: Sendable, Equatable {
  /// How the API server is reached.
  package struct Connection: Sendable, Equatable {
    /// `https://` or `http://`, without a trailing slash.
    package var server: String
    /// PEM of the certificate authorities that may have signed the server's certificate; nil for the system's.
    package var caData: [UInt8]?
    /// A file with the same, read anew when it changes.
    package var caFile: String?
    /// The name the server's certificate must carry, when it is not the host of ``server``.
    package var tlsServerName: String?
    package var insecureSkipTLSVerify = false
    /// May carry a password.
    package var proxyURL: Redacted<String>?

    package init(server: String) { self.server = Destination.normalized(server: server) }
  }

  private struct Fields: Sendable, Equatable {
    var name: ClusterName
    var connection: Connection
    var credentials: CredentialsReference
    var labels: [String: String]
    var annotations: [String: String]
    var project: String
    var namespaces: [String]
    var clusterResources: Bool
    var cordoned: Bool
    var origin: SourceLocation
    var labelsMark: SourceMark
  }

  private final class Storage: Sendable {
    let fields: Fields

    init(_ fields: Fields) { self.fields = fields }
  }

  /// Shared: registries of thousands are copied, filtered and compared at every change of one of them.
  private var storage: Storage

  package var name: ClusterName {
    get { storage.fields.name }
    set { edit { $0.name = newValue } }
  }
  package var connection: Connection {
    get { storage.fields.connection }
    set { edit { $0.connection = newValue } }
  }
  package var credentials: CredentialsReference {
    get { storage.fields.credentials }
    set { edit { $0.credentials = newValue } }
  }
  package var labels: [String: String] {
    get { storage.fields.labels }
    set { edit { $0.labels = newValue } }
  }
  package var annotations: [String: String] {
    get { storage.fields.annotations }
    set { edit { $0.annotations = newValue } }
  }
  /// The AppProject that alone may use it; empty for all.
  package var project: String {
    get { storage.fields.project }
    set { edit { $0.project = newValue } }
  }
  /// Namespaces the hub keeps to; empty for all.
  package var namespaces: [String] {
    get { storage.fields.namespaces }
    set { edit { $0.namespaces = newValue } }
  }
  /// Whether cluster-scoped objects are managed although ``namespaces`` is not empty.
  package var clusterResources: Bool {
    get { storage.fields.clusterResources }
    set { edit { $0.clusterResources = newValue } }
  }
  /// Taken out of service: nothing is applied there until it is uncordoned.
  package var cordoned: Bool {
    get { storage.fields.cordoned }
    set { edit { $0.cordoned = newValue } }
  }
  package var origin: SourceLocation {
    get { storage.fields.origin }
    set { edit { $0.origin = newValue } }
  }
  /// Where a label would be added: the labels' mapping, or the metadata.
  package var labelsMark: SourceMark {
    get { storage.fields.labelsMark }
    set { edit { $0.labelsMark = newValue } }
  }

  package init(
    name: ClusterName, connection: Connection, credentials: CredentialsReference, labels: [String: String] = [:],
    annotations: [String: String] = [:], project: String = "", namespaces: [String] = [],
    clusterResources: Bool = true, cordoned: Bool = false, origin: SourceLocation = SourceLocation(file: ""),
    labelsMark: SourceMark = .none
  ) {
    storage = Storage(
      Fields(
        name: name, connection: connection, credentials: credentials, labels: labels, annotations: annotations,
        project: project, namespaces: namespaces, clusterResources: clusterResources, cordoned: cordoned,
        origin: origin, labelsMark: labelsMark))
  }

  private mutating func edit(_ body: (inout Fields) -> Void) {
    var fields = storage.fields
    body(&fields)
    storage = Storage(fields)
  }

  package static func == (a: Cluster, b: Cluster) -> Bool {
    a.storage === b.storage || a.storage.fields == b.storage.fields
  }

  package var server: String { storage.fields.connection.server }

  /// Stands for the file that a cluster was read from where a command registered it.
  package static let registrationFile = "registration"

  /// Whether a command registered it, and no manifest.
  package var isRegistration: Bool { storage.fields.origin.file == Self.registrationFile }

  /// Whether both are one and the same, which is cheap to tell; what is not may be equal all the same.
  package func isIdentical(to other: Cluster) -> Bool { storage === other.storage }

  /// Where two lists of one length do not hold the very same clusters; nil for lists of different lengths.
  ///
  /// A registry of thousands is looked through at each change of one of them: nothing is copied or counted here.
  static func differences(_ a: [Cluster], _ b: [Cluster]) -> [Int]? {
    guard a.count == b.count else { return nil }
    return a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var positions: [Int] = []
        for index in a.indices where a[index].storage !== b[index].storage { positions.append(index) }
        return positions
      }
    }
  }
}
