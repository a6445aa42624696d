package import Manifest

/// Names what was lost, for people and for the ledger of healed fields.
package enum Drift {
  /// The paths of the desired object that our entry no longer has.
  ///
  /// The desired object's own paths stand in for the entry that was: lists count as a whole where their items cannot be
  /// told apart without a schema.
  package static func lostPaths(desired: Object, applySet: String, entry: FieldSet) -> [[String]] {
    var lost: [[String]] = []
    for member in desired.root where !["apiVersion", "kind"].contains(member.key) {
      collect(member.value, path: ["f:" + member.key], entry: entry["f:" + member.key], into: &lost)
    }
    let label = ["f:metadata", "f:labels", "f:" + ApplySetLabel.partOf]
    if !entry.contains(label) { lost.append(label) }
    return lost.filter { $0 != ["f:metadata", "f:name"] && $0 != ["f:metadata", "f:namespace"] }
  }

  private static func collect(_ node: Node, path: [String], entry: FieldSet?, into lost: inout [[String]]) {
    switch node.value {
    case .mapping(let mapping) where !mapping.isEmpty:
      if let entry, entry.isMember, entry.elements.isEmpty { return }
      for member in mapping {
        collect(member.value, path: path + ["f:" + member.key], entry: entry?["f:" + member.key], into: &lost)
      }
    case .sequence(let nodes) where !nodes.isEmpty: collectList(nodes, path: path, entry: entry, into: &lost)
    default:
      if entry == nil { lost.append(path) }
    }
  }

  /// Items of a list map are matched by the keys in the entry's elements; an item none of them fits is lost.
  private static func collectList(_ nodes: [Node], path: [String], entry: FieldSet?, into lost: inout [[String]]) {
    guard let entry else {
      lost.append(path)
      return
    }
    if entry.isMember && entry.elements.isEmpty { return }
    let items = entry.elements.filter { $0.element.hasPrefix("k:") }
    guard !items.isEmpty else { return }
    for node in nodes {
      guard let mapping = node.mapping else { continue }
      if let item = items.first(where: { Self.fits(mapping, $0.element) }) {
        for member in mapping {
          collect(
            member.value, path: path + [item.element, "f:" + member.key], entry: item.set["f:" + member.key],
            into: &lost)
        }
      } else {
        lost.append(path + ["[" + (mapping["name"]?.string ?? "item") + "]"])
      }
    }
  }

  private static func fits(_ item: Mapping, _ element: String) -> Bool {
    guard let keys = try? JSON.parse(Array(element.dropFirst(2).utf8)).mapping else { return false }
    return keys.allSatisfy { key in item[key.key].map { $0 == key.value } ?? true }
  }
}
