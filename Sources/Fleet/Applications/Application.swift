package import Manifest

/// What one cluster is to hold: Argo CD's `Application`, parsed once.
package struct Application: Sendable, Equatable {
  package struct Info: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  package static let apiVersion = "argoproj.io/v1alpha1"
  package static let kind = "Application"
  /// On an Application, deleting it deletes what it applied.
  package static let resourcesFinalizer = "resources-finalizer.argocd.argoproj.io"

  package var name: String
  /// The control namespace it lives in; empty when the manifest says none.
  package var namespace: String
  package var labels: [String: String]
  package var annotations: [String: String]
  package var finalizers: [String]
  package var project: String
  /// At least one; several with `spec.sources`.
  package var sources: [ApplicationSource]
  package var hasMultipleSources: Bool
  package var destination: Destination
  package var syncPolicy: SyncPolicy
  package var ignoreDifferences: [IgnoreDifference]
  package var info: [Info]
  /// How many syncs are remembered; 10 unless said otherwise, never below 0.
  package var revisionHistoryLimit: Int
  /// The whole manifest, as it is printed.
  package var root: Mapping
  /// Where it stands; nil when a template made it.
  package var origin: SourceLocation?

  /// Says `true` where nothing is to be done with it: no sync, no healing, no deletion.
  package static let skipAnnotation = "argocd.argoproj.io/skip-reconcile"

  /// Says `Strict` where fields that others add to objects are removed.
  package static let driftAnnotation = "muster.dev/drift"

  package var isDriftStrict: Bool { annotations[Self.driftAnnotation] == "Strict" }

  /// The sources as they are written.
  package var sourceNodes: [Node] {
    let several = root["spec"]?["sources"]?.sequence ?? []
    return several.isEmpty ? [root["spec"]?["source"]].compactMap(\.self) : several
  }

  /// Whether deleting this Application deletes what it applied.
  package var deletesResources: Bool {
    finalizers.contains { $0 == Self.resourcesFinalizer || $0.hasPrefix(Self.resourcesFinalizer + "/") }
  }

  /// Whether that does not wait for what depends on it (`resources-finalizer.argocd.argoproj.io/background`).
  package var deletesInBackground: Bool {
    finalizers.contains(Self.resourcesFinalizer + "/background") && !finalizers.contains(Self.resourcesFinalizer)
  }

  /// Reads a manifest strictly: wrong types and unknown fields are errors with their place.
  package static func read(_ node: Node, file: String) -> Reading<Application> {
    var node = node
    var check = ShapeCheck(file: file)
    check.check(&node, .application)
    var rules = ApplicationRules(file: file)
    rules.check(node)
    let root = node.mapping ?? Mapping()
    return Reading(check.diagnostics + rules.diagnostics) {
      Application(root, origin: SourceLocation(file: file, mark: node.mark))
    }
  }

  /// Takes the fields from a mapping whose types have been checked; what is missing is empty.
  package init(_ root: Mapping, origin: SourceLocation?) {
    let metadata = root["metadata"] ?? .null
    let spec = root["spec"] ?? .null
    name = metadata["name"]?.string ?? ""
    namespace = metadata["namespace"]?.string ?? ""
    labels = metadata["labels"].textMembers
    annotations = metadata["annotations"].textMembers
    finalizers = metadata["finalizers"].texts
    project = spec["project"]?.string ?? ""
    let several = spec["sources"]?.sequence ?? []
    hasMultipleSources = !several.isEmpty
    sources = (several.isEmpty ? [spec["source"]].compactMap(\.self) : several).map(ApplicationSource.init)
    destination = Destination(
      server: spec["destination"]?["server"]?.string ?? "", name: spec["destination"]?["name"]?.string ?? "",
      namespace: spec["destination"]?["namespace"]?.string ?? "")
    syncPolicy = SyncPolicy(spec["syncPolicy"])
    ignoreDifferences = (spec["ignoreDifferences"]?.sequence ?? []).map(IgnoreDifference.init)
    info = (spec["info"]?.sequence ?? []).map {
      Info(name: $0["name"]?.string ?? "", value: $0["value"]?.string ?? "")
    }
    revisionHistoryLimit = Int(clamping: max(0, spec["revisionHistoryLimit"]?.int ?? 10))
    self.root = root
    self.origin = origin
  }
}
