import Manifest

/// Changes names, tags and digests of container images.
struct ImageTransformer {
  private let change: ImageChange
  private let fields: [FieldSpec]
  private let pattern: Pattern?

  init(_ change: ImageChange, fields: [FieldSpec]) {
    self.change = change
    self.fields = fields
    pattern = try? Pattern("^" + change.name + "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$")
  }

  /// - Throws: ``Diagnostic``
  func apply(to set: inout ResourceSet) throws {
    for position in set.indices where set[position].gvk.kind != "CustomResourceDefinition" {
      if mayHold(set[position].root) {
        try set.update(position) { resource in
          do {
            try resource.editContent { try walk(&$0) }
          } catch let error as FieldError {
            throw error.diagnostic(field: "containers", of: resource)
          }
        }
      }
      for field in fields {
        // Field specs of images never create: there would be nothing to change.
        var field = field
        field.creates = false
        try set.update(position) { try field.apply(to: &$0, creating: .nothing, write) }
      }
    }
  }

  private static let containerLists: Set<String> = ["containers", "initContainers"]

  /// Whether a list of containers stands anywhere below; spares the rest a copy.
  private func mayHold(_ node: Node) -> Bool {
    switch node.value {
    case .mapping(let mapping):
      mapping.members.contains { Self.containerLists.contains($0.key) || mayHold($0.value) }
    case .sequence(let nodes): nodes.contains { mayHold($0) }
    default: false
    }
  }

  /// Every `containers` and `initContainers` list, whatever the kind.
  private func walk(_ node: inout Node) throws {
    switch node.value {
    case .mapping(var mapping):
      node.value = .null
      defer { node.value = .mapping(mapping) }
      for position in 0..<mapping.count {
        let key = mapping.members[position].key
        let isList = Self.containerLists.contains(key)
        guard isList || mayHold(mapping.members[position].value) else { continue }
        try mapping.updateValue(at: position) { value in
          try walk(&value)
          if isList { try writeContainers(&value) }
        }
      }
    case .sequence(var nodes):
      node.value = .null
      defer { node.value = .sequence(nodes) }
      for position in nodes.indices { try walk(&nodes[position]) }
    default: break
    }
  }

  private func writeContainers(_ node: inout Node) throws {
    guard case .sequence(var nodes) = node.value else { return }
    node.value = .null
    defer { node.value = .sequence(nodes) }
    for position in nodes.indices {
      if nodes[position].isNull { continue }
      guard nodes[position].mapping != nil else {
        throw FieldError(message: "a container must be a mapping", mark: nodes[position].mark)
      }
      if var image = nodes[position]["image"], !image.isNull {
        try write(&image)
        nodes[position]["image"] = image
      }
    }
  }

  private func write(_ node: inout Node) throws {
    guard node.isScalar else {
      throw FieldError(message: "an image must be a scalar, not a \(node.value.kindName)", mark: node.mark)
    }
    guard !node.isNull, let text = node.scalarText, let pattern, pattern.matches(text) else { return }
    node = node.replacingScalar(by: changed(text), as: .untyped)
  }

  private func changed(_ text: String) -> String {
    var image = ImageName(text)
    if !change.newName.isEmpty { image.name = change.newName }
    if !change.newTag.isEmpty {
      image.tag = change.newTag
      image.digest = change.digest
    } else if !change.digest.isEmpty {
      image.tag = ""
      image.digest = change.digest
    } else if !change.tagSuffix.isEmpty {
      image.tag += change.tagSuffix
      image.digest = ""
    }
    return image.description
  }
}

/// `name:tag@digest`.
struct ImageName: CustomStringConvertible {
  var name: String
  var tag = ""
  var digest = ""

  init(_ text: String) {
    // A colon before the first slash is a registry's port.
    let slash = text.firstIndex(of: "/") ?? text.startIndex
    let search = text[slash...]
    let at = search.firstIndex(of: "@")
    let colon = search.firstIndex(of: ":")
    let tagEnd = at ?? text.endIndex
    if let colon, colon < tagEnd {
      name = String(text[..<colon])
      tag = String(text[text.index(after: colon)..<tagEnd])
    } else {
      name = String(text[..<tagEnd])
    }
    if let at { digest = String(text[text.index(after: at)...]) }
  }

  var description: String { name + (tag.isEmpty ? "" : ":" + tag) + (digest.isEmpty ? "" : "@" + digest) }
}
