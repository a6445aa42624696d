import Crypto
import Fleet
import Manifest

/// The files of a fleet repository and what was last good of each: a value, renewed from one tree after another.
///
/// The rules (DESIGN §3.6): a file that is broken keeps what it last said, a folder that cannot be read keeps all its
/// files, and both make the answer incomplete; a file that a clean listing no longer has is gone.
struct FleetFiles: Sendable {
  private struct Known: Sendable {
    /// Nil when it could not be read.
    var id: String?
    var documents: [FleetFile.Document]
    /// What the file itself no longer says, or not readably.
    var retained: [FleetFile.Document]
    var diagnostics: [Diagnostic]
    /// Projects in it that cannot be read, and never were.
    var projectGaps: [ProjectGap] = []
  }

  static let folders = ["clusters", "templates"]
  /// The code of what is said of a file that is there and cannot be read.
  static let unreadableFile = "fleet.file-unreadable"

  private static let extensions = [".yaml", ".yml", ".json"]
  private static let fileLimit = 8 << 20
  private static let maximumFiles = 20_000
  private static let maximumDepth = 16

  private var files: [TreePath: Known] = [:]
  private var failures: [Failure] = []
  /// Folders that cannot be read, and of which nothing is known.
  private var unknownFolders: [ProjectGap] = []

  /// How many files are known.
  var count: Int { files.count }

  /// Takes in what `tree` has now below `root`. Files whose id is the same are not read again.
  mutating func update(from tree: any FileTree, root: TreePath = .root) {
    var visit = Visit()
    failures = []
    for name in Self.folders {
      guard let folder = root.appending(name) else { continue }
      scan(folder, of: tree, depth: 0, &visit)
    }
    for path in files.keys where !visit.files.contains(path) && !visit.unread.contains(where: path.isWithin) {
      files[path] = nil
    }
    for path in files.keys where !visit.files.contains(path) {
      // Its folder cannot be read: it may have changed, so it is read again when it can.
      files[path]?.id = nil
    }
    unknownFolders = visit.gaps.filter { gap in !files.keys.contains { $0.isWithin(gap.folder) } || gap.isCut }.map {
      ProjectGap(name: nil, reason: $0.reason)
    }
  }

  /// Nothing could be read at all: everything stays as it was.
  mutating func keepAll(because failure: Failure) { failures = [failure] }

  /// All of it together, in the order of paths.
  func answer() -> Answer<FleetContent> {
    var assembly = Assembly()
    let ordered = files.sorted { $0.key < $1.key }
    for (_, file) in ordered {
      assembly.diagnostics += file.diagnostics
      for document in file.documents { assembly.add(document) }
    }
    for (_, file) in ordered {
      for document in file.retained { assembly.addRetained(document) }
    }
    return assembly.answer(failures: failures, gaps: ordered.flatMap(\.value.projectGaps) + unknownFolders)
  }

  /// A digest of paths and ids.
  var digest: String {
    var hash = SHA256()
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      hash.update(data: Array("\(path.text)\0\(file.id ?? "")\n".utf8))
    }
    return GitObjectID.hex(of: hash.finalize().prefix(8))
  }
}

extension FleetFiles {
  private struct Visit {
    var files: Set<TreePath> = []
    /// Folders after links, each visited once.
    var folders: Set<TreePath> = []
    /// What could not be listed.
    var unread: [TreePath] = []
    var gaps: [Gap] = []
    var isFull = false
  }

  /// A folder whose files are not all known.
  private struct Gap {
    var folder: TreePath
    var reason: String
    /// There is more in it than is read, ever.
    var isCut: Bool
  }

  private mutating func scan(_ folder: TreePath, of tree: any FileTree, depth: Int, _ visit: inout Visit) {
    do {
      let listing = try tree.list(folder)
      guard visit.folders.insert(listing.resolved).inserted else { return }
      guard depth < Self.maximumDepth else {
        return miss(folder, of: tree, "it lies more than \(Self.maximumDepth) folders deep", isCut: true, &visit)
      }
      for name in listing.names where !name.hasPrefix(".") {
        if let path = folder.appending(name) { look(at: path, of: tree, depth: depth, &visit) }
      }
    } catch FileTreeError.notFound where depth == 0 {
      miss(folder, of: tree, "it is not there; an empty folder will do", &visit)
      // No project is in it.
      visit.gaps.removeAll { $0.folder == folder }
    } catch {
      miss(folder, of: tree, Self.reason(error), &visit)
    }
  }

  private mutating func look(at path: TreePath, of tree: any FileTree, depth: Int, _ visit: inout Visit) {
    let isWanted = Self.extensions.contains(where: path.name.hasSuffix)
    do {
      switch try tree.entry(at: path) {
      case .directory: scan(path, of: tree, depth: depth + 1, &visit)
      case .file where isWanted: take(path, of: tree, &visit)
      case .file: break
      case nil where isWanted: keep(path, of: tree, because: "it is a link to nothing", &visit)
      case nil: break
      }
    } catch {
      if isWanted {
        keep(path, of: tree, because: Self.reason(error), &visit)
      } else if !Self.isOddity(error) {
        miss(path, of: tree, Self.reason(error), &visit)
      }
    }
  }

  private mutating func take(_ path: TreePath, of tree: any FileTree, _ visit: inout Visit) {
    guard visit.files.count < Self.maximumFiles else {
      if !visit.isFull {
        miss(path.parent, of: tree, "there are more than \(Self.maximumFiles) files", isCut: true, &visit)
      }
      visit.isFull = true
      return
    }
    do {
      let id = try tree.identity(of: path, limit: Self.fileLimit).id
      visit.files.insert(path)
      if files[path]?.id == id { return }
      let content = try tree.read(path, limit: Self.fileLimit)
      accept(FleetFile(content.bytes, name: tree.displayPrefix + path.text), id: content.id, as: path)
    } catch {
      keep(path, of: tree, because: Self.reason(error), &visit)
    }
  }

