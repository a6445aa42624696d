import Engine
import Fleet
import Manifest

/// A preview as people and machines read it.
struct PreviewText {
  let preview: FleetPreview
  let before: PreviewReader.Side
  let after: PreviewReader.Side
  let from: String
  let to: String

  /// What `from` does not have: errors that were there before say nothing of the change.
  var newErrors: [Diagnostic] {
    after.diagnostics.filter { $0.severity == .error && !Self.holds(before.diagnostics, $0) }
  }

  var newFailures: [Failure] {
    after.failures.filter { failure in
      !before.failures.contains {
        $0.code == failure.code && Self.withoutCommit($0.subject) == Self.withoutCommit(failure.subject)
      }
    }
  }

  /// Lines may have moved.
  private static func holds(_ diagnostics: [Diagnostic], _ one: Diagnostic) -> Bool {
    diagnostics.contains {
      $0.code == one.code && withoutCommit($0.message) == withoutCommit(one.message)
        && withoutCommit($0.location?.file ?? "") == withoutCommit(one.location?.file ?? "")
    }
  }

  /// `fleet@1a2b3c4d5e6f:templates/a.yaml` is another file's name at each commit.
  private static func withoutCommit(_ text: String) -> String { text.replacing(#/@[0-9a-f]{7,40}:/#, with: ":") }

  /// Rows of one part beyond which the rest is counted.
  private static let mostRows = 50

  // MARK: Parts

  private struct Part {
    var title: String
    var table: Table
    var hidden = 0
  }

  private var summary: String {
    let counts = Dictionary(grouping: preview.applications, by: \.change).mapValues(\.count)
    let words = [FleetPreview.Change.added, .changed, .removed, .kept].compactMap { change in
      counts[change].map { "\($0) \(change.rawValue)" }
    }
    if words.isEmpty {
      let count = Counted.text(preview.total, "application")
      guard after.isSound else { return "nothing can be told of \(to), which has errors: \(count) could be read" }
      return "no change: \(count) \(preview.total == 1 ? "stays as it is" : "stay as they are")"
    }
    let clusters = preview.clusters.count
    return "\(words.joined(separator: ", ")) of \(preview.total) applications, on \(clusters) "
      + (clusters == 1 ? "cluster" : "clusters")
  }

  private var parts: [Part] { [models, sets, applications, objects, waves, risks].compactMap(\.self) }

  private var models: Part? {
    part(
      "Models and images", ["CHANGE", "CLUSTERS"],
      preview.models.map { [$0.change.description, "\($0.clusters.count)"] })
  }

  private var sets: Part? {
    let changed = preview.sets.filter { $0.before != $0.after || $0.removed > 0 }
    guard !changed.isEmpty else { return nil }
    return part(
      "Sets", ["SET", "BEFORE", "AFTER", "REMOVED", "BREAKER"],
      changed.map {
        [
          $0.name, "\($0.before)", "\($0.after)", "\($0.removed)",
          $0.isRefused ? "refuses more than \($0.limit)" : "",
        ]
      })
  }

  private var applications: Part? {
    part(
      "Applications", ["APPLICATION", "CLUSTER", "CHANGE", "CREATED", "UPDATED", "DELETED", "FIELDS"],
      preview.applications.map {
        [
          $0.name, $0.cluster, $0.change.rawValue, "\($0.created)", "\($0.updated)", "\($0.deleted)",
          $0.fields.map(Self.words).joined(separator: "; "),
        ]
      })
  }

  private var objects: Part? {
    part(
      "Objects", ["KIND", "NAMESPACE", "NAME", "CHANGE", "CLUSTERS", "FIELDS"],
      preview.objects.map { change in
        let delta = change.delta
        return [
          "\(delta.id.groupKind)", delta.id.namespace,
          (delta.oldName.map { $0 + " → " } ?? "") + delta.id.name, delta.change.rawValue,
          "\(change.clusters.count)",
          delta.fields.map(Self.words).joined(separator: "; ")
            + (delta.hiddenFields > 0 ? " and \(delta.hiddenFields) more" : ""),
        ]
      })
  }

  private var waves: Part? {
    part(
      "Waves", ["SET", "STEP", "AT ONCE", "GATES", "APPLICATIONS", "WHICH"],
      preview.waves.map {
        [
          $0.set, Self.step($0),
          $0.maxUpdate.isEmpty ? "all" : $0.maxUpdate, $0.gates.isEmpty ? "-" : $0.gates.joined(separator: ", "),
          "\($0.applications.count)",
          $0.applications.prefix(3).joined(separator: ", ") + ($0.applications.count > 3 ? ", …" : ""),
        ]
      })
  }

  private static func step(_ wave: PreviewedWave) -> String {
    guard let step = wave.step else { return "none: never synced" }
    return wave.name.isEmpty ? "\(step)" : "\(step) \(wave.name)"
  }

  private var risks: Part? {
    part(
      "Risks", ["RISK", "WHAT", "CLUSTERS", "WHY"],
      preview.risks.map { [$0.kind.rawValue, $0.subject, "\($0.clusters)", $0.message] })
  }

  private func part(_ title: String, _ header: [String], _ rows: [[String]]) -> Part? {
    guard !rows.isEmpty else { return nil }
    var table = Table(header)
    table.rows = Array(rows.prefix(Self.mostRows))
    return Part(title: title, table: table, hidden: rows.count - table.rows.count)
  }

  private static func words(_ field: ObjectDelta.Field) -> String {
    "\(field.path): \(field.before ?? "none") → \(field.after ?? "none")"
  }

  // MARK: Texts

  var table: String {
    var text = "\(from) → \(to): \(summary)\n"
    for part in parts {
      text += "\n\(part.title)\n" + part.table.text
      if part.hidden > 0 { text += "… and \(part.hidden) more\n" }
    }
    return text
  }

  var markdown: String {
    var text = "### Fleet preview: `\(from)` → `\(to)`\n\n**\(summary)**\n"
    for part in [risks].compactMap(\.self) + parts.dropLast(risks == nil ? 0 : 1) {
      text +=
        "\n<details\(part.title == "Risks" ? " open" : "")><summary>\(part.title) (\(part.table.rows.count + part.hidden))</summary>\n\n"
      text += part.table.markdown
      if part.hidden > 0 { text += "\n… and \(part.hidden) more\n" }
      text += "\n</details>\n"
    }
    let new = newErrors.map(\.message) + newFailures.map(\.message)
    let old =
      after.diagnostics.filter { $0.severity == .error && !newErrors.contains($0) }.map(\.message)
      + after.failures.filter { !newFailures.contains($0) }.map(\.message)
    for (title, problems) in [("Errors", new), ("Errors that were there before", old)] where !problems.isEmpty {
      text += "\n**\(title)**\n\n" + problems.prefix(20).map { "- \(Visible.text($0))\n" }.joined()
    }
    return text
  }

  var json: Node {
    .mapping([
      "from": side(before, from), "to": side(after, to),
      "summary": .mapping([
        "applications": number(preview.total), "changed": number(preview.applications.count),
        "clusters": number(preview.clusters.count), "refused": Node(.bool(preview.isRefused)),
        "complete": Node(.bool(after.isSound)),
      ]),
      "clusters": texts(preview.clusters), "models": .sequence(preview.models.map(model)),
      "sets": .sequence(preview.sets.map(set)),
      "applications": .sequence(preview.applications.map(application)),
      "objects": .sequence(preview.objects.map(object)),
      "waves": .sequence(preview.waves.map(wave)),
      "risks": .sequence(
        preview.risks.map {
          .mapping([
            "type": .string($0.kind.rawValue), "subject": .string($0.subject), "message": .string($0.message),
            "clusters": number($0.clusters),
          ])
        }),
      "errors": texts(
        after.diagnostics.filter { $0.severity == .error }.map { diagnostic in
          (diagnostic.location.map { $0.text + ": " } ?? "") + diagnostic.message
        } + after.failures.map { "\($0.subject): \($0.message)" }),
      "newErrors": number(newErrors.count + newFailures.count),
    ])
  }

  private func side(_ side: PreviewReader.Side, _ revision: String) -> Node {
    var commits = Mapping()
    for (url, commit) in side.commits.sorted(by: { $0.key < $1.key }) { commits[url] = .string(commit) }
    return .mapping(["revision": .string(revision), "commits": .mapping(commits)])
  }

  private func model(_ change: FleetModelChange) -> Node {
    .mapping([
      "type": .string(change.change.kind == .model ? "model" : "image"), "name": .string(change.change.model),
      "from": change.change.from.map { .string($0) } ?? .null, "to": change.change.to.map { .string($0) } ?? .null,
      "description": .string(change.description), "clusters": texts(change.clusters),
    ])
  }

  private func set(_ set: FleetPreview.SetChange) -> Node {
    .mapping([
      "name": .string(set.name), "before": number(set.before), "after": number(set.after),
      "removed": number(set.removed), "limit": number(set.limit), "refused": Node(.bool(set.isRefused)),
    ])
  }

  private func application(_ change: FleetPreview.ApplicationChange) -> Node {
    .mapping([
      "name": .string(change.name), "change": .string(change.change.rawValue), "set": .string(change.set ?? ""),
      "cluster": .string(change.cluster), "created": number(change.created), "updated": number(change.updated),
      "deleted": number(change.deleted), "fields": fields(change.fields),
    ])
  }

  private func object(_ change: FleetPreview.ObjectChange) -> Node {
    let delta = change.delta
    return .mapping([
      "group": .string(delta.id.group), "kind": .string(delta.id.kind), "namespace": .string(delta.id.namespace),
      "name": .string(delta.id.name), "change": .string(delta.change.rawValue),
      "oldName": delta.oldName.map { .string($0) } ?? .null, "fields": fields(delta.fields),
      "hiddenFields": number(delta.hiddenFields), "clusters": texts(change.clusters),
      "applications": texts(change.applications),
    ])
  }

  private func wave(_ wave: PreviewedWave) -> Node {
    .mapping([
      "set": .string(wave.set), "step": wave.step.map(number) ?? .null, "name": .string(wave.name),
      "maxUpdate": .string(wave.maxUpdate), "gates": texts(wave.gates), "applications": texts(wave.applications),
    ])
  }

  private func fields(_ fields: [ObjectDelta.Field]) -> Node {
    .sequence(
      fields.map {
        .mapping([
          "path": .string($0.path), "before": $0.before.map { .string($0) } ?? .null,
          "after": $0.after.map { .string($0) } ?? .null,
        ])
      })
  }

  private func number(_ number: Int) -> Node { Node(.int(Int64(number))) }
  private func texts(_ texts: [String]) -> Node { .sequence(texts.map { .string($0) }) }
}
