import Fleet
import Kubernetes
import Manifest

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

  /// What a cluster serves: each version of a group, and each kind in it, sorted, as Argo CD gives them to helm.
  init(kubeVersion: String, serving discovery: Discovery) {
    var versions: Set<String> = []
    for resource in discovery.resources {
      versions.insert(resource.gvk.apiVersion)
      versions.insert(resource.gvk.apiVersion + "/" + resource.gvk.kind)
    }
    self.init(kubeVersion: kubeVersion, apiVersions: versions.sorted())
  }
}

extension ApplicationSource {
  /// Whether its settings name a variable that says something of the cluster.
  var asksForCluster: Bool {
    guard case .kustomize(let node) = tool else { return false }
    return JSON.text(node).contains("KUBE_")
  }
}
