import Foundation
import Glibc
package import Manifest
import NIOCore
import NIOPosix

/// A fleet of simulated API servers in this process, each on its own loopback address, under one CA.
package final class SimulatedFleet: Sendable {
  package struct Options: Sendable {
    /// How each server behaves.
    package var server = ServerOptions()
    /// The first address, `127.x.y.z`; the others follow.
    package var firstAddress = "127.77.0.1"
    /// The port of every server; 0 lets the kernel choose one for each.
    package var port = 0
    /// Addresses that are given, by cluster; the others are counted up from ``firstAddress``.
    package var addresses: [String: (host: String, port: Int)] = [:]
    /// Bearer tokens of administrators that are given, by cluster; the others are random.
    package var administratorTokens: [String: Redacted<String>] = [:]
    package var threads = System.coreCount

    package init() {}
  }

  /// By name, in the order given.
  package let clusters: [SimulatedCluster]
  package let certificateAuthority: String
  private let authority: CertificateAuthority
  private let group: MultiThreadedEventLoopGroup

  private init(clusters: [SimulatedCluster], authority: CertificateAuthority, group: MultiThreadedEventLoopGroup) {
    self.clusters = clusters
    self.authority = authority
    self.group = group
    certificateAuthority = authority.pem
  }

  package subscript(name: String) -> SimulatedCluster? { clusters.first { $0.name == name } }

  /// Starts one server for each name and returns when all of them listen.
  /// - Throws: when an address can not be listened on, or certificates can not be made.
  package static func start(clusters names: [String], options: Options = Options()) async throws -> SimulatedFleet {
    FileDescriptorLimit.raise()
    let authority = try CertificateAuthority()
    var serverOptions = options.server
    serverOptions.certificateAuthority = authority.pem
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, options.threads))
    let addresses = LoopbackAddresses(first: options.firstAddress)
    let clusters = names.enumerated().map { index, name in
      let given = options.addresses[name]
      return SimulatedCluster(
        name: name, host: given?.host ?? addresses[index], port: given?.port ?? options.port,
        administratorToken: options.administratorTokens[name]?.reveal() ?? Self.randomToken(), options: serverOptions,
        authority: authority, loop: group.next())
    }
    let fleet = SimulatedFleet(clusters: clusters, authority: authority, group: group)
    do {
      for cluster in clusters { try await cluster.listen() }
    } catch {
      await fleet.shutdown()
      throw error
    }
    return fleet
  }

  /// Stops all servers; what they held is gone.
  package func shutdown() async {
    for cluster in clusters { await cluster.close() }
    // Nothing can be done about a group that does not stop, and nobody needs it any more.
    try? await group.shutdownGracefully()
  }

  /// Serves faults and counters on plain HTTP.
  /// - Returns: the port, the kernel's choice where `port` is 0.
  package func startControl(host: String = "127.0.0.1", port: Int = 0) async throws -> Int {
    let responder = ControlEndpoint(fleet: self)
    let setup = ConnectionSetup(responder: responder)
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { setup.configurePlain($0) }
      .bind(host: host, port: port).get()
    return channel.localAddress?.port ?? port
  }

  /// A kubeconfig with one context a cluster, named as the cluster; the first is the current one.
  package var kubeconfig: String {
    let ca = Data(certificateAuthority.utf8).base64EncodedString()
    var text = "apiVersion: v1\nkind: Config\nclusters:\n"
    for cluster in clusters {
      text += "- name: \(cluster.name)\n  cluster:\n    server: \(cluster.server)\n"
      text += "    certificate-authority-data: \(ca)\n"
    }
    text += "users:\n"
    for cluster in clusters {
      text += "- name: \(cluster.name)\n  user:\n    token: \(cluster.administratorToken)\n"
    }
    text += "contexts:\n"
    for cluster in clusters {
      text += "- name: \(cluster.name)\n  context:\n    cluster: \(cluster.name)\n    user: \(cluster.name)\n"
    }
    text += "current-context: \(clusters.first?.name ?? "")\n"
    return text
  }

  /// A client certificate that every server of the fleet takes, and its key, in PEM.
  package func clientCertificate(user: String, groups: [String]) throws -> (certificate: String, key: String) {
    try authority.clientCertificate(user: user, groups: groups)
  }

  private static func randomToken() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in String(generator.next(), radix: 36) }.joined()
  }
}

/// Counts up loopback addresses, leaving out `.0` and `.255`.
struct LoopbackAddresses {
  private let start: Int

  /// `first` is an address in 127/8; anything else counts as `127.77.0.1`.
  init(first: String) {
    let octets = first.split(separator: ".").compactMap { UInt8($0) }.map(Int.init)
    let valid = octets.count == 4 && octets[0] == 127 ? octets : [127, 77, 0, 1]
    start = (valid[1] * 256 + valid[2]) * 254 + max(0, min(valid[3], 254) - 1)
  }

  subscript(index: Int) -> String {
    let number = start + index
    let (high, low) = (number / 254, number % 254 + 1)
    return "127.\(high / 256 % 256).\(high % 256).\(low)"
  }
}

/// The limit on open files of this process.
enum FileDescriptorLimit {
  /// Raises the soft limit to the hard one; a thousand servers with their connections need it.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else {
      return
    }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
