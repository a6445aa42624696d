import Foundation

/// Where the hubs of this user on this machine keep their data, so that commands find the token by themselves.
///
/// A hub writes its data directory into `~/.local/state/muster/hubs/HOST:PORT` (`XDG_STATE_HOME` is honoured). No secret is
/// there: the token stays in the data directory, for those who may read it.
struct LocalHub {
  private static let maximumBytes = 4_096

  let folder: String

  /// Nil where there is no home to remember in.
  init?(environment: [String: String]) {
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      folder = state + "/muster/hubs"
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      folder = home + "/.local/state/muster/hubs"
    } else {
      return nil
    }
  }

  func remember(_ address: ListenAddress, port: Int, data: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try Data((data + "\n").utf8).write(
      to: URL(fileURLWithPath: folder + "/" + Self.key(address.host, port)), options: .atomic)
  }

  /// The data directory of the hub at `url`; nil where none was remembered.
  func dataDirectory(of url: String) -> String? {
    guard let parts = URLComponents(string: url), let host = parts.host else { return nil }
    let port = parts.port ?? (parts.scheme == "https" ? 443 : 80)
    guard let bytes = FileManager.default.contents(atPath: folder + "/" + Self.key(host, port)),
      bytes.count <= Self.maximumBytes
    else { return nil }
    let path = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return path.hasPrefix("/") ? path : nil
  }

  /// All names of this machine's loopback are one.
  private static func key(_ host: String, _ port: Int) -> String {
    let bare = host.trimmingCharacters(in: ["[", "]"]).lowercased()
    let here = ["localhost", "::1", "0.0.0.0", "::"].contains(bare)
    return (here ? "127.0.0.1" : bare.replacing("/", with: "_")) + ":\(port)"
  }
}
