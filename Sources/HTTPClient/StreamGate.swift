/// Decides when a transfer to one origin may be handed to libcurl, without I/O.
///
/// libcurl has one queue for all transfers that wait for a connection, of every origin: a silent server at its head
/// would hold the others up. So a transfer is handed over only when a connection has room for it, or as the *pilot*
/// that opens one; what waits, waits here. Streams are counted per connection, since a server that allows a hundred
/// leaves the next one waiting for ever, silently.
struct StreamGate {
  /// Tells connections apart (the local port).
  typealias Connection = Int

  struct Limits {
    /// Streams on one HTTP/2 connection.
    var streams: Int
    /// HTTP/2 connections at once.
    var connections: Int
    /// HTTP/1.1 connections at once; each carries one transfer.
    var serialConnections: Int
    /// Whether a pilot opens the gate only when its response has begun. By then the server's settings are known, which
    /// a stream that may wait for ever must have; requests need not wait for it.
    var waitsForHead: Bool
  }

  enum Version { case unknown, serial, multiplexed }

  private let limits: Limits
  private(set) var version: Version
  private var streams: [Connection: Int] = [:]
  /// Handed over, not yet on an open connection.
  private var starting = 0
  private var total = 0

  init(limits: Limits, version: Version) {
    self.limits = limits
    self.version = version
  }

  var isIdle: Bool { total == 0 }
  /// Whether any transfer is on an open connection.
  var isConnected: Bool { !streams.isEmpty }

  /// Whether one more transfer may be handed over now.
  func admits() -> Bool {
    // Before the first answer it is not known whether a connection takes more than one transfer.
    if version != .multiplexed, total >= limits.serialConnections { return false }
    if version == .serial { return true }
    if total >= limits.streams * limits.connections { return false }
    if starting == 0 { return true }
    let room = streams.values.reduce(0) { $0 + max(0, limits.streams - $1) }
    return room > starting
  }

  mutating func start() {
    starting += 1
    total += 1
  }

  /// A transfer's connection is open; answers whether others may now follow.
  mutating func connected(_ connection: Connection) -> Bool {
    if !limits.waitsForHead { land(on: connection) }
    return !limits.waitsForHead
  }

  /// A transfer's response has begun; `connection` where it had not landed before.
  mutating func answered(_ connection: Connection?, version: Version) {
    self.version = version
    if let connection { land(on: connection) }
  }

  /// libcurl took a transfer that had landed to another connection, since the first was dead.
  mutating func moved(from old: Connection, to new: Connection) {
    leave(old)
    streams[new, default: 0] += 1
  }

  private mutating func land(on connection: Connection) {
    starting -= 1
    streams[connection, default: 0] += 1
  }

  /// A transfer is over; `connection` where it had landed on one.
  mutating func finish(landedOn connection: Connection?) {
    total -= 1
    guard let connection else {
      starting -= 1
      return
    }
    leave(connection)
  }

  private mutating func leave(_ connection: Connection) {
    let left = (streams[connection] ?? 1) - 1
    streams[connection] = left > 0 ? left : nil
  }
}
