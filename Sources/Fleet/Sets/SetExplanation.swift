import Manifest
import Templating

/// Why an ApplicationSet expands to what it does: which generator gives what, to whom, and where the template uses it.
package struct SetExplanation: Sendable {
  /// A parameter of one Application.
  package struct Parameter: Sendable, Equatable {
    /// `metadata.labels.tier`
    package var path: String
    package var value: String
    /// Lines of the set's file whose templates use it.
    package var lines: [Int]
  }

  /// One Application that a generator gives.
  package struct Element: Sendable {
    /// `cluster 'edge-1' with element 2 of the list`
    package var origin: String
    package var application: String
    /// Nil where the expansion refused it.
    package var isGood: Bool
    package var parameters: [Parameter]
  }

  package struct Part: Sendable {
    /// `clusters`, `matrix`, …
    package var generator: String
    package var line: Int
    /// How many parameter sets it gives; nil where it failed.
    package var count: Int?
    /// What concerns the cluster that was asked for; the first few where none was.
    package var elements: [Element]
    /// Why the cluster is not among them, a line for each selector on the way.
    package var refusals: [String]
  }

  package var set: String
  package var cluster: String?
  package var parts: [Part]
  /// What went wrong, with places.
  package var problems: [String]

  static let mostElements = 20
  static let mostParameters = 200
}

extension ApplicationSetExpander {
  /// Runs the generators once more, and tells what came of it.
  /// - Parameter cluster: whose fate is to be told; nil for a look at all.
  package func explain(_ inputs: ExpansionInputs, cluster: Cluster?) -> SetExplanation {
    var run = GeneratorRun(set, language: language, inputs: inputs)
    let good = Set(expand(inputs).applications.known.map(\.name))
    let uses = TemplateUses(set)
    var explained: [SetExplanation.Part] = []
    for part in parts {
      let sets = run.sets(of: part.generator)
      let concerned = (sets ?? []).filter { cluster.map($0.concerns) ?? true }
      var elements: [SetExplanation.Element] = []
      for parameters in concerned.prefix(SetExplanation.mostElements) {
        var ignored: [Diagnostic] = []
        let name = part.template.fill(parameters, run.data(parameters), &ignored).first?.application.name ?? ""
        elements.append(
          .init(
            origin: parameters.name, application: name, isGood: good.contains(name),
            parameters: uses.parameters(of: parameters)))
      }
      explained.append(
        .init(
          generator: part.generator.kind.field, line: Int(part.generator.mark.line), count: sets?.count,
          elements: elements,
          refusals: concerned.isEmpty ? cluster.map { refusals(part.generator, $0) } ?? [] : []))
    }
    let problems = run.problems.map { ($0.location.map { $0.text + ": " } ?? "") + $0.message }
    return SetExplanation(
      set: set.name, cluster: cluster?.name.text, parts: explained,
      problems: problems + run.failures.map { "\($0.subject): \($0.message)" })
  }

  /// What the selectors of a generator and of its children say against a cluster.
  private func refusals(_ generator: Generator, _ cluster: Cluster) -> [String] {
    switch generator.kind {
    case .clusters(let node):
      let (selector, problems) = ParameterSelector.read(node["selector"], values: .labels, file: "")
      guard problems.isEmpty else { return ["line \(generator.mark.line): the selector holds templates"] }
      return selector.refusals(cluster.label).map { "line \(generator.mark.line): label \($0)" }
    case .matrix(_, let children), .merge(_, _, let children):
      return children.flatMap(\.generators).flatMap { refusals($0, cluster) }
    case .list, .git, .scmProvider, .pullRequest, .plugin, .clusterDecisionResource:
      return ["line \(generator.mark.line): \(generator.kind.field) names it nowhere"]
    }
  }
}

extension ParameterSet {
  /// Whether it came of this cluster, or names it.
  fileprivate func concerns(_ cluster: Cluster) -> Bool {
    origins.contains { $0.name == "cluster '\(cluster.name)'" }
      || parameters.root["name"]?.string == cluster.name.text || parameters.root["server"]?.string == cluster.server
  }
}

/// Where the texts of a set's template use which parameters.
private struct TemplateUses {
  private var texts: [(line: Int, text: String)] = []
  private let isGo: Bool
  private let numbers: Numbers

  init(_ set: ApplicationSet) {
    isGo = set.goTemplate
    numbers = set.numbers
    collect(set.template)
    if let patch = set.templatePatch { collect(patch) }
  }

  private mutating func collect(_ node: Node) {
    switch node.value {
    case .mapping(let mapping):
      for member in mapping {
        if member.key.contains("{{") { texts.append((Int(member.keyMark.line), member.key)) }
        collect(member.value)
      }
    case .sequence(let items): for item in items { collect(item) }
    case .string(let text):
      guard text.contains("{{") else { return }
      for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        texts.append((Int(node.mark.line) + (text.contains("\n") ? offset + 1 : 0), String(line)))
      }
    default: break
    }
  }

  func parameters(of set: ParameterSet) -> [SetExplanation.Parameter] {
    set.flattened(numbers).sorted { $0.key < $1.key }.prefix(SetExplanation.mostParameters).map { path, value in
      SetExplanation.Parameter(
        path: path, value: value, lines: Array(Set(texts.filter { uses($0.text, path) }.map(\.line))).sorted())
    }
  }

  private func uses(_ text: String, _ path: String) -> Bool {
    guard isGo else { return text.contains("{{\(path)}}") || text.contains("{{ \(path) }}") }
    var rest = text[...]
    while let found = rest.range(of: "." + path) {
      rest = rest[found.upperBound...]
      if let next = rest.unicodeScalars.first, next.properties.isAlphabetic || next == "_" || ("0"..."9").contains(next)
      {
        continue
      }
      return true
    }
    // Labels whose keys are no identifiers are reached by index.
    return ["metadata.labels.", "metadata.annotations."].contains { prefix in
      path.hasPrefix(prefix) && text.contains("index") && text.contains("\"\(path.dropFirst(prefix.count))\"")
    }
  }
}
