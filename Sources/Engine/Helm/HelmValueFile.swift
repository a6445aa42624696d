import Manifest

/// Finds value files as Argo CD does (reposerver, getResolvedValueFiles): relative to the chart, from the root of its
/// repository with a leading `/`, from another source's with `$ref/`, by glob, or remote.
struct HelmValueFile {
  /// `$name` at the start of a path, without the sign; nil for any other path.
  static func referenceName(_ text: String) -> String? {
    guard text.hasPrefix("$") else { return nil }
    return String(text.dropFirst().prefix { $0 != "/" })
  }

  let tree: any FileTree
  let display: @Sendable (TreePath) -> String
  /// The folder of the repository in the joined tree.
  let repository: TreePath
  let chart: TreePath
  /// The folders of other sources' repositories, by `ref`.
  let references: [String: TreePath]
  let schemes: Set<String>
  let ignoresMissing: Bool

  private static let maximumMatches = 1_000
  private static let maximumListed = 20_000

  private enum Place {
    case remote(String)
    case path(TreePath, root: TreePath)
    /// Relative to `root`.
    case glob(String, root: TreePath)
  }

  /// The files, in the order in which they are to win; each once, where it stands by its own name.
  /// - Throws: ``Diagnostic`` `helm.value-file…`
  func resolve(_ texts: [String]) throws -> [HelmTemplate.ValueFile] {
    let places = try texts.map { ($0, try place($0)) }
    let explicit = Set(
      places.compactMap { _, place -> TreePath? in
        if case .path(let path, _) = place { path } else { nil }
      })
    var files: [HelmTemplate.ValueFile] = []
    for (text, place) in places {
      for file in try expand(place, text, explicit) where !files.contains(file) { files.append(file) }
      guard files.count <= Self.maximumMatches else {
        throw problem("helm.value-files", "there are more than \(Self.maximumMatches) value files")
      }
    }
    return files
  }

  /// The file of a file parameter, which must be there.
  func resolveOne(_ text: String) throws -> HelmTemplate.ValueFile {
    switch try place(text, allowsGlob: false) {
    case .remote(let url): return .remote(url)
    case .path(let path, _), .glob(_, let path):
      guard try exists(path, text) else { throw missing(text, path) }
      return .file(path)
    }
  }

  private func expand(_ place: Place, _ text: String, _ explicit: Set<TreePath>) throws -> [HelmTemplate.ValueFile] {
    switch place {
    case .remote(let url): return [.remote(url)]
    case .path(let path, _):
      if try exists(path, text) { return [.file(path)] }
      if ignoresMissing { return [] }
      throw missing(text, path)
    case .glob(let pattern, let root):
      let found = try matches(pattern, root, text)
      if found.isEmpty, !ignoresMissing {
        throw problem(
          "helm.value-file-missing", "the pattern '\(Visible.text(text))' of helm.valueFiles matches no file")
      }
      return found.filter { !explicit.contains($0) }.map { .file($0) }
    }
  }

  // MARK: Places

  private func place(_ text: String, allowsGlob: Bool = true) throws -> Place {
    if let separator = text.firstRange(of: "://") { return try remote(text, String(text[..<separator.lowerBound])) }
    var (root, base, rest) = (repository, chart, text)
    if let name = Self.referenceName(text) {
      guard let reference = references[name] else {
        throw problem(
          "helm.value-file-reference", "'\(Visible.text(text))' reads another source, but none has 'ref: \(name)'")
      }
      (root, base, rest) = (reference, reference, String(text.dropFirst(name.count + 2)))
    } else if text.hasPrefix("/") {
      (base, rest) = (root, String(text.dropFirst()))
    }
    while rest.hasPrefix("/") { rest.removeFirst() }
    // Within its own tree first: `..` must not lead into the tree beside it.
    let inner = TreePath(String(base.text.dropFirst(root.text.count + 1))) ?? .root
    guard let path = inner.appending(rest) else {
      throw problem(
        "helm.value-file-outside", "'\(Visible.text(text))' leads out of the repository, which is not allowed")
    }
    if allowsGlob, text.contains(where: { "*?[".contains($0) }) { return .glob(path.text, root: root) }
    return .path(JoinedFileTree.outer(path, root), root: root)
  }

