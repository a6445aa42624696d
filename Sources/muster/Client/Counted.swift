/// Numbers of things in words.
enum Counted {
  /// `1 object`, `2 objects`.
  static func text(_ count: Int, _ thing: String) -> String { "\(count) \(thing)" + (count == 1 ? "" : "s") }
}
