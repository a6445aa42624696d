import Manifest

/// A condition of an Application or a set, as the API gives it out.
enum ConditionText {
  /// `SyncError: …`
  static func of(_ condition: Node) -> String {
    Visible.text("\(condition["type"]?.string ?? ""): \(condition["message"]?.string ?? "")")
  }
}
