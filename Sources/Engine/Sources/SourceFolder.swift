import Fleet
import Manifest

/// What the folder of a source says about how it is to be rendered.
struct SourceFolder: Sendable {
  /// It holds a Chart.yaml and no kustomization file, which goes first (Argo CD, util/app/discovery).
  var isChart = false
  /// `.argocd-source.yaml`, for every Application.
  private var general: Node?
  /// `.argocd-source-APP.yaml`, by the name of the Application.
  private var particular: [String: Node] = [:]

  /// Whether Applications that share it may render differently.
  var isParticular: Bool { !particular.isEmpty }

  private static let prefix = ".argocd-source"
  private static let maximumBytes = 1 << 20
  private static let maximumFiles = 2_000
  private static let kustomizations: Set<String> = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

  /// - Throws: ``Diagnostics`` of the override files. What is wrong with the folder itself is for the renderer to say.
  init(_ tree: any FileTree, at path: TreePath) throws {
    guard let names = try? tree.list(path).names else { return }
    isChart = names.contains("Chart.yaml") && !names.contains(where: Self.kustomizations.contains)
    let overrides = names.filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(".yaml") }
    guard overrides.count <= Self.maximumFiles else {
      throw Diagnostics(
        Diagnostic(
          "source.too-many-overrides", "there are more than \(Self.maximumFiles) files \(Self.prefix)-….yaml",
          at: SourceLocation(file: tree.displayPrefix + path.text)))
    }
    for name in overrides {
      guard let file = path.appending(name) else { continue }
      let middle = name.dropFirst(Self.prefix.count).dropLast(5)
      guard middle.isEmpty || middle.hasPrefix("-") && middle.count > 1 else { continue }
      guard let node = try Self.read(tree, file) else { continue }
      if middle.isEmpty { general = node } else { particular[String(middle.dropFirst())] = node }
    }
  }

  private static func read(_ tree: any FileTree, _ file: TreePath) throws -> Node? {
    let display = tree.displayPrefix + file.text
    do {
      guard case .file? = try tree.entry(at: file) else { return nil }
      guard let node = try YAML.parse(try tree.read(file, limit: maximumBytes).bytes, file: display).first else {
        return nil
      }
      guard node.mapping != nil else {
        throw Diagnostic("source.override", "it must be a mapping", at: SourceLocation(file: display, mark: node.mark))
      }
      return node
    } catch is FileTreeError {
      throw Diagnostics(
        Diagnostic(
          "source.override", "the file cannot be read: it leads out of the repository, or has more than 1 MiB",
          at: SourceLocation(file: display)))
    }
  }

  /// The source with what the files in its folder change of it.
  func overriding(_ source: ApplicationSource, of application: String) -> ApplicationSource {
    var source = source
    for patch in [general, particular[application]].compactMap(\.self) { source = source.overridden(by: patch) }
    return source
  }
}
