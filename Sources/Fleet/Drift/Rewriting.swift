package import Manifest

/// What became of an apply of ours on its way into the cluster: admission may rewrite what we send (DESIGN §3.2).
package enum Rewriting {
  private static let most = 5

  /// Where the answer to an apply, or to its dry run, does not hold what was sent, as `.spec.template.spec.containers[0]`.
  ///
  /// Defaults, number formats, what others added and empty values that a server leaves out are no difference.
  /// - Parameter answer: the whole object, as the server stored or would store it.
  /// - Returns: sorted, the first few; empty where everything is there.
  package static func paths(sent: Object, answer: Node) -> [String] {
    if holds(answer, sent.root) { return [] }
    guard let stored = answer.mapping else { return [] }
    let form = ComparedForm(sent.gvk)
    var paths: [[String]] = []
    collect(form.of(sent.root), form.of(stored), [], into: &paths)
    return paths.map { FieldPath.text($0) }.sorted().prefix(most).map(\.self)
  }

  /// Most answers hold what was sent as it was sent, and are not brought into compared form to find that out.
  private static func holds(_ answer: Node, _ sent: Mapping) -> Bool {
    sent.allSatisfy { member in
      member.key == "metadata"
        ? ["labels", "annotations"].allSatisfy { key in
          member.value[key].map { !differs($0, answer["metadata"]?[key]) } ?? true
        } : !differs(member.value, answer[member.key])
    }
  }

  private static func differs(_ sent: Node, _ stored: Node?) -> Bool {
    var paths: [[String]] = []
    collect(sent, stored, [], into: &paths)
    return !paths.isEmpty
  }

  private static func collect(_ sent: Node, _ stored: Node?, _ path: [String], into paths: inout [[String]]) {
    guard paths.count < most else { return }
    guard let stored else {
      if !sent.isEmptyValue { paths.append(path) }
      return
    }
    switch (sent.value, stored.value) {
    case (.mapping(let sent), .mapping(let stored)):
      for member in sent { collect(member.value, stored[member.key], path + ["f:" + member.key], into: &paths) }
    case (.sequence(let sent), .sequence(let stored)):
      // Others may have added items of their own, anywhere; ours keep their order.
      var next = 0
      for (index, item) in sent.enumerated() where paths.count < most {
        if let place = stored[next...].firstIndex(where: { !differs(item, $0) }) {
          next = place + 1
        } else {
          paths.append(path + ["i:\(index)"])
        }
      }
    default:
      if !JSONEquality.areEqual(sent, stored) { paths.append(path) }
    }
  }

}

extension Node {
  fileprivate var isEmptyValue: Bool {
    switch value {
    case .null: true
    case .mapping(let mapping): mapping.isEmpty
    case .sequence(let items): items.isEmpty
    default: false
    }
  }
}

extension ObjectDiff {
  /// Where two states of an object differ, as ``FieldPath`` writes it; defaults and what only a server sets do not count.
  package static func paths(from live: Node, to predicted: Node, of kind: GroupVersionKind) -> [[String]] {
    guard let live = live.mapping, let predicted = predicted.mapping else { return [] }
    let form = ComparedForm(kind)
    return Differences.paths(from: form.of(live), to: form.of(predicted)).map { $0.tokens.map { "f:" + $0 } }
  }
}
