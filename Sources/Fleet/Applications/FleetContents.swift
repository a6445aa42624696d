package import Manifest

/// A file of the fleet repository, by the name that users know it by.
package struct FleetFile: Sendable {
  package var name: String
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}

/// What the files of a fleet repository declare.
package struct FleetContents: Sendable, Equatable {
  package var registry: Registry = .empty
  /// In the order of files and documents.
  package var applicationSets: [ApplicationSet] = []
  package var applications: [Application] = []
  package var projects: [AppProject] = []
  package var analysisTemplates: [AnalysisManifest] = []
  /// Documents of other kinds, which generators may refer to.
  package var others: [Node] = []

  package init() {}

  /// Reads all documents of all files. Whatever can be read is; an error anywhere leaves the answer incomplete.
  package static func read(_ files: [FleetFile]) -> Answer<FleetContents> {
    var contents = FleetContents()
    var clusters: [Cluster] = []
    var diagnostics: [Diagnostic] = []
    for file in files {
      do throws(Diagnostics) {
        let documents = try YAML.parse(file.bytes, file: file.name, options: YAML.Options(schema: .yaml11))
        for document in documents { contents.add(document, file.name, &clusters, &diagnostics) }
      } catch {
        diagnostics += error.all
      }
    }
    contents.registry = Registry(clusters)
    return Answer(contents, diagnostics: diagnostics + contents.registry.conflicts)
  }

  private mutating func add(
    _ document: Node, _ file: String, _ clusters: inout [Cluster], _ diagnostics: inout [Diagnostic]
  ) {
    if document["kind"]?.string == "List", let items = document["items"]?.sequence {
      for item in items { add(item, file, &clusters, &diagnostics) }
      return
    }
    guard let reading = FleetManifest.read(document, file: file) else {
      others.append(document)
      return
    }
    diagnostics += reading.diagnostics
    switch reading.value {
    case .cluster(let cluster): clusters.append(cluster)
    case .application(let application): applications.append(application)
    case .applicationSet(let set): applicationSets.append(set)
    case .project(let project): projects.append(project)
    case .analysisTemplate(let template): analysisTemplates.append(template)
    case .configMap(let node, _): others.append(node)
    case nil: break
    }
  }
}
