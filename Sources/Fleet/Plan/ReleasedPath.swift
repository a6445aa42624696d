package import Manifest

/// A place in an object that is left to others (DESIGN §3.2, "Release"), whatever index its list items have in a cluster.
package struct ReleasedPath: Sendable, Hashable {
  package enum Step: Sendable, Hashable {
    case member(String)
    /// An item of a list, by the texts and numbers it holds in Git.
    case item([String: Node])

    package static func == (a: Step, b: Step) -> Bool { a.text == b.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    var text: String {
      switch self {
      case .member(let key): "f:" + key
      case .item(let keys):
        "k:" + keys.sorted { $0.key < $1.key }.map { $0.key + "=" + JSON.text($0.value) }.joined(separator: ",")
      }
    }
  }

  package var steps: [Step]

  package init(_ steps: [Step]) { self.steps = steps }

  /// For the digest of what is desired.
  var text: String { steps.map(\.text).joined(separator: "/") }

  /// The path in an entry of `managedFields` that holds it; of a list that is owned as a whole, the list's.
  /// - Returns: nil where the entry has nothing of it.
  package func path(in fields: FieldSet) -> [String]? {
    var path: [String] = []
    var fields = fields
    for step in steps {
      guard let element = Self.element(of: step, in: fields), let below = fields[element] else {
        return !path.isEmpty && fields.isMember && fields.elements.isEmpty ? path : nil
      }
      path.append(element)
      fields = below
    }
    return path.isEmpty ? nil : path
  }

  private static func element(of step: Step, in fields: FieldSet) -> String? {
    switch step {
    case .member(let key): fields["f:" + key] == nil ? nil : "f:" + key
    case .item(let keys):
      fields.elements.first { element, _ in
        guard element.hasPrefix("k:"), let wanted = try? JSON.parse(Array(element.dropFirst(2).utf8)).mapping else {
          return false
        }
        // A key that Git does not write has its default in the cluster.
        return wanted.allSatisfy { member in keys[member.key].map { JSONEquality.areEqual($0, member.value) } ?? true }
          && wanted.contains { keys[$0.key] != nil }
      }?.element
    }
  }
}

extension Mapping {
  /// Takes out what `fields`, an entry of `managedFields`, owns: its leaves, but no key that tells a list item.
  mutating func remove(ownedBy fields: FieldSet) {
    for (element, below) in fields.elements where element.hasPrefix("f:") {
      let key = String(element.dropFirst(2))
      guard var node = self[key] else { continue }
      if below.elements.isEmpty {
        self[key] = nil
      } else {
        node.remove(ownedBy: below)
        self[key] = node
      }
    }
  }
}

extension Node {
  /// Gives back what stands in `live` at a path of `managedFields`: what is released before an apply stays as it is, and a
  /// forecast that was asked without releasing it does not know that.
  package mutating func restore(_ path: ArraySlice<String>, from live: Node) {
    guard let element = path.first else {
      self = live
      return
    }
    if element.hasPrefix("f:") {
      let key = String(element.dropFirst(2))
      guard let there = live[key], var mapping = mapping else { return }
      var below = mapping[key] ?? .mapping([:])
      below.restore(path.dropFirst(), from: there)
      mapping[key] = below
      value = .mapping(mapping)
    } else if element.hasPrefix("k:"), let keys = try? JSON.parse(Array(element.dropFirst(2).utf8)).mapping {
      guard let there = live.sequence?.first(where: { $0.fits(keys) }), var items = sequence,
        let index = items.firstIndex(where: { $0.fits(keys) })
      else { return }
      items[index].restore(path.dropFirst(), from: there)
      value = .sequence(items)
    }
  }

  /// Whether it is the list item that these keys name; one that it does not write has its default.
  private func fits(_ keys: Mapping) -> Bool {
    keys.allSatisfy { key in self[key.key].map { JSONEquality.areEqual($0, key.value) } ?? true }
      && keys.contains { self[$0.key] != nil }
  }

  fileprivate mutating func remove(ownedBy fields: FieldSet) {
    switch value {
    case .mapping(var mapping):
      mapping.remove(ownedBy: fields)
      value = .mapping(mapping)
    case .sequence(var items):
      for (element, below) in fields.elements where element.hasPrefix("k:") {
        guard let keys = try? JSON.parse(Array(element.dropFirst(2).utf8)).mapping,
          let index = items.firstIndex(where: { $0.fits(keys) }), var item = items[index].mapping
        else { continue }
        let kept = keys.compactMap { key in item[key.key].map { (key.key, $0) } }
        item.remove(ownedBy: below)
        for (key, node) in kept { item[key] = node }
        items[index].value = .mapping(item)
      }
      value = .sequence(items)
    default: break
    }
  }
}
