import Manifest

/// What the hub answers a path with, so that what is no hub is not taken for one.
enum HubAnswer {
  /// A set's spec stands two levels down in an answer.
  private static let limits = TextLimits(bytes: 64 << 20, depth: 250)

  /// The member that every good answer to a request has (docs/openapi.yaml).
  /// - Parameter path: below `/api/v1/`, with or without a query.
  static func member(_ method: String, _ path: String) -> String {
    let parts = path.prefix { $0 != "?" }.split(separator: "/")
    let last = parts.last ?? ""
    switch method {
    case "GET":
      if parts == ["fleet"] { return "diagnostics" }
      if parts.count == 1 { return "items" }
      if parts.count == 2 { return "name" }
      if last == "explanation" { return "set" }
      return parts.count == 3 ? "items" : "name"
    case "POST":
      if parts.count == 1 { return "name" }
      if parts.first == "rollouts" { return "set" }
      let answersItems =
        last == "diff" || last == "dry-run" || (last == "rollback" && parts.first == "applicationsets")
      return answersItems ? "items" : "status"
    default: return "status"
    }
  }

  /// A good answer's object.
  /// - Returns: nil for anything but a JSON object that has the ``member(_:_:)`` of its path.
  static func read(_ body: [UInt8], _ method: String, _ path: String) -> Node? {
    guard let answer = try? JSON.parse(body, limits: limits) else { return nil }
    let member = member(method, path)
    guard let value = answer[member] else { return nil }
    let isList = member == "items" || member == "diagnostics"
    return (isList ? value.sequence == nil : value.string == nil) ? nil : answer
  }

  /// What a hub says of a request that it does not do; nil for what no hub says.
  static func problem(_ body: [UInt8]) -> (message: String, hint: String?)? {
    guard let error = (try? JSON.parse(body, limits: limits))?["error"], let message = error["message"]?.string else {
      return nil
    }
    return (Visible.text(message), error["hint"]?.string.map(Visible.text))
  }
}
