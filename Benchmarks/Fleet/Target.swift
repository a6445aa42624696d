import Foundation
import HTTPClient
import Kubernetes
import Manifest

/// One cluster that is measured against, real or simulated.
struct Target: Sendable {
  let name: String
  let kubeconfig: String
  let context: String
  let access: ClusterAccess
  private let authorization: HTTPHeader?

  /// Every context of the files.
  static func read(_ files: [String]) async throws -> [Target] {
    var targets: [Target] = []
    for file in files {
      let path = URL(fileURLWithPath: file).path
      let config = try Kubeconfig(Array(try Data(contentsOf: URL(fileURLWithPath: path))), file: path)
      for context in config.contextNames.sorted() {
        let access = try config.context(context).access
        let value = try await access.credentials.authorization()?.reveal()
        targets.append(
          Target(
            name: context, kubeconfig: path, context: context, access: access,
            authorization: value.map { HTTPHeader("Authorization", $0) }))
      }
    }
    return targets
  }

  func client(_ transport: CurlTransport) -> KubernetesClient {
    KubernetesClient(access: access, transport: transport, userAgent: "bench-fleet")
  }

  /// As the client would send it.
  func raw(_ request: APIRequest) -> HTTPRequest {
    var headers = [HTTPHeader("Accept", request.accept)]
    if let type = request.contentType { headers.append(HTTPHeader("Content-Type", type)) }
    if let authorization { headers.append(authorization) }
    return HTTPRequest(
      method: request.method, url: access.server + request.target, headers: headers, body: request.body,
      endpoint: access.endpoint)
  }
}
