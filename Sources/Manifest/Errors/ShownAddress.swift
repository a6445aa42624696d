/// Addresses as they may be shown: an address carries a password or a token often enough.
package enum ShownAddress {
  /// Without what stands before the host, which may be a password or a token; the user of SSH is neither.
  package static func of(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    let rest = url[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return url }
    if url.hasPrefix("ssh://"), !authority[..<at].contains(":") { return url }
    return String(url[..<scheme.upperBound] + rest[rest.index(after: at)...])
  }

  /// A text or tree whose addresses are shown as ``of(_:)`` shows them.
  package static func inside(_ value: Value) -> Value {
    switch value {
    case .string(let text): return .string(of(text))
    case .sequence(let items): return .sequence(items.map { Node(inside($0.value)) })
    case .mapping(let mapping):
      var shown = Mapping()
      for member in mapping { shown[member.key] = Node(inside(member.value.value)) }
      return .mapping(shown)
    case .null, .bool, .int, .uint, .double: return value
    }
  }
}
