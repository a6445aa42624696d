package import Manifest

/// What an Application must hold beyond the right types (Argo CD's spec validation, without looking anything up).
package struct ApplicationRules {
  private let file: String
  package private(set) var diagnostics: [Diagnostic] = []

  package init(file: String) { self.file = file }

  package mutating func check(_ node: Node) {
    // A document without metadata is told of already.
    if let metadata = node["metadata"], !metadata.isNull { checkName(metadata["name"], of: node) }
    guard let spec = node["spec"], spec.mapping != nil else { return }
    checkSources(spec)
    checkDestination(spec)
    checkRetry(spec["syncPolicy"]?["retry"]?["backoff"])
  }

  private mutating func checkName(_ name: Node?, of node: Node) {
    guard let text = name?.string, !text.isEmpty else {
      return report("application.no-name", "the application has no metadata.name", node["metadata"] ?? node)
    }
    if let problem = DNSName.problem(withSubdomain: text) {
      report("application.bad-name", "the application name '\(DNSName.shown(text))' \(problem)", name ?? node)
    }
  }

  private mutating func checkSources(_ spec: Node) {
    let several = spec["sources"]?.sequence ?? []
    if let hydrator = spec["sourceHydrator"], hydrator.mapping != nil {
      return report(
        "application.source-hydrator", "spec.sourceHydrator is not supported", hydrator,
        help: "point spec.source at the branch that holds the rendered manifests")
    }
    if several.isEmpty {
      guard let source = spec["source"], source.mapping != nil else {
        return report("application.no-source", "the application has neither spec.source nor spec.sources", spec)
      }
      checkSource(source, alone: true)
    }
    for source in several { checkSource(source, alone: false) }
  }

  private mutating func checkSource(_ source: Node, alone: Bool) {
    func has(_ field: String) -> Bool { !(source[field]?.string ?? "").isEmpty }
    if !has("repoURL") { report("application.no-repository", "the source has no repoURL", source) }
    if !has("path"), !has("chart"), alone || !has("ref") {
      let wanted = alone ? "path or chart" : "path, chart or ref"
      report("application.no-path", "the source needs one of \(wanted)", source)
    }
    if has("chart"), !has("targetRevision") {
      report("application.no-revision", "a chart needs a targetRevision", source)
    }
    if has("chart"), has("ref") { report("application.chart-ref", "a source with ref cannot have a chart", source) }
    checkPath(source["path"])
    checkTools(source)
    checkPatterns(source["directory"])
  }

  private mutating func checkPath(_ path: Node?) {
    guard let path, let text = path.string, !text.isEmpty else { return }
    if TreePath(text.hasPrefix("/") ? String(text.dropFirst()) : text) == nil {
      report("application.path-outside", "the path '\(DNSName.shown(text))' leads outside the repository", path)
    } else if text.hasPrefix("/") {
      report(
        "application.path-absolute", "the path '\(DNSName.shown(text))' must be relative to the repository's root",
        path, help: "leave out the first slash")
    }
  }

  private mutating func checkTools(_ source: Node) {
    let tools = ApplicationSource.toolFields.filter { !(source[$0]?.mapping ?? Mapping()).isEmpty }
    if tools.count > 1 {
      report(
        "application.several-tools",
        "a source can be of one type only, this one has \(tools.joined(separator: " and "))",
        source)
    }
  }

  private mutating func checkPatterns(_ directory: Node?) {
    for field in ["include", "exclude"] {
      guard let pattern = directory?[field], let text = pattern.string else { continue }
      if let problem = GlobRules.problem(with: text) {
        report("application.bad-pattern", "the \(field) pattern \(problem)", pattern)
      }
    }
  }

  private mutating func checkDestination(_ spec: Node) {
    guard let destination = spec["destination"], destination.mapping != nil else { return }
    let server = destination["server"]?.string ?? ""
    let name = destination["name"]?.string ?? ""
    if !server.isEmpty, !name.isEmpty {
      report(
        "application.destination-twice",
        "the destination has both name '\(DNSName.shown(name))' and server '\(DNSName.shown(server))'", destination,
        help: "keep one of them")
    } else if server.isEmpty, name.isEmpty {
      report("application.no-destination", "the destination has neither server nor name", destination)
    }
  }

  private mutating func checkRetry(_ backoff: Node?) {
    for field in ["duration", "maxDuration"] {
      guard let duration = backoff?[field], let text = duration.string, !text.isEmpty else { continue }
      if GoDuration.seconds(text) == nil {
        report(
          "application.bad-duration", "retry.backoff.\(field) '\(DNSName.shown(text))' is no duration", duration,
          help: "write it like 30s, 5m or 1h")
      }
    }
  }

  private mutating func report(_ code: String, _ message: String, _ node: Node, help: String? = nil) {
    diagnostics.append(
      Diagnostic(code, message, at: SourceLocation(file: file, mark: node.mark), help: help))
  }
}

/// Bounds on the glob patterns of a directory source.
enum GlobRules {
  private static let maximumBytes = 4096
  private static let maximumNesting = 8

  /// What is wrong with `pattern`, continuing a sentence that names it; nil when nothing is.
  static func problem(with pattern: String) -> String? {
    guard pattern.utf8.count <= maximumBytes else { return "is longer than \(maximumBytes) bytes" }
    var open = 0
    for letter in pattern {
      if letter == "{" { open += 1 }
      if letter == "}" { open -= 1 }
      if open < 0 { return "closes a brace that it did not open" }
      if open > maximumNesting { return "nests braces deeper than \(maximumNesting)" }
    }
    return open == 0 ? nil : "opens a brace that it does not close"
  }
}
