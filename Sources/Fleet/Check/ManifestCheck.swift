package import Manifest

/// Everything that can be said about manifest files without a cluster, a repository or a hub.
///
/// Add every file, then ``finish()``.
package struct ManifestCheck: Sendable {
  private struct File {
    var name: String
    var documents: [Node]

    var directory: Substring { name.lastIndex(of: "/").map { name[...$0] } ?? "" }
    var isKustomization: Bool {
      ["kustomization.yaml", "kustomization.yml", "Kustomization"].contains(name.dropFirst(directory.count))
    }
  }

  /// Sorted by file and place.
  package private(set) var diagnostics: [Diagnostic] = []
  /// Documents that were looked at.
  package private(set) var documents = 0
  private var files: [File] = []
  private var references = FleetReferences()
  private var analyses: [AnalysisManifest] = []
  private let zones: ZoneTable?

  /// - Parameter zones: the time zones that sync windows may name; nil lets them name any.
  package init(zones: ZoneTable? = nil) { self.zones = zones }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Checks one file: Applications, ApplicationSets, AppProjects and clusters by their own rules at once; analyses and
  /// other objects, by the rules that hold for all, when every file is known.
  /// - Parameter file: its name as the user knows it.
  package mutating func add(_ bytes: [UInt8], file: String) {
    do throws(Diagnostics) {
      let read = try ObjectReader.documents(bytes, file: file)
      documents += read.count
      for node in read where node["kind"]?.string == "ConfigMap" { checkHealthScripts(node, file) }
      let others = read.filter { AnalysisManifest.kind(of: $0) != nil || !FleetManifest.isOne($0) }
      files.append(File(name: file, documents: others))
      guard others.count < read.count else { return }
      // Our own kinds are read as Argo CD reads them.
      let own = try ObjectReader.documents(bytes, file: file, options: YAML.Options(schema: .yaml11))
      for node in own where AnalysisManifest.kind(of: node) == nil {
        let reading = FleetManifest.read(node, file: file)
        diagnostics += reading?.diagnostics ?? []
        if let manifest = reading?.value { references.add(manifest) }
        if let zones { diagnostics += AppProjectRules.zoneProblems(node, file: file, zones) }
      }
    } catch {
      diagnostics += error.all
    }
  }

  private mutating func checkHealthScripts(_ node: Node, _ file: String) {
    guard node["metadata"]?["name"]?.string == HealthCustomizations.configMapName else { return }
    var customizations = HealthCustomizations()
    diagnostics += customizations.add(configMap: node, file: file)
  }

  /// Checks what needs the other files too. Objects must differ within a directory; where a kustomization decides what is
  /// used of it, only within a file, and what does not call itself an object there (a patch, a value) is only parsed.
  package mutating func finish() {
    let kustomized = Set(files.filter(\.isKustomization).map { String($0.directory) })
    let patches = patchFiles()
    var groups: [String: [Object]] = [:]
    for file in files {
      let isKustomized = kustomized.contains(String(file.directory))
      var nodes = file.documents.filter { !Self.isNoObject($0) && (!isKustomized || $0["kind"] != nil) }
      if Self.path(file.name).map(patches.contains) != true { nodes = takeAnalyses(in: nodes, file.name) }
      let read = ObjectReader.objects(in: nodes, file: file.name)
      diagnostics += read.diagnostics + read.objects.flatMap(ObjectCheck.problems)
      groups[isKustomized ? file.name : String(file.directory), default: []] += read.objects
    }
    for objects in groups.values { diagnostics += ObjectCheck.duplicates(in: objects) }
    diagnostics += references.diagnostics
    for analysis in analyses { diagnostics += AnalysisLint.check(analysis, among: analyses) }
    files = []
    analyses = []
    diagnostics.sort { a, b in
      guard let first = a.location, let second = b.location else { return a.location == nil && b.location != nil }
      return (first.file, first.mark, a.code) < (second.file, second.mark, b.code)
    }
  }

  /// Reads analyses, and gives back what is checked as objects are: what is invalid as an analysis was reported.
  private mutating func takeAnalyses(in nodes: [Node], _ file: String) -> [Node] {
    nodes.filter { node in
      var isObject = true
      for document in AnalysisManifest.documents(in: node) {
        guard let reading = AnalysisManifest.read(document, file: file) else { continue }
        diagnostics += reading.diagnostics
        if let manifest = reading.value { analyses.append(manifest) }
        // A run may have generateName instead.
        isObject = isObject && reading.value != nil && document["metadata"]?["name"] != nil
      }
      return isObject
    }
  }

  /// Files that kustomizations apply to objects: they hold parts of some.
  private func patchFiles() -> Set<TreePath> {
    var patches: Set<TreePath> = []
    for file in files where file.isKustomization {
      for document in file.documents {
        let names =
          (document["patches"]?.sequence ?? []).compactMap { $0["path"]?.string }
          + (document["patchesStrategicMerge"]?.sequence ?? []).compactMap(\.string)
        patches.formUnion(names.compactMap { Self.path(String(file.directory))?.appending($0) })
      }
    }
    return patches
  }

  private static func path(_ name: String) -> TreePath? { TreePath(String(name.drop { $0 == "/" })) }

  /// Kustomizations and kubeconfigs look like objects and are none.
  private static func isNoObject(_ node: Node) -> Bool {
    let apiVersion = node["apiVersion"]?.string ?? ""
    switch node["kind"]?.string {
    case "Kustomization", "Component": return apiVersion.hasPrefix("kustomize.config.k8s.io/")
    case "Config": return apiVersion == "v1"
    case nil: return node["resources"]?.sequence != nil && node["apiVersion"] == nil
    default: return false
    }
  }
}
