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

  package var name: ClusterName
  package var connection: Connection
  package var credentials: CredentialsReference
  package var labels: [String: String]
  package var annotations: [String: String]
  /// The AppProject that alone may use it; empty for all.
  package var project: String
  /// Namespaces the hub keeps to; empty for all.
  package var namespaces: [String]
  /// Whether cluster-scoped objects are managed although ``namespaces`` is not empty.
  package var clusterResources: Bool
  /// Taken out of service: nothing is applied there until it is uncordoned.
  package var cordoned: Bool
  package var origin: SourceLocation
  /// Where a label would be added: the labels' mapping, or the metadata.
  package var labelsMark: SourceMark

  package init(
    name: ClusterName, connection: Connection, credentials: CredentialsReference, labels: [String: String] = [:],
    annotations: [String: String] = [:], project: String = "", namespaces: [String] = [],
    clusterResources: Bool = true, cordoned: Bool = false, origin: SourceLocation = SourceLocation(file: ""),
    labelsMark: SourceMark = .none
  ) {
    self.name = name
    self.connection = connection
    self.credentials = credentials
    self.labels = labels
    self.annotations = annotations
    self.project = project
    self.namespaces = namespaces
    self.clusterResources = clusterResources
    self.cordoned = cordoned
    self.origin = origin
    self.labelsMark = labelsMark
  }

  package var server: String { connection.server }
}
