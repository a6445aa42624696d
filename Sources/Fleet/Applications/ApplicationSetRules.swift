import Manifest

/// What an ApplicationSet must hold beyond the right types, as far as it can be seen without running its generators.
struct ApplicationSetRules {
  private let file: String
  private(set) var diagnostics: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func check(_ node: Node) {
    checkName(node)
    checkAnnotations(node["metadata"]?["annotations"])
    guard let spec = node["spec"], spec.mapping != nil else { return }
    for entry in spec["generators"]?.sequence ?? [] { checkTopLevel(entry, set: node["metadata"]?["name"]?.string) }
    checkOptions(spec["goTemplateOptions"])
    var strategy = StrategyRules(file: file)
    strategy.check(spec["strategy"])
    diagnostics += strategy.diagnostics
    checkIgnoredDifferences(spec["ignoreApplicationDifferences"])
  }

  /// What Argo CD finds out only when it compares Applications, and then for each of them.
  private mutating func checkIgnoredDifferences(_ rules: Node?) {
    for rule in rules?.sequence ?? [] {
      for pointer in rule["jsonPointers"]?.sequence ?? [] {
        guard let text = pointer.string, JSONPointer(text) == nil else { continue }
        diagnostics.append(
          Diagnostic(
            "diff.bad-pointer", severity: .warning, "'\(DNSName.shown(text))' is no JSON pointer",
            at: SourceLocation(file: file, mark: pointer.mark), help: "such as /spec/source/path"))
      }
      for expression in rule["jqPathExpressions"]?.sequence ?? [] {
        guard let text = expression.string, let problem = IgnoreRules.problem(with: text) else { continue }
        // Argo CD reads it when it compares, and generates until then.
        var warning = problem
        warning.severity = .warning
        warning.location = SourceLocation(file: file, mark: expression.mark)
        diagnostics.append(warning)
      }
    }
  }

  private mutating func checkAnnotations(_ annotations: Node?) {
    guard let value = annotations?[ApplicationSet.integersAnnotation], !["true", "false"].contains(value.string ?? "")
    else { return }
    diagnostics.append(
      Diagnostic(
        "applicationset.bad-annotation", severity: .warning,
        "the annotation \(ApplicationSet.integersAnnotation) is neither \"true\" nor \"false\", and does nothing",
        at: SourceLocation(file: file, mark: value.mark)))
  }

  private mutating func checkName(_ node: Node) {
    let metadata = node["metadata"]
    guard let name = metadata?["name"]?.string, !name.isEmpty else {
      return report("applicationset.no-name", "the ApplicationSet has no metadata.name", metadata ?? node)
    }
    if let problem = DNSName.problem(withSubdomain: name) {
      report(
        "applicationset.bad-name", "the ApplicationSet's name '\(DNSName.shown(name))' \(problem)",
        metadata?["name"] ?? node)
    }
  }

  private mutating func checkTopLevel(_ node: Node, set: String?) {
    guard let mapping = node.mapping else { return }
    let entry = Generator.entry(node)
    // Empty blocks count: `clusters:` with nothing below is how some people write "all clusters".
    if entry.generators.isEmpty, !mapping.members.contains(where: { $0.key == "selector" }) {
      let present = Generator.fields.first { mapping[$0] != nil }
      report(
        "applicationset.no-generator",
        present.map { "the generator '\($0)' has no content" } ?? "the entry holds unrecognized generators or none",
        node,
        help: present.map { "write '\($0): {}'" } ?? "known: " + Generator.fields.joined(separator: ", "))
    }
    for generator in entry.generators { checkCombination(generator, level: 1) }
  }

  /// Below 0 counts as not given.
  private mutating func checkRequeue(_ generator: Generator) {
    guard let seconds = generator.specification["requeueAfterSeconds"], let number = seconds.int, number < 0 else {
      return
    }
    diagnostics.append(
      Diagnostic(
        "generator.bad-requeue", severity: .warning, "requeueAfterSeconds is below 0: the default holds instead",
        at: SourceLocation(file: file, mark: seconds.mark)))
  }

  /// Argo CD's types know combinations within combinations, and no deeper.
  private static let maximumLevel = 2

  private mutating func checkCombination(_ generator: Generator, level: Int) {
    checkRequeue(generator)
    switch generator.kind {
    case .matrix(let node, let children):
      if children.count != 2 {
        let amount = children.count < 2 ? "less" : "more"
        report(
          "generator.matrix-count",
          "found \(amount) than two generators in the matrix: it supports only two", node,
          help: "nest a second matrix for a third generator")
      }
      checkChildren(children, of: generator, level)
    case .merge(let node, let keys, let children):
      if keys.isEmpty {
        report("generator.merge-keys", "no merge keys were specified: merge needs mergeKeys", node)
      }
      if children.count < 2 {
        report("generator.merge-count", "found less than two generators: merge needs two or more", node)
      }
      checkChildren(children, of: generator, level)
    case .list, .clusters, .git, .scmProvider, .pullRequest, .plugin, .clusterDecisionResource: break
    }
  }

  private mutating func checkChildren(_ children: [Generator.Entry], of generator: Generator, _ level: Int) {
    let parent = generator.kind.field
    guard level <= Self.maximumLevel else {
      diagnostics.append(
        Diagnostic(
          "generator.too-deep", "\(parent) generators nest at most \(Self.maximumLevel) levels deep",
          at: SourceLocation(file: file, mark: generator.mark)))
      return
    }
    for child in children {
      if child.generators.count > 1 {
        report(
          "generator.several", "found more than one generator in one entry of \(parent).generators", child.node,
          help: "give each its own entry")
      }
      if child.generators.isEmpty {
        report("applicationset.no-generator", "the entry of \(parent).generators holds no generator", child.node)
      }
      for generator in child.generators { checkCombination(generator, level: level + 1) }
    }
  }

  private mutating func checkOptions(_ options: Node?) {
    let known = ["missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error"]
    for option in options?.sequence ?? [] {
      guard let text = option.string, !known.contains(text) else { continue }
      report(
        "template.unknown-option", "unknown goTemplateOptions entry '\(DNSName.shown(text))'", option,
        help: "known options: " + known.joined(separator: ", "))
    }
  }

  private mutating func report(_ code: String, _ message: String, _ node: Node, help: String? = nil) {
    diagnostics.append(Diagnostic(code, message, at: SourceLocation(file: file, mark: node.mark), help: help))
  }
}
