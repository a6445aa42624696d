package import HTTPClient

/// How one API server is reached, trusted, and convinced.
///
/// Made from a kubeconfig's context (``Kubeconfig/context(_:in:)``), from an Argo CD cluster Secret, from the service
/// account of a Pod, or of its parts.
package struct ClusterAccess: Sendable {
  /// `https://host:port[/prefix]` without a trailing slash.
  package let server: String
  package var endpoint: HTTPEndpoint
  /// Certificates in files, that may be replaced while we run; nil where the endpoint is fixed.
  package var certificateFiles: CertificateFiles?
  package var credentials: any CredentialsProvider
  /// `Impersonate-…` headers, sent with every request.
  package var impersonation: [HTTPHeader]

  package init(
    server: String, endpoint: HTTPEndpoint, credentials: any CredentialsProvider, impersonation: [HTTPHeader] = []
  ) {
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    self.endpoint = endpoint
    self.credentials = credentials
    self.impersonation = impersonation
  }

  /// The endpoint with what its certificate files hold now.
  func currentEndpoint() -> HTTPEndpoint { certificateFiles?.renew(endpoint) ?? endpoint }
}
