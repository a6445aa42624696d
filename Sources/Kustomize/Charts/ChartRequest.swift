package import Manifest

/// A Helm chart that a kustomization wants made into resources.
///
/// The renderer runs nothing itself: whoever calls it answers, or says that it will know later (``ChartInflater``).
package struct ChartRequest: Sendable {
  /// Where the chart is.
  package enum Place: Sendable, Hashable {
    /// A folder of the tree in which the kustomization is.
    case folder(TreePath)
    /// A chart repository. The version may be empty, for the newest.
    case repository(String, version: String, isDevel: Bool)
  }

  /// One of the files of values; later ones count for more.
  package enum Values: Sendable, Hashable {
    case text(String)
    /// The chart's own `values.yaml`.
    case chart
  }

  package var name: String
  package var place: Place
  /// Empty for helm's own.
  package var releaseName = ""
  package var nameTemplate = ""
  package var namespace = ""
  /// Empty for the cluster's, or helm's own.
  package var kubeVersion = ""
  package var apiVersions: [String] = []
  package var values: [Values] = []
  package var includesCRDs = false
  package var skipsHooks = false
  package var skipsTests = false
  /// Where the kustomization asks for it.
  package var location: SourceLocation
  /// The other repository that the kustomization is in; nil for the one that is rendered.
  package var repository: RemoteReference?
}

/// What makes charts into resources.
package protocol ChartInflater: Sendable {
  /// - Parameter tree: the one in which the kustomization is; what is read of it is part of what the render read.
  /// - Returns: the documents, in helm's order.
  /// - Throws: ``Diagnostic``, ``Diagnostics``, ``Failure``.
  func documents(of chart: ChartRequest, in tree: any FileTree) throws -> [RenderedDocument]
}
