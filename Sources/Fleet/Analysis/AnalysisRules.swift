import Manifest
import Templating

/// What templates and runs must hold beyond their shape (`utils/analysis`, ValidateMetrics and its neighbours).
///
/// A field that holds an argument (`{{args.x}}`) can be judged only when the argument is put in.
struct AnalysisRules {
  private let file: String
  private(set) var diagnostics: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func check(_ document: Node, _ kind: AnalysisManifest.Kind) {
    // That there is no metadata at all is said by the shape.
    if let metadata = document["metadata"], metadata.mapping != nil, metadata["name"]?.string?.isEmpty ?? true,
      kind != .run || metadata["generateName"] == nil
    {
      report("no-name", "the \(kind.rawValue) has no metadata.name", metadata)
    }
    let spec = document["spec"] ?? .null
    let metrics = spec["metrics"]?.sequence ?? []
    if metrics.isEmpty, spec["templates"]?.sequence?.isEmpty ?? true {
      report("no-metrics", "no metrics are specified", spec["metrics"] ?? spec)
    }
    checkNames(metrics, "name", "two metrics have the name", "duplicate-metric")
    checkNames(spec["args"]?.sequence ?? [], "name", "two arguments have the name", "duplicate-arg")
    checkNames(spec["dryRun"]?.sequence ?? [], "metricName", "two dryRun rules have the name", "duplicate-rule")
    checkNames(
      spec["measurementRetention"]?.sequence ?? [], "metricName", "two measurementRetention rules have the name",
      "duplicate-rule")
    for metric in metrics { check(metric: metric) }
    for argument in spec["args"]?.sequence ?? [] { check(argument: argument, kind) }
    for rule in (spec["dryRun"]?.sequence ?? []) + (spec["measurementRetention"]?.sequence ?? []) {
      checkExpression(rule["metricName"])
    }
  }

  private mutating func checkNames(_ nodes: [Node], _ field: String, _ words: String, _ code: String) {
    var seen: Set<String> = []
    for node in nodes {
      guard let name = node[field]?.string else { continue }
      if !seen.insert(name).inserted { report(code, "\(words) '\(Visible.text(name))'", node[field] ?? node) }
    }
  }

  private mutating func checkExpression(_ node: Node?) {
    guard let node, let pattern = node.string else { return }
    do {
      _ = try LinearRegex(pattern)
    } catch {
      report(
        "bad-pattern", "metricName is a regular expression, and this is none: \(error.message)", node,
        help: pattern == "*" ? "for all metrics write .*" : nil)
    }
  }

  private mutating func check(argument: Node, _ kind: AnalysisManifest.Kind) {
    let value = argument["value"].map { !$0.isNull } ?? false
    let from = argument["valueFrom"]?.mapping.map { !$0.isEmpty } ?? false
    let name = Visible.text(argument["name"]?.string ?? "")
    if value, from { report("two-values", "argument '\(name)' has both value and valueFrom", argument) }
    if kind == .run, !value, !from {
      report("unresolved-arg", "argument '\(name)' has no value", argument, help: "a run has a value for each argument")
    }
  }

  // MARK: Metrics

  mutating func check(metric: Node) {
    if let provider = metric["provider"], !provider.isNull { checkProvider(provider) }
    for field in ["successCondition", "failureCondition"] { checkCondition(metric[field], field) }
    let isOpen = MetricFields.limits.contains { ArgumentText.hasTags(metric[$0]) }
    guard !isOpen else { return }
    do throws(MetricLimits.FieldProblem) {
      let limits = try MetricLimits(metric)
      if let problem = limits.problem {
        report("limits", problem.message, metric[problem.field] ?? metric)
      }
    } catch {
      report("bad-duration", error.message, metric[error.field] ?? metric)
    }
  }

  private mutating func checkProvider(_ provider: Node) {
    let named = provider.mapping?.members.filter { !$0.value.isNull } ?? []
    switch named.count {
    case 0: report("no-provider", "no provider is specified", provider)
    case 1: break
    default:
      report(
        "providers", "a metric has one provider, not \(named.map(\.key).sorted().joined(separator: ", "))", provider)
    }
    if let timeout = provider["prometheus"]?["timeout"], let seconds = timeout.int, seconds < 0 {
      report("bad-timeout", "a timeout is not negative", timeout)
    }
  }

  private mutating func checkCondition(_ node: Node?, _ field: String) {
    guard let node, let text = node.string, !text.isEmpty, !ArgumentText.hasTags(node) else { return }
    do throws(ExprError) {
      _ = try MetricCondition(text)
    } catch {
      diagnostics.append(
        Diagnostic(
          "analysis.condition", "\(field) is no expression: \(error.message)",
          at: SourceLocation(file: file, mark: ConditionPlace.mark(of: error, in: node)),
          help: Self.isCut(text, node)
            ? "a # behind a space begins a comment in YAML: put the condition in quotes" : nil))
    }
  }

  /// Whether a predicate's `#` may have ended the scalar.
  private static func isCut(_ text: String, _ node: Node) -> Bool {
    guard node.style == .plain || node.style == .flow else { return false }
    return text.hasSuffix(",") || text.hasSuffix("{") || text.hasSuffix("&&") || text.hasSuffix("||")
  }

  private mutating func report(_ code: String, _ message: String, _ node: Node, help: String? = nil) {
    diagnostics.append(
      Diagnostic("analysis.\(code)", message, at: SourceLocation(file: file, mark: node.mark), help: help))
  }
}

/// Fields of a metric by what they are for.
enum MetricFields {
  static let limits = [
    "interval", "initialDelay", "count", "failureLimit", "inconclusiveLimit", "consecutiveErrorLimit",
    "consecutiveSuccessLimit",
  ]
}

/// Where in a file an error of a condition stands.
enum ConditionPlace {
  /// Exact in a condition that is written plain or in quotes on one line; else the start of the condition.
  static func mark(of error: ExprError, in node: Node) -> SourceMark {
    guard let offset = error.offset, offset > 0, node.mark.isKnown, let text = node.string, !text.contains("\n")
    else { return node.mark }
    switch node.style {
    case .plain, .flow: return SourceMark(line: node.mark.line, column: node.mark.column + UInt32(clamping: offset))
    case .singleQuoted, .doubleQuoted:
      // Escapes before the place would shift it.
      let before = text.unicodeScalars.prefix(offset)
      guard !before.contains(where: { $0 == "'" || $0 == "\"" || $0 == "\\" }) else { return node.mark }
      return SourceMark(line: node.mark.line, column: node.mark.column + 1 + UInt32(clamping: offset))
    case .literal, .folded: return node.mark
    }
  }
}
