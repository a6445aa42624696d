package import Manifest

/// Another tool's mark on an object: it believes that it keeps it.
package enum ForeignClaim {
  /// - Parameter metadata: of a live object.
  /// - Returns: who claims it, in words; nil for nobody.
  package static func of(_ metadata: Node) -> String? {
    let (labels, annotations) = (metadata["labels"], metadata["annotations"])
    if let release = annotations?["meta.helm.sh/release-name"]?.string, !release.isEmpty,
      labels?["app.kubernetes.io/managed-by"]?.string == "Helm"
    {
      let namespace = annotations?["meta.helm.sh/release-namespace"]?.string ?? ""
      return "Helm release " + (namespace.isEmpty ? release : "\(namespace)/\(release)")
    }
    if let id = annotations?["argocd.argoproj.io/tracking-id"]?.string, let application = id.split(separator: ":").first
    {
      return "Argo CD application \(application)"
    }
    if let name = labels?["kustomize.toolkit.fluxcd.io/name"]?.string { return "Flux Kustomization \(name)" }
    if let name = labels?["helm.toolkit.fluxcd.io/name"]?.string { return "Flux HelmRelease \(name)" }
    if let id = labels?[ApplySetLabel.partOf]?.string { return "ApplySet \(id)" }
    return nil
  }
}