  private func remote(_ text: String, _ scheme: String) throws -> Place {
    let shown = Visible.text(ShownAddress.of(text))
    guard ["http", "https"].contains(scheme.lowercased()), schemes.contains(scheme.lowercased()) else {
      throw problem(
        "helm.value-file-scheme", "the value file '\(shown)' has a scheme that is not allowed",
        help: schemes.isEmpty
          ? "only files of repositories are allowed" : "allowed: " + schemes.sorted().joined(separator: ", "))
    }
    guard ShownAddress.of(text) == text, !text.contains("@") else {
      throw problem(
        "helm.value-file-credentials", "the value file '\(shown)' has a user or a password in its address",
        help: "put the file into a repository, and read it by $ref")
    }
    guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
      throw problem("helm.value-file-scheme", "the value file '\(shown)' is no address")
    }
    return .remote(text)
  }

  private func exists(_ path: TreePath, _ text: String) throws -> Bool {
    do {
      switch try tree.entry(at: path) {
      case .file: return true
      case .directory: throw problem("helm.value-file", "'\(Visible.text(text))' is a folder, not a file")
      case nil: return false
      }
    } catch FileTreeError.leavesTree, FileTreeError.linkLoop {
      throw problem("helm.value-file-outside", "'\(Visible.text(text))' is a link out of the repository, or to itself")
    } catch is FileTreeError {
      throw problem("helm.value-file", "'\(Visible.text(text))' is no file that can be read")
    }
  }

  // MARK: Globs

  /// In the order of their paths; `*` stays within a folder, `**` does not.
  private func matches(_ pattern: String, _ root: TreePath, _ text: String) throws -> [TreePath] {
    let segments = pattern.split(separator: "/").map(String.init)
    let fixed = segments.dropLast().prefix { segment in !segment.contains(where: { "*?[{".contains($0) }) }
    let start = TreePath(fixed.joined(separator: "/")) ?? .root
    let globs = Self.variants(pattern).map { Glob($0, separator: "/") }
    let depth = pattern.contains("**") ? 32 : segments.count - fixed.count
    var listed = 0
    var found: [TreePath] = []
    try walk(start, root, depth, &listed) { inner in
      if globs.contains(where: { $0.matches(inner.text) }) { found.append(JoinedFileTree.outer(inner, root)) }
    }
    return found
  }

  /// `**/` may stand for no folder at all.
  private static func variants(_ pattern: String) -> [String] {
    var variants = [pattern]
    for _ in 0..<3 {
      for variant in variants {
        guard let range = variant.firstRange(of: "**/") else { continue }
        let shorter = variant.replacingCharacters(range)
        if !variants.contains(shorter) { variants.append(shorter) }
      }
    }
    return variants
  }

  private func walk(
    _ folder: TreePath, _ root: TreePath, _ depth: Int, _ listed: inout Int, _ body: (TreePath) -> Void
  ) throws {
    guard depth > 0, let names = try? tree.list(JoinedFileTree.outer(folder, root)).names else { return }
    for name in names where name != ".git" {
      listed += 1
      guard listed <= Self.maximumListed else {
        throw problem("helm.value-files", "a pattern of helm.valueFiles looks at more than \(Self.maximumListed) files")
      }
      guard let path = folder.appending(name) else { continue }
      do {
        switch try tree.entry(at: JoinedFileTree.outer(path, root)) {
        case .file: body(path)
        // Not through links, which may lead in circles.
        case .directory(let resolved) where resolved == JoinedFileTree.outer(path, root):
          try walk(path, root, depth - 1, &listed, body)
        case .directory, nil: continue
        }
      } catch is FileTreeError {
        continue
      }
    }
  }

  // MARK: Words

  private func missing(_ text: String, _ path: TreePath) -> Diagnostic {
    problem(
      "helm.value-file-missing", "there is no value file '\(Visible.text(text))'",
      note: "looked for at \(Visible.text(display(path)))",
      help: "a path is relative to the chart, or to the repository's root if it begins with '/'")
  }

  private func problem(_ code: String, _ message: String, note: String? = nil, help: String? = nil) -> Diagnostic {
    Diagnostic(
      code, message, at: SourceLocation(file: display(chart)), notes: note.map { [.init($0)] } ?? [], help: help)
  }
}

extension String {
  /// Without its first `**/`.
  fileprivate func replacingCharacters(_ range: Range<String.Index>) -> String {
    String(self[..<range.lowerBound] + self[range.upperBound...])
  }
}
