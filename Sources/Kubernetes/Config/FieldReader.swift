import Manifest

/// Reads the fields of one part of a configuration strictly, and says where each is wrong.
struct FieldReader {
  let node: Node
  let file: String
  /// What messages call it: `cluster 'edge'`.
  let owner: String
  /// Where everything is reported, for a text inside another one; nil to use each field's own mark.
  var location: SourceLocation?
  private(set) var diagnostics: [Diagnostic] = []

  init(node: Node, file: String, owner: String, location: SourceLocation? = nil) {
    self.node = node
    self.file = file
    self.owner = owner
    self.location = location
  }

  mutating func text(_ key: String) -> String? {
    guard let member = node[key], !member.isNull else { return nil }
    // As kubectl, which takes numbers and booleans for strings where strings belong: `namespace: 2024`.
    guard let text = member.string ?? member.spelling ?? Self.plain(member) else {
      report("shape", "\(key) of \(owner) is a string, not a \(member.value.kindName)", member)
      return nil
    }
    return text.isEmpty ? nil : text
  }

  private static func plain(_ node: Node) -> String? {
    switch node.value {
    case .int(let number): String(number)
    case .bool(let flag): flag ? "true" : "false"
    default: nil
    }
  }

  mutating func flag(_ key: String) -> Bool {
    guard let member = node[key], !member.isNull else { return false }
    guard let flag = member.bool else {
      report("shape", "\(key) of \(owner) is true or false, not a \(member.value.kindName)", member)
      return false
    }
    return flag
  }

  mutating func texts(_ key: String) -> [String] {
    guard let member = node[key], !member.isNull else { return [] }
    guard let nodes = member.sequence, nodes.allSatisfy({ $0.string != nil }) else {
      report("shape", "\(key) of \(owner) is a list of strings", member)
      return []
    }
    return nodes.compactMap(\.string)
  }

  /// The bytes of `KEY-data` in base64; else nil.
  mutating func base64(_ key: String) -> [UInt8]? {
    guard let text = text(key) else { return nil }
    guard let bytes = Base64.decode(text) else {
      report("bad-base64", "\(key) of \(owner) is not base64", node[key], help: "encode the PEM file with base64")
      return nil
    }
    return bytes
  }

  /// The bytes of the file that `key` names, relative to the folder of this configuration.
  mutating func file(_ key: String, from files: LocalFiles) -> [UInt8]? {
    guard let path = path(key) else { return nil }
    do {
      return try files.read(path, 1 << 20)
    } catch {
      report("unreadable-file", "the file '\(path)', \(key) of \(owner), \(error.words)", node[key])
      return nil
    }
  }

  /// The path that `key` holds, made absolute from the folder of this configuration.
  mutating func path(_ key: String) -> String? {
    text(key).map { resolve($0) }
  }

  /// The path that `key` holds, where no `KEY-data` stands before it.
  mutating func certificatePath(_ key: String) -> String? { text(key + "-data") == nil ? path(key) : nil }

  func resolve(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let slash = file.lastIndex(of: "/") else { return path }
    return String(file[...slash]) + path
  }

  mutating func add(_ more: [Diagnostic]) { diagnostics += more }

  func place(_ node: Node?) -> SourceLocation {
    location ?? SourceLocation(file: file, mark: (node ?? self.node).mark)
  }

  mutating func report(_ code: String, _ message: String, _ node: Node? = nil, help: String? = nil) {
    diagnostics.append(Diagnostic("kubeconfig." + code, message, at: place(node), help: help))
  }
}
