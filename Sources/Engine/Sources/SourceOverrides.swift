package import Fleet
package import Manifest

/// The files in an Application's folder that change its source there: `.argocd-source.yaml`, and after it
/// `.argocd-source-<name>.yaml`, each merged onto the source as a JSON merge patch (RFC 7396), as Argo CD does.
///
/// Where the source is read from cannot be changed that way: repository, revision, path and chart stay.
package enum SourceOverrides {
  private static let limit = 1 << 20
  /// - Throws: ``Diagnostics`` of the files.
  package static func apply(
    to source: ApplicationSource, of application: String, in tree: any FileTree, at path: TreePath
  ) throws -> ApplicationSource {
    var settings = Node.mapping(settings(of: source.tool))
    var isChanged = false
    for name in [".argocd-source.yaml", ".argocd-source-\(application).yaml"] {
      guard let file = path.appending(name), case .file? = try? tree.entry(at: file) else { continue }
      guard let patch = try read(file, in: tree) else { continue }
      settings = merge(patch, into: settings)
      isChanged = true
    }
    guard isChanged else { return source }
    var changed = source
    changed.tool = ApplicationSource(settings).tool
    return changed
  }

  private static func settings(of tool: ApplicationSource.Tool?) -> Mapping {
    switch tool {
    case nil: return Mapping()
    case .helm(let node): return ["helm": node]
    case .kustomize(let node): return ["kustomize": node]
    case .plugin(let node): return ["plugin": node]
    case .directory(let options):
      var directory: Mapping = [
        "recurse": Node(.bool(options.recurse)), "include": .string(options.include),
        "exclude": .string(options.exclude),
      ]
      directory["jsonnet"] = options.jsonnet
      return ["directory": .mapping(directory)]
    }
  }

  private static func read(_ file: TreePath, in tree: any FileTree) throws -> Node? {
    let name = tree.displayPrefix + file.text
    let bytes: [UInt8]
    do {
      bytes = try tree.read(file, limit: limit).bytes
    } catch {
      throw Diagnostics(
        Diagnostic(
          "source.unreadable", "the file cannot be read, or has more than \(limit >> 20) MiB",
          at: SourceLocation(file: name)))
    }
    let node = try YAML.parse(bytes, file: name, options: YAML.Options(schema: .yaml11)).first
    guard let node, !node.isNull else { return nil }
    guard node.mapping != nil else {
      throw Diagnostics(
        Diagnostic(
          "source.invalid-override", "changes of a source must be a mapping, not a \(node.value.kindName)",
          at: SourceLocation(file: name, mark: node.mark)))
    }
    return node
  }

  /// RFC 7396: mappings merge, null removes, all else replaces.
  private static func merge(_ patch: Node, into target: Node) -> Node {
    guard let changes = patch.mapping else { return patch }
    var result = target
    if result.mapping == nil { result.value = .mapping(Mapping()) }
    for member in changes {
      if member.value.isNull {
        result[member.key] = nil
      } else {
        result[member.key] = merge(member.value, into: result[member.key] ?? .null)
      }
    }
    return result
  }
}
