/// What a chart may ask about the cluster that it is rendered for.
package struct ClusterCapabilities: Sendable, Hashable {
  /// `1.33.2`, or as the server says it (`v1.33.2+k3s1`); empty where it is not known.
  package var kubeVersion: String
  /// `apps/v1`, `apps/v1/Deployment`, ….
  package var apiVersions: [String]

  package init(kubeVersion: String = "", apiVersions: [String] = []) {
    self.kubeVersion = kubeVersion
    self.apiVersions = apiVersions
  }
}
