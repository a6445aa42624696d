package import Manifest

/// A user's own health check: Argo CD's Lua, which reads `obj` and returns a table of `status` and `message`.
package struct HealthScript: Sendable, Hashable {
  package var text: String

  package init(_ text: String) { self.text = text }
}

/// The health scripts of a fleet, by kind: what Argo CD keeps in `argocd-cm`.
package struct HealthCustomizations: Sendable, Equatable {
  /// The ConfigMap that the hub looks for.
  package static let configMapName = "argocd-cm"

  private static let prefix = "resource.customizations"
  private static let maximumScript = 256 << 10
  private static let maximumScripts = 2_000

  private struct Wildcard: Sendable, Equatable {
    var pattern: ProjectPattern
    var script: HealthScript
  }

  private var exact: [String: HealthScript] = [:]
  /// Sorted by pattern.
  private var wildcards: [Wildcard] = []

  package init() {}

  package var isEmpty: Bool { exact.isEmpty && wildcards.isEmpty }

  /// The script for a kind: the one that names it, else the first pattern that fits, in the order of their texts.
  package func script(for kind: GroupKind) -> HealthScript? {
    if isEmpty { return nil }
    let key = Self.name(of: kind)
    return exact[key] ?? wildcards.first { $0.pattern.covers(key) }?.script
  }

  /// `group/Kind`, or `Kind` of the core group.
  package static func name(of kind: GroupKind) -> String {
    kind.group.isEmpty ? kind.kind : kind.group + "/" + kind.kind
  }

  /// Adds a script.
  /// - Parameter key: `group/Kind`, or `Kind` of the core group; a glob where it holds `*`, `?`, `[` or `{`.
  package mutating func add(_ text: String, for key: String) {
    guard !text.isEmpty else { return }
    guard key.contains(where: { "*?[{".contains($0) }) else {
      exact[key] = HealthScript(text)
      return
    }
    wildcards.removeAll { $0.pattern.text == key }
    wildcards.append(Wildcard(pattern: ProjectPattern(key, allowsDenial: false), script: HealthScript(text)))
    wildcards.sort { $0.pattern.text < $1.pattern.text }
  }

  /// Adds all of `other`, which counts more where both have a kind.
  package mutating func add(_ other: HealthCustomizations) {
    for (key, script) in other.exact { add(script.text, for: key) }
    for wildcard in other.wildcards { add(wildcard.script.text, for: wildcard.pattern.text) }
  }

  /// Adds what a ConfigMap's `data` customises, in both forms: a key for each kind (`resource.customizations.health.
  /// <group>_<kind>`), which counts more, and one mapping of all (`resource.customizations`).
  /// - Returns: what cannot be read; it is left out.
  package mutating func add(configMap: Node, file: String) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    let data = configMap["data"]?.mapping ?? Mapping()
    if let whole = data[Self.prefix] { diagnostics += add(block: whole, file: file) }
    for member in data where member.key.hasPrefix(Self.prefix + ".health.") {
      let name = String(member.key.dropFirst(Self.prefix.count + ".health.".count))
      guard let key = Self.key(name) else {
        diagnostics.append(
          Self.diagnostic("'\(DNSName.shown(member.key))' names no kind: write <group>_<kind>", member.value, file))
        continue
      }
      diagnostics += add(node: member.value, for: key, file: file)
    }
    return diagnostics
  }

  /// What the ConfigMaps of the name ``configMapName`` among `objects` customise; later ones count more.
  package static func read(_ objects: [Node]) -> (customizations: HealthCustomizations, problems: [Diagnostic]) {
    var all = HealthCustomizations()
    var problems: [Diagnostic] = []
    for object in objects
    where object["kind"]?.string == "ConfigMap" && object["metadata"]?["name"]?.string == configMapName {
      problems += all.add(configMap: object, file: configMapName)
    }
    return (all, problems)
  }

  /// `apps_Deployment` as `apps/Deployment`; `all` means every kind.
  private static func key(_ name: String) -> String? {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    switch parts.count {
    case 1 where name == "all": return "*/*"
    case 1 where !name.isEmpty: return name
    case 2 where !parts[1].isEmpty: return parts[0].isEmpty ? String(parts[1]) : "\(parts[0])/\(parts[1])"
    default: return nil
    }
  }

  /// The older form: YAML in a text.
  private mutating func add(block node: Node, file: String) -> [Diagnostic] {
    let text = node.string ?? ""
    let documents: [Node]
    do {
      documents = try YAML.parse(Array(text.utf8), file: file, options: YAML.Options(schema: .yaml11))
    } catch {
      let first = error.all.first
      return [Self.diagnostic("'\(Self.prefix)' cannot be read: \(first?.message ?? "it is no YAML")", node, file)]
    }
    var diagnostics: [Diagnostic] = []
    for member in documents.first?.mapping ?? Mapping() {
      guard let script = member.value["health.lua"] else { continue }
      diagnostics += add(node: Node(script.value, mark: node.mark), for: member.key, file: file)
    }
    return diagnostics
  }

  private mutating func add(node: Node, for key: String, file: String) -> [Diagnostic] {
    guard let text = node.string else {
      return node.isNull
        ? [] : [Self.diagnostic("the health script of '\(DNSName.shown(key))' is no text", node, file)]
    }
    guard text.utf8.count <= Self.maximumScript else {
      return [
        Self.diagnostic(
          "the health script of '\(DNSName.shown(key))' is longer than \(Self.maximumScript) bytes", node, file)
      ]
    }
    guard exact.count + wildcards.count < Self.maximumScripts else {
      return [Self.diagnostic("there are more than \(Self.maximumScripts) health scripts", node, file)]
    }
    add(text, for: key)
    return []
  }

  private static func diagnostic(_ message: String, _ node: Node, _ file: String) -> Diagnostic {
    Diagnostic("health.customization", message, at: SourceLocation(file: file, mark: node.mark))
  }
}
