import Manifest

/// The texts of health rules.
///
/// `{message}` and `{reason}` are the condition's, `{last.message}` and `{last.reason}` the last condition's,
/// `{reason: message}` both as far as they are there; `{kind}` is the object's; anything else is a path (`{status.phase}`),
/// lists joined by `, `, without a beginning that is put behind `-` (`{status.status-ERROR, }`). What is behind `|` stands where there is nothing, and may be another such name behind `$`.
enum HealthWords {
  static func text(_ words: String, _ subject: HealthSubject, _ condition: Node? = nil) -> String {
    guard words.contains("{") else { return words }
    var text = ""
    var rest = words[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      text += rest[..<open]
      text += value(rest[rest.index(after: open)..<close], subject, condition)
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }

  private static func value(_ name: Substring, _ subject: HealthSubject, _ condition: Node?) -> String {
    if let cut = name.firstIndex(of: "-"), !name.contains("|") {
      let text = found(name[..<cut], subject, condition) ?? ""
      let start = name[name.index(after: cut)...]
      return text.hasPrefix(start) ? String(text.dropFirst(start.count)) : text
    }
    let parts = name.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
    if let found = found(parts[0], subject, condition) { return found }
    guard parts.count == 2 else { return "" }
    return parts[1].hasPrefix("$") ? found(parts[1].dropFirst(), subject, condition) ?? "" : String(parts[1])
  }

  private static func found(_ name: Substring, _ subject: HealthSubject, _ condition: Node?) -> String? {
    switch name {
    case "message", "reason": return text(of: condition?[String(name)])
    case "last.message", "last.reason": return text(of: subject.conditions.last?[String(name.dropFirst(5))])
    case "reason: message":
      let both = ["reason", "message"].compactMap { condition?[$0]?.string }.filter { !$0.isEmpty }
      return both.joined(separator: ": ")
    default: return text(of: subject.node(String(name)))
    }
  }

  /// A text, a number or a flag as text, a list of them joined; nil for what is not there.
  static func text(of node: Node?) -> String? {
    switch node?.value {
    case .string(let text): text
    case .int(let number): "\(number)"
    case .uint(let number): "\(number)"
    case .double(let number): number.isFinite ? GoNumber.json(number) : nil
    case .bool(let flag): "\(flag)"
    case .sequence(let nodes): nodes.compactMap(text(of:)).joined(separator: ", ")
    case .null, .mapping, nil: nil
    }
  }
}
