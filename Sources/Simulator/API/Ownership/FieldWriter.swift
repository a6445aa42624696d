/// Who writes, through which subresource, and when.
package struct FieldWriter: Sendable, Equatable {
  /// The field manager, or what the user agent says before its first slash.
  package var manager: String
  /// `status`, `scale`, …; empty for the object itself.
  package var subresource: String
  /// RFC 3339, whole seconds, UTC.
  package var time: String

  package init(manager: String, subresource: String = "", time: String) {
    self.manager = manager
    self.subresource = subresource
    self.time = time
  }
}
