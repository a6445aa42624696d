package import Manifest
import Synchronization
package import Templating

/// The time zones that sync windows name, read once each from the system's zone database.
package final class ZoneTable: Sendable {
  /// Why there is no such zone, as a sentence.
  package struct Problem: Error, Sendable, Equatable {
    package var message: String
  }

  private static let maximumZones = 1_000

  private let tree: (any FileTree)?
  private let known = Mutex<[String: ZoneFile]>([:])

  /// - Parameter tree: the zone database (`/usr/share/zoneinfo`); nil where the machine has none.
  package init(_ tree: (any FileTree)?) { self.tree = tree }

  /// Only UTC.
  package static let utc = ZoneTable(nil)

  /// The zone of a name such as `Europe/Amsterdam`; nil is UTC, which an empty name means too.
  package func zone(_ name: String) throws(Problem) -> ZoneFile? {
    if ["", "UTC", "Etc/UTC", "GMT", "Z"].contains(name) { return nil }
    if let zone = known.withLock({ $0[name] }) { return zone }
    guard let tree else {
      throw Problem(
        message: "time zone '\(DNSName.shown(name))' cannot be read: this machine has no time zone database (tzdata)")
    }
    // Zones go by their exact names.
    guard let path = TreePath(name), path.text == name, let bytes = try? tree.read(path, limit: 1 << 20).bytes,
      let zone = ZoneFile(bytes)
    else { throw Problem(message: "there is no time zone '\(DNSName.shown(name))'") }
    known.withLock { if $0.count < Self.maximumZones { $0[name] = zone } }
    return zone
  }
}
