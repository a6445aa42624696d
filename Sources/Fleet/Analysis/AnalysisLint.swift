package import Manifest
import Templating

/// Says what is likely wrong with a template or a run, beyond what makes it invalid.
///
/// Conditions are tried on the answers that nobody thinks of: NaN, as 0/0 gives without traffic, and nothing at all, as a
/// query gives whose series are not there. A condition that lets them pass on purpose says so by naming `isNaN`, or `len`.
package struct AnalysisLint {
  private let manifest: AnalysisManifest
  /// Arguments that are declared here or in templates that this one refers to; nil where one of them is not at hand.
  private let declared: [String: String?]?
  private var used: Set<String> = []
  private var diagnostics: [Diagnostic] = []

  /// - Parameter others: templates that this one may refer to.
  package static func check(_ manifest: AnalysisManifest, among others: [AnalysisManifest] = []) -> [Diagnostic] {
    var lint = AnalysisLint(manifest, others)
    for metric in manifest.spec.metrics { lint.check(metric) }
    lint.checkArguments()
    lint.checkRules()
    return lint.diagnostics
  }

  private init(_ manifest: AnalysisManifest, _ others: [AnalysisManifest]) {
    self.manifest = manifest
    declared = Self.declared(manifest, others)
  }

  private static func declared(_ manifest: AnalysisManifest, _ others: [AnalysisManifest]) -> [String: String?]? {
    var known = [manifest]
    var open = manifest.spec.templates
    var seen: Set<AnalysisTemplateReference> = [manifest.reference]
    while let reference = open.popLast() {
      guard seen.insert(reference).inserted else { continue }
      guard let other = others.first(where: { $0.kind != .run && $0.reference == reference }) else { return nil }
      known.append(other)
      open += other.spec.templates
    }
    var declared: [String: String?] = [:]
    for argument in known.flatMap(\.spec.args) {
      if case .value(let value) = argument.source {
        declared[argument.name] = .some(value)
      } else if declared[argument.name] == nil {
        declared[argument.name] = .some(nil)
      }
    }
    return declared
  }

  private mutating func report(
    _ code: String, _ message: String, _ mark: SourceMark, severity: Diagnostic.Severity = .warning, help: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(
        "analysis.\(code)", severity: severity, message,
        at: SourceLocation(file: manifest.origin.file, mark: mark), help: help))
  }

  // MARK: Arguments

  private mutating func checkArguments() {
    for argument in manifest.spec.args where !used.contains(argument.name) {
      // A template may declare what those it refers to use.
      guard manifest.spec.templates.isEmpty else { continue }
      report("unused-arg", "argument '\(Visible.text(argument.name))' is not used", argument.mark)
    }
  }

  private mutating func noteArguments(of metric: Node) {
    for use in ArgumentText.uses(in: metric) {
      guard use.isArgument else {
        report(
          "unknown-arg", "{{\(Visible.text(use.name))}} is no argument: a run with it ends in an error", use.mark,
          severity: .error, help: "write {{args.NAME}}")
        continue
      }
      used.insert(use.name)
      guard let declared, declared[use.name] == nil else { continue }
      let near = NearestName.of(use.name, among: declared.keys.sorted())
      report(
        "unknown-arg", "argument '\(Visible.text(use.name))' is not declared: a run with it ends in an error", use.mark,
        severity: .error, help: near.map { "did you mean '\($0)'?" } ?? "add it to spec.args")
    }
  }

  private mutating func checkRules() {
    guard manifest.spec.templates.isEmpty else { return }
    let names = manifest.spec.metrics.compactMap { $0["name"]?.string }
    guard !names.contains(where: { $0.contains("{{") }) else { return }
    let rules =
      manifest.spec.dryRun.map { ("dryRun", $0) }
      + manifest.spec.measurementRetention.map { ("measurementRetention", $0.metricName) }
    for (field, pattern) in rules {
      guard let expression = try? LinearRegex(pattern), !names.contains(where: expression.matches) else { continue }
      report(
        "unmatched-rule",
        "a rule of \(field) matches no metric: '\(Visible.text(pattern))'; a run with it ends in an error",
        manifest.origin.mark, severity: .error)
    }
  }

  // MARK: Metrics

  private mutating func check(_ metric: Node) {
    noteArguments(of: metric)
    checkLimits(metric)
    let provider = metric["provider"] ?? .null
    if provider["job"]?.mapping != nil { return checkJob(metric) }
    let conditions = ["successCondition", "failureCondition"].filter { metric[$0]?.string?.isEmpty == false }
    if conditions.isEmpty {
      report(
        "no-condition",
        "metric '\(name(metric))' has neither successCondition nor failureCondition: every answer passes", metric.mark,
        help: "add a successCondition")
    }
    if let prometheus = provider["prometheus"], prometheus.mapping != nil {
      checkPrometheus(prometheus, metric)
    } else if let web = provider["web"], web.mapping != nil {
      checkWeb(web, metric)
    } else if let other = provider.mapping?.members.first {
      report("provider", "Muster does not measure '\(Visible.text(other.key))'", other.keyMark)
    }
  }

  private func name(_ metric: Node) -> String { Visible.text(metric["name"]?.string ?? "") }

  private mutating func checkLimits(_ metric: Node) {
    guard let limits = try? MetricLimits(metric), let count = limits.count, count > 0 else { return }
    if limits.failureLimit >= count, let node = metric["failureLimit"] {
      report(
        "never-fails",
        "metric '\(name(metric))' can never fail: \(count) measurements cannot exceed a failureLimit of \(limits.failureLimit)",
        node.mark, help: "lower failureLimit, or raise count")
    }
  }

  private mutating func checkJob(_ metric: Node) {
    for field in ["successCondition", "failureCondition"] {
      guard let node = metric[field], node.string?.isEmpty == false else { continue }
      report("job-condition", "a Job succeeds or fails by itself: \(field) is not looked at", node.mark)
    }
    guard let job = metric["provider"]?["job"], let spec = job["spec"], spec.mapping != nil else { return }
    guard let pod = spec["template"]?["spec"], pod["containers"]?.sequence?.isEmpty == false else {
      return report(
        "job-spec", "the Job has no spec.template.spec.containers: no cluster takes it", spec.mark, severity: .error)
    }
    let policy = pod["restartPolicy"]
    guard !ArgumentText.hasTags(policy), !["Never", "OnFailure"].contains(policy?.string ?? "") else { return }
    report(
      "job-spec", "the restartPolicy of a Job's Pods is Never or OnFailure: no cluster takes another",
      (policy ?? pod).mark, severity: .error)
  }

  // MARK: Prometheus

  private mutating func checkPrometheus(_ prometheus: Node, _ metric: Node) {
    checkAddress(prometheus["address"])
    checkInsecure(prometheus)
    if let query = prometheus["query"]?.string, query.isEmpty {
      report("no-query", "the query is empty", (prometheus["query"] ?? prometheus).mark, severity: .error)
    } else if prometheus["query"] == nil {
      report("no-query", "the query is missing", prometheus.mark, severity: .error)
    }
    if prometheus["authentication"]?["sigv4"]?.mapping?.isEmpty == false {
      report("provider", "Muster does not sign requests for AWS", (prometheus["authentication"] ?? prometheus).mark)
    }
    let query = prometheus["query"]?.string ?? ""
    let isScalar = query.drop { $0 == " " }.hasPrefix("scalar(") && prometheus["rangeQuery"]?.mapping == nil
    guard let judgement = judgement(of: metric) else { return }
    checkShape(judgement, metric, isScalar: isScalar)
    probe(judgement, metric, isScalar ? [.scalar(.nan)] : [.vector([.nan]), .vector([])])
  }

  /// A condition that cannot work on what the query gives is an error in each measurement.
  private mutating func checkShape(_ judgement: MetricJudgement, _ metric: Node, isScalar: Bool) {
    for (field, condition) in [("successCondition", judgement.success), ("failureCondition", judgement.failure)] {
      guard let condition, let node = metric[field] else { continue }
      do throws(ExprError) {
        try condition.check(against: isScalar ? .float : .vector)
      } catch {
        let fitsOther = (try? condition.check(against: isScalar ? .vector : .float)) != nil
        let help =
          !fitsOther
          ? nil
          : isScalar
            ? "the query gives one number, not a vector: write result, not result[0]"
            : "the query gives a vector: write result[0], or scalar(...) around the query"
        report(
          "condition-type", "\(field) does not work on what the query gives: \(error.message)",
          ConditionPlace.mark(of: error, in: node), help: help)
      }
    }
  }

  private mutating func checkAddress(_ node: Node?) {
    guard let node, let address = node.string, !address.isEmpty, !ArgumentText.hasTags(node) else { return }
    let scheme = address.split(separator: ":", maxSplits: 1).first.map { $0.lowercased() } ?? ""
    guard scheme == "http" || scheme == "https", address.contains("://"), !address.hasSuffix("://") else {
      return report(
        "bad-address", "the address is no URL with scheme and host: '\(Visible.text(ShownAddress.of(address)))'",
        node.mark,
        severity: .error, help: "such as http://prometheus.monitoring:9090")
    }
  }

  private mutating func checkInsecure(_ provider: Node) {
    guard let node = provider["insecure"], node.bool == true else { return }
    report("insecure", "the server's certificate is not verified: anyone in between can decide this gate", node.mark)
  }

  // MARK: Web

  private mutating func checkWeb(_ web: Node, _ metric: Node) {
    checkAddress(web["url"])
    checkInsecure(web)
    let method = web["method"]?.string ?? "GET"
    let hasBody = web["body"]?.string?.isEmpty == false
    let hasJSON = web["jsonBody"].map { !$0.isNull } ?? false
    if hasBody, hasJSON {
      report("two-bodies", "body and jsonBody are both given: use one", (web["body"] ?? web).mark, severity: .error)
    } else if hasBody || hasJSON, method == "GET" || method.isEmpty {
      let node = hasBody ? web["body"] : web["jsonBody"]
      report("body-with-get", "a body needs the method POST or PUT", (node ?? web).mark, severity: .error)
    }
    if let node = web["method"], !ArgumentText.hasTags(node), !["", "GET", "POST", "PUT"].contains(method) {
      report("bad-method", "a method is GET, POST or PUT", node.mark, severity: .error)
    }
    if let node = web["jsonPath"], let path = node.string, !path.isEmpty, !ArgumentText.hasTags(node) {
      do throws(JSONPath.Problem) { _ = try JSONPath(path) } catch {
        report("json-path", "jsonPath: \(error.message)", node.mark, severity: .error)
      }
    }
    guard let judgement = judgement(of: metric) else { return }
    probe(judgement, metric, [.json(.null)])
  }

  // MARK: Probes

  /// The conditions, with arguments at their defaults; nil where that is no expression.
  private func judgement(of metric: Node) -> MetricJudgement? {
    func filled(_ field: String) -> String? {
      guard let node = metric[field], let text = node.string else { return "" }
      guard text.contains("{{") else { return text }
      var values: [String: String] = [:]
      for use in ArgumentText.uses(in: node) where use.isArgument {
        values[use.name] = (declared?[use.name] ?? nil) ?? "1"
      }
      return try? ArgumentText.filled(node, values).string
    }
    guard let success = filled("successCondition"), let failure = filled("failureCondition"),
      !(success.isEmpty && failure.isEmpty)
    else { return nil }
    return try? MetricJudgement(successCondition: success, failureCondition: failure)
  }

  private mutating func probe(_ judgement: MetricJudgement, _ metric: Node, _ values: [MetricValue]) {
    let text = (judgement.success?.text ?? "") + " " + (judgement.failure?.text ?? "")
    let field = judgement.success == nil ? "failureCondition" : "successCondition"
    let mark = (metric[field] ?? metric).mark
    let element = values.contains { if case .scalar = $0 { true } else { false } } ? "result" : "result[0]"
    for value in values {
      let outcome = judgement.phase(of: value, now: AnalysisTime(seconds: 0))
      guard outcome.phase == .successful else { continue }
      switch value {
      case .vector([]) where !["len(", "isNil(", "default("].contains(where: text.contains):
        report(
          "empty-passes", "an empty answer passes metric '\(name(metric))': no series, as when nothing is scraped",
          mark,
          help: judgement.success == nil
            ? "add a successCondition, or len(result) == 0 || to the failureCondition"
            : "write len(result) > 0 && before it, or name len(result) if it is meant so")
      case .vector, .scalar:
        guard !value.isEmpty, !text.contains("isNaN(") else { continue }
        report(
          "nan-passes", "NaN passes metric '\(name(metric))': 0/0 without traffic, say", mark,
          help: judgement.success == nil
            ? "add a successCondition, or isNaN(\(element)) || to the failureCondition"
            : "write !isNaN(\(element)) && before it, or name isNaN if it is meant so")
      case .json where !["nil", "isNil(", "default("].contains(where: text.contains):
        report("null-passes", "null passes metric '\(name(metric))'", mark, help: "compare the result with nil")
      default: break
      }
    }
  }
}
