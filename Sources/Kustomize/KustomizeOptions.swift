import Manifest

/// The kustomize settings of an Application's source, which apply on top of the kustomization that it names.
package struct KustomizeOptions: Sendable, Equatable {
  package struct Replica: Sendable, Equatable {
    package var name: String
    package var count: Int64

    package init(name: String, count: Int64) {
      self.name = name
      self.count = count
    }
  }

  /// A patch, and which resources it is for.
  package struct Patch: Sendable, Equatable {
    package var path = ""
    package var patch = ""
    /// `group`, `version`, `kind`, `name`, `namespace`, `labelSelector`, `annotationSelector`.
    package var target: [String: String]?
    package var allowNameChange = false
    package var allowKindChange = false

    package init() {}
  }

  package var namePrefix = ""
  package var nameSuffix = ""
  package var namespace = ""
  package var commonLabels: [String: String] = [:]
  package var commonAnnotations: [String: String] = [:]
  /// `name=new:tag`, `name:tag`, `name@sha256:…`: as `kustomize edit set image` takes them.
  package var images: [String] = []
  package var replicas: [Replica] = []
  package var patches: [Patch] = []
  package var components: [String] = []
  package var ignoreMissingComponents = false
  package var forceCommonLabels = false
  package var forceCommonAnnotations = false
  package var labelWithoutSelector = false
  package var labelIncludeTemplates = false

  package init() {}
}

extension KustomizeOptions {
  /// The layer as `kustomize edit` would have left it.
  /// - Throws: ``Diagnostics`` for a label or annotation that is there already, unless forced.
  func apply(to layer: Layer, loader: inout FileLoader) throws(Diagnostics) -> Layer {
    if self == KustomizeOptions() { return layer }
    var kustomization = layer.kustomization
    if !namePrefix.isEmpty { kustomization.namePrefix = Located(namePrefix) }
    if !nameSuffix.isEmpty { kustomization.nameSuffix = Located(nameSuffix) }
    if !namespace.isEmpty { kustomization.namespace = Located(namespace) }
    for text in images { Self.set(ImageChange(option: text), in: &kustomization.images) }
    for replica in replicas {
      let change = ReplicaChange(name: replica.name, count: replica.count)
      if let position = kustomization.replicas.firstIndex(where: { $0.name == change.name }) {
        kustomization.replicas[position] = change
      } else {
        kustomization.replicas.append(change)
      }
    }
    try addLabels(to: &kustomization, layer)
    try Self.add(
      commonAnnotations, to: &kustomization.commonAnnotations, isForced: forceCommonAnnotations, "annotation", layer)
    kustomization.patches += patches.map(Self.entry)
    try addComponents(to: &kustomization, layer, &loader)
    return Layer(
      kustomization: kustomization, directory: layer.directory, file: layer.file, path: layer.path, chain: layer.chain)
  }

  private static func set(_ change: ImageChange, in images: inout [ImageChange]) {
    if let position = images.firstIndex(where: { $0.name == change.name }) {
      images[position] = change
    } else {
      images.append(change)
    }
  }

  private func addLabels(to kustomization: inout Kustomization, _ layer: Layer) throws(Diagnostics) {
    guard labelWithoutSelector else {
      return try Self.add(
        commonLabels, to: &kustomization.commonLabels, isForced: forceCommonLabels, "label", layer)
    }
    if commonLabels.isEmpty { return }
    kustomization.labels.append(LabelEntry(pairs: commonLabels, includeTemplates: labelIncludeTemplates))
  }

  private static func add(
    _ pairs: [String: String], to existing: inout [String: String], isForced: Bool, _ what: String, _ layer: Layer
  ) throws(Diagnostics) {
    let taken = pairs.keys.filter { existing[$0] != nil }.sorted()
    if !taken.isEmpty && !isForced {
      throw Diagnostics(
        taken.map {
          Diagnostic(
            "kustomize.label-exists", "\(what) '\($0)' of the Application is in the kustomization already",
            at: layer.location(layer.kustomization.mark),
            help: "set 'force\(what == "label" ? "CommonLabels" : "CommonAnnotations"): true' to override it")
        })
    }
    existing.merge(pairs) { $1 }
  }

  private static func entry(_ patch: Patch) -> PatchEntry {
    var entry = PatchEntry(allowNameChange: patch.allowNameChange, allowKindChange: patch.allowKindChange)
    if !patch.path.isEmpty { entry.path = Located(patch.path) }
    if !patch.patch.isEmpty { entry.patch = Located(patch.patch) }
    if let target = patch.target {
      entry.target = TargetSelector(
        kind: KindSelector(
          group: target["group"] ?? "", version: target["version"] ?? "", kind: target["kind"] ?? ""),
        name: target["name"] ?? "", namespace: target["namespace"] ?? "",
        labelSelector: target["labelSelector"] ?? "", annotationSelector: target["annotationSelector"] ?? "",
        location: SourceLocation(file: "application"))
    }
    return entry
  }

  private func addComponents(
    to kustomization: inout Kustomization, _ layer: Layer, _ loader: inout FileLoader
  ) throws(Diagnostics) {
    for component in components {
      if kustomization.components.contains(where: { $0.value == component }) { continue }
      if ignoreMissingComponents {
        do {
          let location = layer.location(.none)
          guard try loader.directory(component, from: layer.directory, at: location) != nil else { continue }
        } catch {
          throw Diagnostics(error)
        }
      }
      kustomization.components.append(Located(component))
    }
  }
}

extension ImageChange {
  /// `name=newName:newTag`, `name=newName`, `name:newTag`, `name@digest`.
  init(option text: String) {
    self.init()
    var image = Substring(text)
    if let equals = text.firstIndex(of: "=") {
      name = String(text[..<equals])
      image = text[text.index(after: equals)...]
    }
    let new = ImageName(String(image))
    if name.isEmpty { name = new.name } else if new.name != name { newName = new.name }
    newTag = new.tag
    digest = new.digest
  }
}
