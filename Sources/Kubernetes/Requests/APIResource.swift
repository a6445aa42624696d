package import Manifest

/// A kind as an API server serves it: where its objects live, and what can be done with them.
package struct APIResource: Sendable, Hashable {
  package var gvk: GroupVersionKind
  /// `deployments`.
  package var plural: String
  package var isNamespaced: Bool
  /// `get`, `list`, `watch`, `patch`, …
  package var verbs: Set<String>
  /// `status`, `scale`, ….
  package var subresources: Set<String>

  package init(
    gvk: GroupVersionKind, plural: String, isNamespaced: Bool,
    verbs: Set<String> = ["get", "list", "watch", "create", "update", "patch", "delete"],
    subresources: Set<String> = []
  ) {
    self.gvk = gvk
    self.plural = plural
    self.isNamespaced = isNamespaced
    self.verbs = verbs
    self.subresources = subresources
  }

  /// The path of the collection, of an object in it, or of a subresource of that, percent-encoded.
  package func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) -> String {
    var path = gvk.group.isEmpty ? "/api/" : "/apis/" + PercentEncoding.segment(gvk.group) + "/"
    path += PercentEncoding.segment(gvk.version)
    if isNamespaced, let namespace, !namespace.isEmpty { path += "/namespaces/" + PercentEncoding.segment(namespace) }
    path += "/" + PercentEncoding.segment(plural)
    if let name { path += "/" + PercentEncoding.segment(name) }
    if let subresource { path += "/" + PercentEncoding.segment(subresource) }
    return path
  }
}

extension APIResource {
  package static let configMaps = APIResource(
    gvk: .init(group: "", version: "v1", kind: "ConfigMap"), plural: "configmaps", isNamespaced: true)
  package static let events = APIResource(
    gvk: .init(group: "", version: "v1", kind: "Event"), plural: "events", isNamespaced: true)
  package static let namespaces = APIResource(
    gvk: .init(group: "", version: "v1", kind: "Namespace"), plural: "namespaces", isNamespaced: false)
  package static let secrets = APIResource(
    gvk: .init(group: "", version: "v1", kind: "Secret"), plural: "secrets", isNamespaced: true)
  package static let serviceAccounts = APIResource(
    gvk: .init(group: "", version: "v1", kind: "ServiceAccount"), plural: "serviceaccounts", isNamespaced: true)
}

/// Percent-encoding by RFC 3986.
package enum PercentEncoding {
  /// For one segment of a path: everything but unreserved characters and `:` is encoded.
  package static func segment(_ text: String) -> String { encode(text, keeping: "-._~:") }
  /// For a name or value of a query.
  package static func query(_ text: String) -> String { encode(text, keeping: "-._~") }

  private static func encode(_ text: String, keeping kept: StaticString) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let keptBytes = UnsafeBufferPointer(start: kept.utf8Start, count: kept.utf8CodeUnitCount)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        bytes.append(byte)
      case _ where keptBytes.contains(byte): bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
