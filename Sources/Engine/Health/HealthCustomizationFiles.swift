package import Fleet
import Manifest

extension HealthCustomizations {
  private static let fileLimit = 4 << 20

  /// Reads health scripts from a file with ConfigMaps, or from a folder as Argo CD keeps its own:
  /// `<group>/<Kind>/health.lua`, where `_` stands for any text.
  /// - Throws: ``Diagnostics``, ``Failure``, ``FileTreeError``.
  package static func read(path: String, file bytes: [UInt8]?) throws -> HealthCustomizations {
    guard let bytes else { return try folder(path) }
    var customizations = HealthCustomizations()
    var diagnostics: [Diagnostic] = []
    for document in try YAML.parse(bytes, file: path, options: YAML.Options(schema: .yaml11))
    where document["kind"]?.string == "ConfigMap" {
      diagnostics += customizations.add(configMap: document, file: path)
    }
    guard diagnostics.isEmpty else { throw Diagnostics(diagnostics) }
    return customizations
  }

  /// The folder of customisations that an object under test is in: of `…/<group>/<Kind>/testdata/<file>`, beside whose
  /// `testdata` a `health.lua` stands, that is `…`. Whoever writes customisations for Argo CD lays them out so.
  /// - Returns: nil for any other place.
  package static func folder(around file: String) -> String? {
    let segments = file.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let testdata = segments.dropLast().lastIndex(of: "testdata"), testdata >= 3 else { return nil }
    let kind = segments[..<testdata].joined(separator: "/")
    guard let tree = try? LocalFileTree(kind), let script = TreePath("health.lua"),
      case .file? = try? tree.entry(at: script)
    else { return nil }
    return segments[..<(testdata - 2)].joined(separator: "/")
  }

  private static func folder(_ path: String) throws -> HealthCustomizations {
    let tree = try LocalFileTree(path)
    var customizations = HealthCustomizations()
    for group in try folders(tree, .root) {
      for kind in try folders(tree, group) {
        guard let script = kind.appending("health.lua"), try tree.entry(at: script) != nil else { continue }
        let text = String(decoding: try tree.read(script, limit: fileLimit).bytes, as: UTF8.self)
        customizations.add(text, for: kind.text.replacing("_", with: "*"))
      }
    }
    return customizations
  }

  private static func folders(_ tree: LocalFileTree, _ path: TreePath) throws -> [TreePath] {
    try tree.list(path).names.filter { !$0.hasPrefix(".") }.compactMap { path.appending($0) }.filter {
      if case .directory? = try tree.entry(at: $0) { true } else { false }
    }
  }
}
