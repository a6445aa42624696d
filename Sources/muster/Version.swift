/// What `muster --version` says, and the user agent.
enum Version {
  static let text = "0.1.0"
}
