import Fleet
import Manifest

/// What one file of the fleet repository says.
struct FleetFile: Sendable {
  /// A kind and a name: what makes two documents the same thing.
  struct Identity: Hashable, Sendable, CustomStringConvertible {
    var kind: String
    var namespace: String
    var name: String

    var description: String {
      "\(kind.prefix(1).lowercased())\(kind.dropFirst()) '\(namespace.isEmpty ? name : namespace + "/" + name)'"
    }
  }

  struct Document: Sendable {
    var identity: Identity
    var manifest: FleetManifest
  }

  /// In their order.
  var documents: [Document] = []
  var diagnostics: [Diagnostic] = []
  /// Projects that it declares, or may declare, and that cannot be read.
  private(set) var projectGaps: [ProjectGap] = []

  private static let maximumDocuments = 10_000

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  init(_ bytes: [UInt8], name: String) {
    let nodes = parse(bytes, name)
    for node in nodes { read(node, name) }
    // Cut short, or no YAML at all: whatever is in it may be a project where its text speaks of one.
    let isUnread = (nodes.isEmpty || documents.count == Self.maximumDocuments) && hasErrors
    if isUnread, let error = diagnostics.first(where: { $0.severity == .error }), Self.mentionsProject(bytes) {
      projectGaps.append(ProjectGap(name: nil, error))
    }
  }

  /// Whether `AppProject` stands in the text, in whatever case.
  private static func mentionsProject(_ bytes: [UInt8]) -> Bool {
    let word = Array("appproject".utf8)
    guard bytes.count >= word.count else { return false }
    return (0...bytes.count - word.count).contains { start in
      word.indices.allSatisfy { bytes[start + $0] | 0x20 == word[$0] }
    }
  }

  private mutating func parse(_ bytes: [UInt8], _ name: String) -> [Node] {
    do throws(Diagnostics) {
      if name.hasSuffix(".json") { return try Self.json(bytes, name) }
      return try YAML.parse(bytes, file: name)
    } catch {
      diagnostics += error.all
      return []
    }
  }

  private static func json(_ bytes: [UInt8], _ name: String) throws(Diagnostics) -> [Node] {
    do throws(Diagnostic) {
      return [try JSON.parse(bytes, file: name)]
    } catch {
      throw Diagnostics(error)
    }
  }

  private mutating func read(_ node: Node, _ name: String) {
    if node["apiVersion"]?.string == "v1", node["kind"]?.string == "List", let items = node["items"]?.sequence {
      for item in items { readOne(item, name) }
    } else {
      readOne(node, name)
    }
  }

  private mutating func readOne(_ node: Node, _ name: String) {
    guard documents.count < Self.maximumDocuments else {
      if diagnostics.last?.code != "fleet.too-many-documents" {
        diagnostics.append(
          Diagnostic(
            "fleet.too-many-documents", "the file holds more than \(Self.maximumDocuments) documents",
            at: SourceLocation(file: name, mark: node.mark), help: "split it into several files"))
      }
      return
    }
    if node["apiVersion"]?.string == "v1", node["kind"]?.string == "ConfigMap" {
      let manifest = FleetManifest.configMap(node, origin: SourceLocation(file: name, mark: node.mark))
      documents.append(Document(identity: Self.identity(of: manifest), manifest: manifest))
      return
    }
    guard let reading = FleetManifest.read(node, file: name) else {
      let problem = Self.unexpected(node, name)
      diagnostics.append(problem)
      if problem.severity == .error { missProject(node, problem) }
      return
    }
    diagnostics += reading.diagnostics
    if let manifest = reading.value {
      documents.append(Document(identity: Self.identity(of: manifest), manifest: manifest))
    } else if let error = reading.diagnostics.first(where: { $0.severity == .error }) {
      missProject(node, error)
    }
  }

  private mutating func missProject(_ node: Node, _ problem: Diagnostic) {
    guard node["kind"]?.string?.lowercased() == AppProject.kind.lowercased() else { return }
    let name = node["metadata"]?["name"]?.string ?? ""
    projectGaps.append(ProjectGap(name: name.isEmpty ? nil : name, problem))
  }

  private static func identity(of manifest: FleetManifest) -> Identity {
    switch manifest {
    case .cluster(let cluster): Identity(kind: "Cluster", namespace: "", name: cluster.name.text)
    case .application(let it): Identity(kind: "Application", namespace: it.namespace, name: it.name)
    case .applicationSet(let it): Identity(kind: "ApplicationSet", namespace: it.namespace, name: it.name)
    case .project(let project): Identity(kind: "AppProject", namespace: "", name: project.name)
    case .analysisTemplate(let template):
      Identity(
        kind: template.kind.rawValue, namespace: template.kind == .clusterTemplate ? "" : template.namespace,
        name: template.name)
    case .configMap(let node, _):
      Identity(
        kind: "ConfigMap", namespace: node["metadata"]?["namespace"]?.string ?? "",
        name: node["metadata"]?["name"]?.string ?? "")
    }
  }

  /// A document of no kind of ours. One that may be a misspelt one of ours, or a cluster Secret that lost its label, is an
  /// error, for to ignore it would be to take it out of the fleet.
  private static func unexpected(_ node: Node, _ name: String) -> Diagnostic {
    let location = SourceLocation(file: name, mark: node["kind"]?.mark ?? node.mark)
    guard let kind = node["kind"]?.string, let apiVersion = node["apiVersion"]?.string else {
      return Diagnostic(
        "fleet.not-a-manifest", "the document has no 'apiVersion' and 'kind'", at: location,
        help: "a fleet is made of Cluster, ApplicationSet, Application, AppProject and AnalysisTemplate")
    }
    if kind == "Secret" {
      return Diagnostic(
        "fleet.unlabelled-secret", "the Secret is not marked as a cluster", at: location,
        help: "add the label '\(ClusterSecret.typeLabel): \(ClusterSecret.typeValue)'")
    }
    let isOurs = apiVersion.hasPrefix("argoproj.io/") || apiVersion.hasPrefix("muster.dev/")
    let isNear = [
      "Cluster", "ApplicationSet", "Application", "AppProject", "AnalysisTemplate", "ClusterAnalysisTemplate",
    ].contains { $0.lowercased() == kind.lowercased() }
    return Diagnostic(
      "fleet.unknown-kind", severity: isOurs || isNear ? .error : .warning,
      "'\(kind)' of '\(apiVersion)' is no part of a fleet", at: location,
      help: "a fleet is made of Cluster (muster.dev/v1alpha1), and ApplicationSet, Application, AppProject, "
        + "AnalysisTemplate and ClusterAnalysisTemplate (argoproj.io/v1alpha1)")
  }
}
