package import Fleet
package import Manifest

/// The time zones of this machine, for templates that name one.
package enum TimeZones {
  /// The system's files in TZif (RFC 9636); nil where there are none, and then every zone is UTC.
  package static let installed: (any FileTree)? = try? LocalFileTree("/usr/share/zoneinfo")

  /// The same for sync windows.
  package static let table = ZoneTable(installed)
}
