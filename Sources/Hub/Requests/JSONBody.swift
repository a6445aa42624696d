import HTTPTypes
import Hummingbird
import Manifest

/// The JSON object that a request carries.
struct JSONBody: Sendable {
  static let limit = 64 << 10
  static let depth = 20

  private let mapping: Mapping

  /// - Throws: ``APIProblem`` for more than `limit` bytes, for what is not a JSON object, and for a field that is not in
  ///   `fields`: a misspelt one would otherwise be as good as none.
  init(_ request: Request, fields: Set<String>, limit: Int = JSONBody.limit, depth: Int = JSONBody.depth) async throws {
    let bytes = try await Self.bytes(of: request, limit: limit)
    if bytes.isEmpty {
      mapping = Mapping()
      return
    }
    let node: Node
    do throws(Diagnostic) {
      node = try JSON.parse(bytes, limits: TextLimits(bytes: limit, depth: depth))
    } catch {
      throw APIProblem.badRequest("the body is not JSON: \(error.message)")
    }
    guard let mapping = node.mapping else { throw APIProblem.badRequest("the body is not a JSON object") }
    for member in mapping where !fields.contains(member.key) {
      throw APIProblem(
        .badRequest, "unknown-field", "there is no field '\(Visible.text(member.key))'",
        hint: fields.isEmpty ? "the body is empty" : "the fields are " + fields.sorted().joined(separator: ", "))
    }
    self.mapping = mapping
  }

  /// The whole body, never more than `limit` bytes.
  static func bytes(of request: Request, limit: Int) async throws -> [UInt8] {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
      throw APIProblem.tooLarge(limit)
    }
    var bytes: [UInt8] = []
    for try await part in request.body {
      guard bytes.count + part.readableBytes <= limit else { throw APIProblem.tooLarge(limit) }
      bytes.append(contentsOf: part.readableBytesView)
    }
    return bytes
  }

  func bool(_ field: String) throws -> Bool? { try value(field, "true or false", \.bool) }

  func text(_ field: String) throws -> String? { try value(field, "a text", \.string) }

  func requiredText(_ field: String) throws -> String {
    guard let text = try text(field), !text.isEmpty else { throw APIProblem.badRequest("'\(field)' is needed") }
    return text
  }

  /// A whole number, not negative.
  func count(_ field: String) throws -> Int? {
    try value(field, "a whole number, 0 or more") { $0.int.flatMap { Int(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil } }
  }

  func nodes(_ field: String) throws -> [Node]? { try value(field, "a list", \.sequence) }

  /// Nil where it is absent.
  func texts(_ field: String) throws -> [String]? {
    try value(field, "a list of texts") { node in
      guard let items = node.sequence else { return nil }
      let texts = items.compactMap(\.string)
      return texts.count == items.count ? texts : nil
    }
  }

  /// Labels, nil where the field is absent; a null takes one away where `removable`.
  func labels(_ field: String, removable: Bool) throws -> [(key: String, value: String?)]? {
    guard let members = try value(field, "an object of texts", \.mapping) else { return nil }
    return try members.map { member in
      if let reason = NameRules.problem(withLabelKey: member.key) {
        throw APIProblem.badRequest("'\(Visible.text(member.key))' is no label key: it \(reason)")
      }
      if removable, member.value.isNull { return (member.key, nil) }
      guard let value = member.value.string, NameRules.problem(withLabelValue: value) == nil else {
        throw APIProblem.badRequest("the value of '\(member.key)' is no label value")
      }
      return (member.key, value)
    }
  }

  private func value<T>(_ field: String, _ wanted: String, _ read: (Node) -> T?) throws -> T? {
    guard let node = mapping.first(where: { $0.key == field })?.value, !node.isNull else { return nil }
    guard let value = read(node) else { throw APIProblem.badRequest("'\(field)' is not \(wanted)") }
    return value
  }
}
