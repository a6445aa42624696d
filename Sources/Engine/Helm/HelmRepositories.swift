import Foundation
import Manifest

/// The files in which helm looks repositories and credentials up, so that none of them is an argument.
enum HelmRepositories {
  struct Entry: Sendable {
    var name: String
    var url: String
    var access: GitAccess
    var passesCredentials = false
  }

  /// `repositories.yaml` (helm, pkg/repo File and Entry).
  static func list(_ entries: [Entry]) -> [UInt8] {
    var root = Mapping()
    root["apiVersion"] = .string("v1")
    root["generated"] = .string("2000-01-01T00:00:00Z")
    root["repositories"] = .sequence(entries.map(node))
    return YAMLWriter.bytes(of: .mapping(root))
  }

  private static func node(_ entry: Entry) -> Node {
    var node = Mapping()
    node["name"] = .string(entry.name)
    node["url"] = .string(entry.url)
    if case .password(let user, let password) = entry.access.credentials {
      node["username"] = .string(user)
      node["password"] = .string(password.reveal())
      node["pass_credentials_all"] = Node(.bool(entry.passesCredentials))
    }
    if let file = entry.access.authorityFile { node["caFile"] = .string(file) }
    if entry.access.insecureTLS { node["insecure_skip_tls_verify"] = Node(.bool(true)) }
    return .mapping(node)
  }

  /// The registry configuration, in the form of Docker's `config.json`, by host.
  static func registry(_ hosts: [String: GitAccess]) -> [UInt8] {
    var auths = Mapping()
    for (host, access) in hosts.sorted(by: { $0.key < $1.key }) {
      guard case .password(let user, let password) = access.credentials else { continue }
      var entry = Mapping()
      entry["auth"] = .string(Data((user + ":" + password.reveal()).utf8).base64EncodedString())
      auths[host] = .mapping(entry)
    }
    var root = Mapping()
    root["auths"] = .mapping(auths)
    return JSON.write(.mapping(root), .init())
  }

  /// What must not appear in any message.
  static func secrets(of access: GitAccess) -> [String] {
    guard case .password(let user, let password) = access.credentials, !password.reveal().isEmpty else { return [] }
    return [password.reveal(), Data((user + ":" + password.reveal()).utf8).base64EncodedString()]
  }
}