  /// What a broken file no longer says stays in effect.
  private mutating func accept(_ file: FleetFile, id: String, as path: TreePath) {
    var known = Known(id: id, documents: file.documents, retained: [], diagnostics: file.diagnostics)
    if file.hasErrors, let before = files[path] {
      let said = Set(file.documents.map(\.identity))
      known.retained = (before.documents + before.retained).filter { !said.contains($0.identity) }
      if let first = known.diagnostics.firstIndex(where: { $0.severity == .error }) {
        for document in known.retained.prefix(5) {
          known.diagnostics[first].notes.append(
            .init("\(document.identity) stays as it was", at: nil))
        }
      }
    }
    known.projectGaps = Self.gaps(in: file, retained: known.retained)
    files[path] = known
  }

  /// What the file last said stands in for what cannot be read of it now.
  private static func gaps(in file: FleetFile, retained: [FleetFile.Document]) -> [ProjectGap] {
    let known = Set(
      retained.compactMap { document -> String? in
        if case .project(let project) = document.manifest { project.name } else { nil }
      })
    return file.projectGaps.filter { gap in gap.name.map { !known.contains($0) } ?? known.isEmpty }
  }

  private mutating func keep(_ path: TreePath, of tree: any FileTree, because reason: String, _ visit: inout Visit) {
    visit.files.insert(path)
    let before = files[path]
    let diagnostic = Diagnostic(
      Self.unreadableFile, "the file cannot be read: \(reason)",
      at: SourceLocation(file: tree.displayPrefix + path.text))
    var known = Known(
      id: nil, documents: [], retained: (before?.documents ?? []) + (before?.retained ?? []), diagnostics: [diagnostic])
    known.projectGaps = before.map(\.projectGaps) ?? [ProjectGap(name: nil, diagnostic)]
    files[path] = known
  }

  private mutating func miss(
    _ folder: TreePath, of tree: any FileTree, _ reason: String, isCut: Bool = false, _ visit: inout Visit
  ) {
    visit.unread.append(folder)
    visit.gaps.append(
      Gap(folder: folder, reason: "folder \(tree.displayPrefix)\(folder.text) cannot be read: \(reason)", isCut: isCut))
    failures.append(
      Failure(
        "fleet.folder-unreadable", subject: "folder \(tree.displayPrefix)\(folder.text)", stage: "read",
        "what was in it stays as it was, and nothing is deleted", retry: .backOff, cause: reason))
  }

  /// Things that are no folder and hide none.
  private static func isOddity(_ error: any Error) -> Bool {
    switch error as? FileTreeError {
    case .notRegular, .leavesTree, .linkLoop: true
    default: false
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? FileTreeError else { return "\(error)" }
    return switch error {
    case .notFound: "it is gone"
    case .isDirectory: "it is a directory"
    case .notDirectory: "it is not a directory"
    case .leavesTree: "it is a link that leads out of the fleet's folder"
    case .tooLarge(_, let limit): "it is larger than \(limit >> 20) MB"
    case .notRegular: "it is not a regular file"
    case .linkLoop: "it is a link that leads in a circle"
    case .unreadable(_, let reason): reason
    }
  }
}

/// Puts the documents of all the files together, each thing once.
private struct Assembly {
  var diagnostics: [Diagnostic] = []
  private var clusters: [Cluster] = []
  private var content = FleetContent()
  private var places: [FleetFile.Identity: SourceLocation] = [:]

  mutating func add(_ document: FleetFile.Document) {
    // Clusters that claim one name or one server are told by the registry, with better words.
    if case .cluster(let cluster) = document.manifest {
      clusters.append(cluster)
      places[document.identity] = cluster.origin
      return
    }
    let origin = Self.origin(of: document.manifest)
    if let first = places[document.identity] {
      diagnostics.append(
        Diagnostic(
          "fleet.duplicate", "there is another \(document.identity)", at: origin,
          notes: [.init("the other one, which is used, is here", at: first)], help: "remove or rename one of the two"))
      return
    }
    places[document.identity] = origin
    append(document.manifest)
  }

  /// What was last good of a broken file, unless another file says it now.
  mutating func addRetained(_ document: FleetFile.Document) {
    guard places[document.identity] == nil else { return }
    add(document)
  }

  private mutating func append(_ manifest: FleetManifest) {
    switch manifest {
    case .cluster(let cluster): clusters.append(cluster)
    case .application(let application): content.applications.append(application)
    case .applicationSet(let applicationSet): content.applicationSets.append(applicationSet)
    case .project(let project): content.projects.append(project)
    case .analysisTemplate(let template): content.analysisTemplates.append(template)
    case .configMap(let node, _): content.objects.append(node)
    }
  }

  func answer(failures: [Failure], gaps: [ProjectGap]) -> Answer<FleetContent> {
    var content = content
    content.projectGaps = gaps
    content.registry = Registry(clusters)
    let doubts =
      AnalysisDoubts.of(content.analysisTemplates)
      + content.applicationSets.flatMap { WaveDoubts.of($0, content.analysisTemplates) }
    return Answer(content, diagnostics: diagnostics + content.registry.conflicts + doubts, failures: failures)
  }

  private static func origin(of manifest: FleetManifest) -> SourceLocation {
    switch manifest {
    case .cluster(let cluster): cluster.origin
    case .application(let application): application.origin ?? SourceLocation(file: "")
    case .applicationSet(let applicationSet): applicationSet.origin
    case .project(let project): project.origin
    case .analysisTemplate(let template): template.origin
    case .configMap(_, let origin): origin
    }
  }
}
