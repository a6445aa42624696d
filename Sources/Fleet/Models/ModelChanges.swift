/// A model or an image that becomes another one.
package struct ModelChange: Sendable, Hashable {
  package var kind: ModelVersion.Kind
  /// The name that both have; that of the new one where it changes too.
  package var model: String
  /// Version and revision before, the whole name where the model is another one; nil for a model that was not there.
  package var from: String?
  /// Nil for a model that is gone.
  package var to: String?
  /// Whether `from` and `to` are names of models.
  private var isRenamed = false

  init?(_ old: ModelVersion?, _ new: ModelVersion?) {
    guard let one = new ?? old else { return nil }
    (kind, model) = (one.kind, one.model)
    guard let old, let new else {
      from = old?.label
      to = new?.label
      return
    }
    isRenamed = old.model != new.model
    if isRenamed {
      (from, to) = (Self.name(old), Self.name(new))
    } else if old.version != new.version {
      (from, to) = Self.short(
        old.version.isEmpty ? old.label : old.version, new.version.isEmpty ? new.label : new.version)
    } else if old.revision != new.revision {
      (from, to) = (old.label, new.label)
    } else {
      return nil
    }
  }

  private static func name(_ version: ModelVersion) -> String {
    version.label.isEmpty ? version.model : version.model + " " + version.label
  }

  /// Two addresses that begin alike are told apart by their ends.
  private static func short(_ old: String, _ new: String) -> (String, String) {
    guard old.contains("://"), new.contains("://") else { return (old, new) }
    let (first, second) = (old.split(separator: "/"), new.split(separator: "/"))
    let common = zip(first, second).prefix { $0 == $1 }.count
    guard common >= 2, common < first.count, common < second.count else { return (old, new) }
    return (first[common...].joined(separator: "/"), second[common...].joined(separator: "/"))
  }
}

extension ModelChange: CustomStringConvertible {
  /// `llama3 3.1-70b → 3.2-70b`.
  package var description: String {
    switch (from, to) {
    case (let from?, let to?): isRenamed ? "\(from) → \(to)" : "\(model) \(Self.shown(from)) → \(Self.shown(to))"
    case (nil, let to?): Self.joined(model, to) + " (new)"
    case (let from?, nil): Self.joined(model, from) + " (removed)"
    case (nil, nil): model
    }
  }

  private static func shown(_ label: String) -> String { label.isEmpty ? "(no version)" : label }

  private static func joined(_ model: String, _ label: String) -> String {
    label.isEmpty ? model : model + " " + label
  }
}

package enum ModelChanges {
  /// What changes between two states of the same Application: models first, then images, each by name, and each once.
  ///
  /// What stands in the same place is the same thing in another version; then what has the same name.
  package static func between(_ old: [ModelVersion], _ new: [ModelVersion]) -> [ModelChange] {
    var rest = Pairing(old, new)
    rest.pair { "\($0.kind.rawValue) \($0.origin.object) \($0.origin.part)" }
    rest.pair { "\($0.kind.rawValue) \($0.model)" }
    var changes = Set(rest.pairs.compactMap { ModelChange($0.old, $0.new) })
    changes.formUnion(rest.old.compactMap { ModelChange($0, nil) })
    changes.formUnion(rest.new.compactMap { ModelChange(nil, $0) })
    return changes.sorted { a, b in
      a.kind != b.kind ? a.kind < b.kind : (a.model, a.description) < (b.model, b.description)
    }
  }

  /// The first changes in one line: `llama3 3.1-70b → 3.2-70b, and 2 more`; empty for none.
  package static func summary(_ changes: [ModelChange], limit: Int = 3) -> String {
    let shown = changes.prefix(max(1, limit)).map(\.description).joined(separator: ", ")
    return changes.count > max(1, limit) ? "\(shown), and \(changes.count - max(1, limit)) more" : shown
  }

  private struct Pairing {
    var old: [ModelVersion]
    var new: [ModelVersion]
    var pairs: [(old: ModelVersion, new: ModelVersion)] = []

    init(_ old: [ModelVersion], _ new: [ModelVersion]) { (self.old, self.new) = (old, new) }

    /// Pairs what has the same key on both sides, one by one in order.
    mutating func pair(by key: (ModelVersion) -> String) {
      var waiting = Dictionary(grouping: old.indices, by: { key(old[$0]) }).mapValues { Array($0.reversed()) }
      var taken: Set<Int> = []
      var left: [ModelVersion] = []
      for version in new {
        if let index = waiting[key(version)]?.popLast() {
          pairs.append((old[index], version))
          taken.insert(index)
        } else {
          left.append(version)
        }
      }
      new = left
      old = old.enumerated().filter { !taken.contains($0.offset) }.map(\.element)
    }
  }
}
