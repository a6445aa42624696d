package import Manifest

/// One line of a watch's answer.
package enum WatchEvent: Sendable, Equatable {
  /// ADDED and MODIFIED.
  case upserted(WatchedObject)
  /// DELETED: gone, or no longer selected.
  case deleted(WatchedObject)
  /// Everything up to this version has been sent.
  case bookmark(resourceVersion: String, endsInitialEvents: Bool)
  case error(APIError)

  /// What a bookmark's line begins with, as API servers write it.
  static let bookmarkPrefix = Array(#"{"type":"BOOKMARK""#.utf8)

  /// - Throws: ``Unreadable`` for a line that is no event.
  package init(line: [UInt8], limits: TextLimits) throws(Unreadable) {
    let node: Node
    do {
      node = try JSON.parse(line, file: "<watch>", limits: limits)
    } catch {
      throw Unreadable(reason: "a watch event is not JSON")
    }
    guard let type = node["type"]?.string, let object = node["object"] else {
      throw Unreadable(reason: "a watch event has no type or object")
    }
    switch type {
    case "ADDED", "MODIFIED": self = .upserted(try Self.object(object))
    case "DELETED": self = .deleted(try Self.object(object))
    case "BOOKMARK":
      let metadata = object["metadata"]
      self = .bookmark(
        resourceVersion: metadata?["resourceVersion"]?.string ?? "",
        endsInitialEvents: metadata?["annotations"]?["k8s.io/initial-events-end"]?.string == "true")
    case "ERROR": self = .error(APIError(object))
    default: throw Unreadable(reason: "a watch event has the unknown type '\(type.prefix(40))'")
    }
  }

  private static func object(_ node: Node) throws(Unreadable) -> WatchedObject {
    guard let object = WatchedObject(node) else { throw Unreadable(reason: "a watched object has no name") }
    return object
  }
}

/// An answer that cannot be understood; quotes nothing of it.
package struct Unreadable: Error, Sendable, Equatable {
  package var reason: String
}

/// An object of a list or watch: whole, or its metadata only.
package struct WatchedObject: Sendable, Equatable {
  package struct Key: Sendable, Hashable {
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
      self.namespace = namespace
      self.name = name
    }
  }

  package let node: Node
  package let key: Key
  package let uid: String
  package let resourceVersion: String

  /// Nil for what has no name.
  package init?(_ node: Node) {
    guard let metadata = node["metadata"]?.mapping, let name = metadata["name"]?.string, !name.isEmpty else {
      return nil
    }
    self.node = node
    key = Key(namespace: metadata["namespace"]?.string ?? "", name: name)
    uid = metadata["uid"]?.string ?? ""
    resourceVersion = metadata["resourceVersion"]?.string ?? ""
  }
}

/// One page of a list.
package struct ObjectList: Sendable, Equatable {
  package var items: [WatchedObject]
  package var resourceVersion: String
  /// Nil on the last page.
  package var continueToken: String?

  package init(items: [WatchedObject], resourceVersion: String, continueToken: String? = nil) {
    self.items = items
    self.resourceVersion = resourceVersion
    self.continueToken = continueToken
  }

  /// - Throws: ``Unreadable`` for what is no list of named objects.
  package init(_ node: Node) throws(Unreadable) {
    guard let metadata = node["metadata"], metadata.mapping != nil, node["kind"]?.string?.hasSuffix("List") == true
    else { throw Unreadable(reason: "the answer is no list") }
    // Go writes an empty list as null.
    let nodes = node["items"]?.sequence ?? []
    items = []
    items.reserveCapacity(nodes.count)
    for node in nodes {
      guard let item = WatchedObject(node) else { throw Unreadable(reason: "a listed object has no name") }
      items.append(item)
    }
    resourceVersion = metadata["resourceVersion"]?.string ?? ""
    continueToken = metadata["continue"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }
}
