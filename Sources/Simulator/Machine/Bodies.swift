import Manifest

extension APIServer {
  /// The object in the body of a create or update, with the warnings that its unknown fields earn.
  /// - Throws: 400 for what is no object of the kind, 415 for a media type that is not taken.
  func body(
    of target: ResourceRequest
  ) throws(StatusError) -> (object: Mapping, warnings: [(name: String, value: String)]) {
    let mediaType = target.request.contentType.prefix { $0 != ";" }
    guard ["", "application/json", "application/yaml", "*/*"].contains(mediaType) else { throw Self.unsupported }
    let expected = Self.expectedKind(of: target)
    let object = try Self.decode(target.request.body, expected: expected.kind, isYAML: mediaType.hasSuffix("yaml"))
    try Self.check(object, expected: expected)
    guard expected == target.type.groupVersionKind else { return (object, []) }
    let decoded = try schema(of: target.type).decode(object)
    return (decoded.object, try validated(decoded, target))
  }

  /// What `fieldValidation` makes of fields that the kind does not declare: an error, warnings, nothing.
  func validated(
    _ decoded: DecodedObject, _ target: ResourceRequest
  ) throws(StatusError) -> [(name: String, value: String)] {
    let unknown = decoded.unknownFields
    switch target.query["fieldValidation"] {
    case "Strict" where !unknown.isEmpty:
      throw .badRequest(
        "\(target.type.kind) in version \"\(target.type.version)\" cannot be handled as a \(target.type.kind): "
          + "strict decoding error: " + unknown.map { "unknown field \"\($0)\"" }.joined(separator: ", "))
    case "Ignore": return []
    default: return unknown.map { ("warning", "299 - \"unknown field \\\"\($0)\\\"\"") }
    }
  }

  static let unsupported = StatusError(
    code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type", details: .init())

  private static func expectedKind(of target: ResourceRequest) -> GroupVersionKind {
    guard let subresource = target.type.subresource(target.info.subresource), !subresource.group.isEmpty else {
      return target.type.groupVersionKind
    }
    return GroupVersionKind(group: subresource.group, version: subresource.version, kind: subresource.kind)
  }

  static func decode(_ body: [UInt8], expected kind: String, isYAML: Bool) throws(StatusError) -> Mapping {
    if isYAML { return try yaml(body, expected: kind) }
    let why: String
    do {
      if let mapping = try WireJSON.node(body).mapping { return mapping }
      why = "couldn't get version/kind; json parse error: json: cannot unmarshal the value into an object"
    } catch {
      why = "couldn't get version/kind; json parse error: \(error.message)"
    }
    throw .badRequest("the object provided is unrecognized (must be of type \(kind)): \(why) (\(summary(of: body)))")
  }

  private static func yaml(_ body: [UInt8], expected kind: String) throws(StatusError) -> Mapping {
    let documents = try? YAML.parse(body, options: .init(limits: TextLimits(bytes: 4 << 20, depth: 200)))
    guard let mapping = documents?.first?.mapping else {
      throw .badRequest(
        "the object provided is unrecognized (must be of type \(kind)): not YAML (\(summary(of: body)))")
    }
    return mapping
  }

  /// The start of a body as error messages show it: text where it looks like JSON, else hexadecimal.
  private static func summary(of body: [UInt8]) -> String {
    guard let first = body.first else { return "<empty>" }
    let start = body.prefix(30)
    let text =
      first == UInt8(ascii: "{")
      ? String(decoding: start, as: UTF8.self)
      : start.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return body.count > 30 ? text + " ..." : text
  }

  private static func check(_ object: Mapping, expected: GroupVersionKind) throws(StatusError) {
    let kind = object.kind.isEmpty ? expected.kind : object.kind
    let apiVersion = object.apiVersion.isEmpty ? expected.apiVersion : object.apiVersion
    let given = GroupVersionKind(apiVersion: apiVersion, kind: kind)
    if given == expected { return }
    guard given.kind == expected.kind else {
      let package = expected.group.split(separator: ".").first.map(String.init) ?? "core"
      throw .badRequest(
        "\(kind) in version \"\(given.version)\" cannot be handled as a \(expected.kind): converting "
          + "(\(given.version).\(kind)) to (\(package).\(expected.kind)): unknown conversion")
    }
    throw .badRequest(
      "the API version in the data (\(apiVersion)) does not match the expected API version (\(expected.apiVersion))")
  }
}
