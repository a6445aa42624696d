import Manifest
import Templating

extension GeneratorRun {
  private static let maximumFileBytes = 4 << 20

  /// The directories of a repository, or the contents of its files.
  mutating func git(_ node: Node, _ mark: SourceMark) -> [ParameterSet]? {
    let url = node["repoURL"]?.string ?? ""
    let directories = items(node["directories"])
    let files = items(node["files"])
    guard !directories.isEmpty || !files.isEmpty else {
      report("generator.git-empty", "the git generator is empty: it needs directories or files", mark)
      return nil
    }
    guard let tree = tree(url: url, revision: node["revision"]?.string ?? "") else { return nil }
    do {
      let sets =
        try directories.isEmpty
        ? fileSets(files, tree, node, url: url) : directorySets(directories, tree, node)
      guard let sets else { return nil }
      var filled: [ParameterSet] = []
      for set in sets {
        guard let set = adding(node["values"], to: set) else { return nil }
        filled.append(set)
      }
      return filled
    } catch {
      report("generator.git-unreadable", "the repository \(url) cannot be read: \(error)", mark)
      return nil
    }
  }

  private struct Item {
    var pattern: String
    var isExcluded: Bool
    var mark: SourceMark
  }

  private func items(_ node: Node?) -> [Item] {
    (node?.sequence ?? []).map {
      Item(
        pattern: $0["path"]?.string ?? "", isExcluded: $0["exclude"]?.bool ?? false, mark: $0["path"]?.mark ?? $0.mark)
    }
  }

  private mutating func tree(url: String, revision: String) -> (any FileTree)? {
    let inquiry = Inquiry.repository(url: url, revision: revision)
    ask(inquiry)
    switch inputs.repositories[inquiry] {
    case .success(let tree): return tree
    case .failure(let failure): report(failure)
    case nil: break
    }
    return nil
  }

  // MARK: Directories

  private func directorySets(_ items: [Item], _ tree: any FileTree, _ node: Node) throws -> [ParameterSet] {
    let walk = try RepositoryWalk(tree, skippingHiddenDirectories: true)
    let patterns = items.map { (GlobPattern($0.pattern), $0.isExcluded) }
    let chosen = walk.directories.filter { path in
      let fits = patterns.filter { $0.0?.matches(path.text) ?? false }
      return !fits.isEmpty && !fits.contains { $0.1 }
    }
    return chosen.map { path in
      let parameters = pathParameters(path.text, file: nil, prefix: node["pathParamPrefix"]?.string ?? "")
      return ParameterSet(Parameters(parameters), origins: [ParameterSet.Origin("directory '\(path)'")])
    }
  }

  /// What templates know about a path: `path.path`, `path.basename`, … or the flat `path`, `path[0]`, ….
  private func pathParameters(_ directory: String, file: String?, prefix: String) -> Mapping {
    let path = directory.isEmpty ? "." : directory
    let segments = path.split(separator: "/").map(String.init)
    var texts = ["basename": SlashPath.base(path), "basenameNormalized": NameText.normalized(SlashPath.base(path))]
    if let file {
      texts["filename"] = file
      texts["filenameNormalized"] = NameText.normalized(file)
    }
    var mapping = Mapping()
    guard isGo else {
      let name = prefix.isEmpty ? "path" : prefix + ".path"
      mapping[name] = .string(path)
      for (key, text) in texts { mapping["\(name).\(key)"] = .string(text) }
      for (index, segment) in segments.enumerated() { mapping["\(name)[\(index)]"] = .string(segment) }
      return mapping
    }
    mapping["path"] = .string(path)
    for (key, text) in texts { mapping[key] = .string(text) }
    mapping["segments"] = .sequence(segments.map(Node.string))
    return prefix.isEmpty ? ["path": .mapping(mapping)] : [prefix: .mapping(["path": .mapping(mapping)])]
  }

  // MARK: Files

  private mutating func fileSets(
    _ items: [Item], _ tree: any FileTree, _ node: Node, url: String
  ) throws -> [ParameterSet]? {
    guard let specs = pathspecs(items) else { return nil }
    let walk = try RepositoryWalk(tree, skippingHiddenDirectories: false)
    let chosen = walk.files.filter { path in
      let fits = specs.filter { $0.spec.lists(path.text) }
      return !fits.isEmpty && !fits.contains { $0.isExcluded }
    }
    var sets: [ParameterSet] = []
    for path in chosen {
      guard let contents = try contents(of: path, tree, url: url) else { return nil }
      for content in contents {
        sets.append(set(content, path, prefix: node["pathParamPrefix"]?.string ?? ""))
      }
    }
    return sets
  }

  /// Nil, reported, where git would refuse one: what it would list is not known then.
  private mutating func pathspecs(_ items: [Item]) -> [(spec: Pathspec, isExcluded: Bool)]? {
    var specs: [(Pathspec, Bool)] = []
    for item in items {
      do throws(Pathspec.Problem) {
        specs.append((try Pathspec(item.pattern), item.isExcluded))
      } catch {
        report(
          "generator.bad-path", "the path '\(DNSName.shown(item.pattern))' of the git generator \(error.message)",
          item.mark)
      }
    }
    return specs.count == items.count ? specs : nil
  }

  private mutating func contents(of path: TreePath, _ tree: any FileTree, url: String) throws -> [Mapping]? {
    let content = try tree.read(path, limit: Self.maximumFileBytes)
    var problem: Diagnostic?
    do throws(Diagnostics) {
      let documents = try YAML.parse(
        content.bytes, file: path.text, options: YAML.Options(schema: .yaml11))
      guard let first = try documents.first?.checkedAsJSON(file: path.text), !first.isNull else { return [Mapping()] }
      if let mapping = first.mapping { return [mapping] }
      let elements = first.sequence ?? [first]
      if elements.allSatisfy({ $0.mapping != nil || $0.isNull }) { return elements.map { $0.mapping ?? Mapping() } }
      problem = Diagnostic(
        "generator.bad-file", "it must hold a mapping or a list of mappings",
        at: SourceLocation(file: path.text, mark: first.mark))
    } catch {
      problem = error.all.first
    }
    report(
      Diagnostic(
        "generator.bad-file",
        "unable to process file '\(path)' from repository '\(url)': \(problem?.message ?? "unreadable")",
        at: problem?.location))
    return nil
  }

  private func set(_ content: Mapping, _ path: TreePath, prefix: String) -> ParameterSet {
    var root = content
    if !isGo {
      let flat = ParameterSet.flattened(content, numbers)
      root = Mapping()
      for key in flat.keys.sorted() { root[key] = flat[key].map(Node.string) }
    }
    for member in pathParameters(path.parent.text, file: path.name, prefix: prefix) { root[member.key] = member.value }
    return ParameterSet(Parameters(root), origins: [ParameterSet.Origin("file '\(path)'")])
  }
}
