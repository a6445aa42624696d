import Manifest

/// Where the next page of a list begins, as the opaque `continue` parameter carries it.
///
/// Source: apiserver's storage `continue.go`: the start is relative to the prefix listed, and ends with a NUL.
struct ContinueToken: Equatable {
  var revision: UInt64
  /// The last key of the page before.
  var after: ObjectKey

  /// - Parameter namespace: what the list is confined to; empty for all.
  func text(in namespace: String) -> String {
    let start = namespace.isEmpty && !after.namespace.isEmpty ? "\(after.namespace)/\(after.name)" : after.name
    let root: Node = .mapping([
      "v": .string("meta.k8s.io/v1"), "rv": Node(.int(Int64(clamping: revision))), "start": .string(start + "\u{0}"),
    ])
    return ServiceAccountTokens.encode(WireJSON.bytes(root))
  }

  /// - Throws: 400 for a token that this server did not make.
  init(_ text: String, in namespace: String, isNamespaced: Bool) throws(StatusError) {
    guard let bytes = ServiceAccountTokens.decode(text) else {
      throw .badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0")
    }
    let root: Node
    do {
      root = try WireJSON.node(bytes)
    } catch {
      throw .badRequest("invalid continue token: continue key is not valid: \(error.message)")
    }
    guard root["v"]?.string == "meta.k8s.io/v1", let revision = root["rv"]?.int, revision > 0,
      let start = root["start"]?.string
    else {
      throw .badRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion")
    }
    let key = String(start.drop { $0 == "/" }.prefix { $0 != "\u{0}" })
    let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
    self.revision = UInt64(revision)
    if namespace.isEmpty && isNamespaced, parts.count == 2 {
      after = ObjectKey(namespace: parts[0], name: parts[1])
    } else {
      after = ObjectKey(namespace: namespace, name: key)
    }
  }

  init(revision: UInt64, after: ObjectKey) {
    self.revision = revision
    self.after = after
  }
}
