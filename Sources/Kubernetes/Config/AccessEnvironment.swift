/// What turning a configuration into access to a cluster needs of the world.
package struct AccessEnvironment: Sendable {
  package var files: LocalFiles
  package var clock: WallClock
  /// Runs exec plugins; nil where none may be run, so that a cluster that needs one is refused.
  package var commands: (any CommandRunner)?
  /// Lets `http://` reach other hosts than this one.
  package var allowsPlainHTTP: Bool

  package init(
    files: LocalFiles = .disk, clock: WallClock = .system, commands: (any CommandRunner)? = nil,
    allowsPlainHTTP: Bool = false
  ) {
    self.files = files
    self.clock = clock
    self.commands = commands
    self.allowsPlainHTTP = allowsPlainHTTP
  }
}
