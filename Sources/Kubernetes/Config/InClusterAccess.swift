import HTTPClient
package import Manifest

extension ClusterAccess {
  private static let folder = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// The cluster that this process runs in, by its Pod's service account.
  ///
  /// Source: kubernetes.io "Accessing the Kubernetes API from a Pod".
  /// - Parameter variables: the process's environment.
  /// - Throws: ``Failure`` `cluster.not-in-cluster` where there is no service account.
  package static func inCluster(
    variables: [String: String], in environment: AccessEnvironment = AccessEnvironment()
  ) throws(Failure) -> ClusterAccess {
    guard let host = variables["KUBERNETES_SERVICE_HOST"], let port = variables["KUBERNETES_SERVICE_PORT"],
      !host.isEmpty, !port.isEmpty
    else { throw notInCluster("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set") }
    let server: ServerURL
    do {
      server = try ServerURL("https://\(host.contains(":") ? "[\(host)]" : host):\(port)")
    } catch {
      throw notInCluster("the address in KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT \(error.words)")
    }
    let authorities: [UInt8]
    do {
      authorities = try environment.files.read(folder + "/ca.crt", 1 << 20)
    } catch {
      throw notInCluster("the file '\(folder)/ca.crt' \(error.words)")
    }
    guard PEM.hasCertificate(authorities) else {
      throw notInCluster("the file '\(folder)/ca.crt' holds no PEM certificate")
    }
    var access = ClusterAccess(
      server: server.text, endpoint: HTTPEndpoint(trust: .authorities(pem: authorities)),
      credentials: TokenFileCredentials(
        path: folder + "/token", subject: "in-cluster service account", files: environment.files,
        clock: environment.clock))
    access.certificateFiles = CertificateFiles(
      .init(authorities: folder + "/ca.crt"), files: environment.files, clock: environment.clock)
    return access
  }

  private static func notInCluster(_ message: String) -> Failure {
    Failure(
      "cluster.not-in-cluster", subject: "in-cluster service account", stage: "authenticate", message, retry: .never)
  }
}
