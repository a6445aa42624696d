package import Manifest

/// An argument of a template or a run: its value, or where that comes from.
package struct AnalysisArgument: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// Nothing says it yet.
    case none
    case value(String)
    /// A key of a Secret of the run's namespace; read anew for each measurement.
    case secret(name: String, key: String)
    /// A field of the Rollout that the run is for.
    case field(String)
  }

  package var name: String
  package var source: Source
  package var mark: SourceMark

  package init(name: String, source: Source, mark: SourceMark = .none) {
    self.name = name
    self.source = source
    self.mark = mark
  }

  init(_ node: Node) {
    name = node["name"]?.string ?? ""
    mark = node.mark
    let secret = node["valueFrom"]?["secretKeyRef"]
    if let value = node["value"]?.string {
      source = .value(value)
    } else if let secret, secret.mapping != nil {
      source = .secret(name: secret["name"]?.string ?? "", key: secret["key"]?.string ?? "")
    } else if let path = node["valueFrom"]?["fieldRef"]?["fieldPath"]?.string {
      source = .field(path)
    } else {
      source = .none
    }
  }
}

/// How many measurements of the metrics that a regular expression matches are kept.
package struct MeasurementRetention: Sendable, Equatable {
  package var metricName: String
  package var limit: Int

  package init(metricName: String, limit: Int) {
    self.metricName = metricName
    self.limit = limit
  }
}

/// A reference from one template to another.
package struct AnalysisTemplateReference: Sendable, Hashable {
  package var name: String
  package var isClusterScoped: Bool

  package init(name: String, isClusterScoped: Bool = false) {
    self.name = name
    self.isClusterScoped = isClusterScoped
  }

  package var kind: AnalysisManifest.Kind { isClusterScoped ? .clusterTemplate : .template }
}

/// What templates and runs have in common. Metrics stay as they are written until their arguments are put in.
package struct AnalysisSpec: Sendable, Equatable {
  package var metrics: [Node] = []
  package var args: [AnalysisArgument] = []
  /// Regular expressions of the names of metrics that do not count.
  package var dryRun: [String] = []
  package var measurementRetention: [MeasurementRetention] = []
  package var templates: [AnalysisTemplateReference] = []
  /// Whether a run is asked to end.
  package var terminate = false

  package init() {}

  /// Of the spec of an AnalysisRun or of a template.
  package init(_ node: Node) {
    metrics = node["metrics"]?.sequence ?? []
    args = (node["args"]?.sequence ?? []).map(AnalysisArgument.init)
    dryRun = (node["dryRun"]?.sequence ?? []).compactMap { $0["metricName"]?.string }
    measurementRetention = (node["measurementRetention"]?.sequence ?? []).compactMap { rule in
      guard let name = rule["metricName"]?.string, let limit = rule["limit"]?.int else { return nil }
      return MeasurementRetention(metricName: name, limit: Int(clamping: limit))
    }
    templates = (node["templates"]?.sequence ?? []).compactMap { reference in
      reference["templateName"]?.string.map {
        AnalysisTemplateReference(name: $0, isClusterScoped: reference["clusterScope"]?.bool ?? false)
      }
    }
    terminate = node["terminate"]?.bool ?? false
  }
}

/// An AnalysisTemplate, a ClusterAnalysisTemplate or an AnalysisRun.
package struct AnalysisManifest: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case template = "AnalysisTemplate"
    case clusterTemplate = "ClusterAnalysisTemplate"
    case run = "AnalysisRun"
  }

  package var kind: Kind
  package var name: String
  package var namespace: String
  package var spec: AnalysisSpec
  package var origin: SourceLocation

  /// How other templates name it.
  package var reference: AnalysisTemplateReference {
    AnalysisTemplateReference(name: name, isClusterScoped: kind == .clusterTemplate)
  }

  package static func kind(of node: Node) -> Kind? {
    guard node["apiVersion"]?.string == "argoproj.io/v1alpha1" else { return nil }
    return node["kind"]?.string.flatMap(Kind.init)
  }

  /// The documents that a document stands for: those of a list, or itself.
  package static func documents(in node: Node) -> [Node] {
    guard node["kind"]?.string?.hasSuffix("List") == true, let items = node["items"]?.sequence else { return [node] }
    return items
  }

  /// Reads a document; nil when it is of another kind.
  /// - Parameter isLive: whether a server has taken it already. Fields that are not known mean nothing then, and a condition
  ///   that is no expression makes measurements errors, not the document useless.
  package static func read(_ node: Node, file: String, isLive: Bool = false) -> Reading<AnalysisManifest>? {
    guard let kind = kind(of: node) else { return nil }
    var document = node
    var shape = ShapeCheck(file: file, strict: !isLive)
    shape.check(&document, kind == .run ? .analysisRun : .analysisTemplate)
    var rules = AnalysisRules(file: file)
    rules.check(document, kind)
    let diagnostics = shape.diagnostics + rules.diagnostics.filter { !isLive || $0.code != "analysis.condition" }
    return Reading(diagnostics) {
      AnalysisManifest(
        kind: kind, name: document["metadata"]?["name"]?.string ?? document["metadata"]?["generateName"]?.string ?? "",
        namespace: document["metadata"]?["namespace"]?.string ?? "", spec: AnalysisSpec(document["spec"] ?? .null),
        origin: SourceLocation(file: file, mark: document.mark))
    }
  }
}
