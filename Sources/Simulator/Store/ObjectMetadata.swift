import Manifest

/// The members of `metadata` that the server reads and sets.
extension Mapping {
  var metadata: Mapping { self["metadata"]?.mapping ?? Mapping() }

  func metadataText(_ key: String) -> String { self["metadata"]?[key]?.string ?? "" }

  mutating func setMetadata(_ key: String, _ node: Node?) {
    if self["metadata"]?.mapping == nil { self["metadata"] = .mapping([:]) }
    self["metadata"]?[key] = node
  }

  var objectName: String { metadataText("name") }
  var objectNamespace: String { metadataText("namespace") }
  var uid: String { metadataText("uid") }
  var resourceVersion: String { metadataText("resourceVersion") }
  var kind: String { self["kind"]?.string ?? "" }
  var apiVersion: String { self["apiVersion"]?.string ?? "" }
  var key: ObjectKey { ObjectKey(namespace: objectNamespace, name: objectName) }

  var isBeingDeleted: Bool { self["metadata"]?["deletionTimestamp"]?.string != nil }

  var finalizers: [String] { (self["metadata"]?["finalizers"]?.sequence ?? []).compactMap(\.string) }

  var generation: Int64 { self["metadata"]?["generation"]?.int ?? 0 }

  func label(_ key: String) -> String? { self["metadata"]?["labels"]?[key]?.string }

  func annotation(_ key: String) -> String? { self["metadata"]?["annotations"]?[key]?.string }

  var ownerReferences: [OwnerReference] {
    (self["metadata"]?["ownerReferences"]?.sequence ?? []).compactMap(OwnerReference.init)
  }

  /// The reference of the controller, at most one.
  var controller: OwnerReference? { ownerReferences.first(where: \.isController) }

  /// A reference to this object, as its controller writes it into what it makes.
  var controllerReference: Node {
    .mapping([
      "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(objectName), "uid": .string(uid),
      "controller": Node(.bool(true)), "blockOwnerDeletion": Node(.bool(true)),
    ])
  }
}

/// One entry of `metadata.ownerReferences`.
struct OwnerReference: Equatable {
  var apiVersion: String
  var kind: String
  var name: String
  var uid: String
  var isController: Bool
  var blocksOwnerDeletion: Bool

  init?(_ node: Node) {
    guard let uid = node["uid"]?.string else { return nil }
    self.uid = uid
    apiVersion = node["apiVersion"]?.string ?? ""
    kind = node["kind"]?.string ?? ""
    name = node["name"]?.string ?? ""
    isController = node["controller"]?.bool ?? false
    blocksOwnerDeletion = node["blockOwnerDeletion"]?.bool ?? false
  }
}
