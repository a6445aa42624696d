import Kubernetes

/// The hub's address, before a token is sent there.
enum HubAddress {
  /// The address without a trailing slash.
  /// - Throws: ``CommandError`` for what is none, and for plain HTTP to another machine unless that is allowed. A user and
  ///   password in the address are never quoted.
  static func checked(_ text: String, allowsPlainHTTP: Bool) throws -> String {
    let url: ServerURL
    do throws(ServerURL.Problem) {
      url = try ServerURL(text)
    } catch {
      throw CommandError.message(
        "the hub's address, of --hub or MUSTER_HUB, \(error.words)",
        help: "it is written as https://muster.example.org:8420; the token is in MUSTER_TOKEN", exit: .usage)
    }
    guard url.isPlainHTTP, !isHere(url), !allowsPlainHTTP else { return url.text }
    throw CommandError.message(
      "\(url.text) is plain HTTP: the token would go to another machine in the clear",
      help: "use https (docs/api.md), or --insecure-http in a network that nobody else hears", exit: .usage)
  }

  /// A hub that listens on all addresses is asked on the unspecified one, too, which is this machine.
  private static func isHere(_ url: ServerURL) -> Bool { url.isLoopback || ["0.0.0.0", "::"].contains(url.host) }
}
