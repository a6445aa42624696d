import Engine

/// Credentials on a command line, where every user of the machine can read them in the list of processes.
enum PublicCredentials {
  /// Says so on stderr, without them.
  static func warn(of url: GitURL) {
    guard url.embedded != .none else { return }
    StandardError.write(
      "warning: the address of \(url) carries a user or a password, which every user of this machine can see among the "
        + "arguments of processes\nhelp: give them in a repository Secret by --control: docs/git-and-store.md")
  }
}
