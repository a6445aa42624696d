import Engine
import Fleet
import HTTPClient
import Kubernetes
import Manifest

/// Brings a cluster to the hub.
struct ClusterRegistration {
  let target: ClusterTarget
  let hub: HubClient
  var manifests: RegistrationManifests
  /// Whether an account that may act as others may go on to.
  var keepsImpersonation = false
  /// Whether rights that an earlier registration gave are taken away where this one does not give them.
  var withdrawsRights = false

  /// Makes the hub's account in the cluster, takes a token for it, and hands that to the hub.
  /// - Parameters:
  ///   - more: what the hub is told beside how the cluster is reached.
  ///   - done: what is said when the hub has it.
  ///   - check: looks at which cluster it is before anything is made there.
  func run(
    _ more: Mapping = Mapping(), done: String, _ check: (RegistrationCheck) throws(RegistrationCheck.Problem) -> Void
  ) async throws {
    // First of all: who has no hub to tell makes no account.
    let known = try await hub.registeredClusters()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let access = target.access
    let registrar = ClusterRegistrar(
      client: KubernetesClient(access: access, transport: transport, userAgent: "muster/" + Version.text),
      subject: "cluster \(target.name)")
    let uid = try await registrar.clusterUID()
    do throws(RegistrationCheck.Problem) {
      try check(RegistrationCheck(known: known, way: target.way, server: access.server, uid: uid))
    } catch {
      throw CommandError.message(Visible.text(error.message), help: Visible.text(error.help), exit: .usage)
    }
    var manifests = manifests
    if keepsImpersonation, try await registrar.mayImpersonate(manifests) { manifests.allowsImpersonation = true }
    try await registrar.prepare(manifests)
    let token = try await registrar.token()
    var entry = way
    entry["clusterUID"] = .string(uid)
    entry["token"] = .string(token.text.reveal())
    if let expiry = token.expiresAt { entry["expiresAt"] = Node(.int(Int64(expiry))) }
    for member in more { entry[member.key] = member.value }
    _ = try await hub.post("clusters", .mapping(entry))
    StandardError.write(done)
    // Last, so that the hub never works with more than it was told of, or with less than it holds.
    if withdrawsRights { Self.tell(try await registrar.withdrawRights(beside: manifests)) }
  }

  private static func tell(_ rights: WithdrawnRights) {
    for name in rights.removed {
      StandardError.write("taken away, of an earlier registration: \(Visible.text(name))")
    }
    for name in rights.kept {
      StandardError.write("left, for others wrote it too: \(Visible.text(name)); see whether it is still meant")
    }
    if let problem = rights.problem {
      StandardError.write("rights of an earlier registration were not all looked for: \(Visible.text(problem))")
    }
  }

  /// How the hub is to reach it: as who registers it does.
  private var way: Mapping {
    let endpoint = target.access.endpoint
    var way: Mapping = ["name": .string(target.name.text), "server": .string(target.access.server)]
    switch endpoint.trust {
    case .system: break
    case .authorities(let pem): way["caData"] = .string(Base64.encode(pem))
    case .insecure: way["insecureSkipTLSVerify"] = Node(.bool(true))
    }
    if let name = endpoint.serverName { way["tlsServerName"] = .string(name) }
    if let proxy = endpoint.proxy { way["proxyURL"] = .string(proxy.reveal()) }
    return way
  }
}

extension HubClient {
  /// The clusters as a registration is checked against them.
  func registeredClusters() async throws -> [RegistrationCheck.Known] {
    (try await get("clusters")["items"]?.sequence ?? []).map { item in
      RegistrationCheck.Known(
        name: item["name"]?.string ?? "", server: item["server"]?.string ?? "",
        isRegistered: item["registered"]?.bool ?? false, clusterUID: item["clusterUID"]?.string)
    }
  }
}
