/// How one simulated API server behaves; times are those of a real cluster, divided by ``timeScale``.
package struct ServerOptions: Sendable {
  /// From the creation of a Pod to its readiness.
  package var readyAfter: Duration = .seconds(2)
  /// From the deletion of a running Pod to its end.
  package var terminationAfter: Duration = .milliseconds(500)
  /// From a change to the controllers' answer to it.
  package var controllerDelay: Duration = .milliseconds(20)
  /// From the creation of a CustomResourceDefinition to its kind being served.
  package var establishAfter: Duration = .milliseconds(50)
  /// From the deletion of a namespace to the removal of what is in it.
  package var emptyNamespaceAfter: Duration = .milliseconds(500)
  /// How long a Job's Pods run.
  package var jobDuration: Duration = .seconds(1)
  /// Divides every time of the controllers, progress deadlines included: 10 is ten times as fast.
  package var timeScale: Double = 1
  /// How many changes a server remembers at least; a watch from before them is expired.
  package var historyLimit = 200
  /// Whether watches may ask for `sendInitialEvents`; the API server on record refuses.
  package var allowsStreamingLists = false
  /// Whether Pods get a node and start; without it they stay Pending, as on a server without kubelets.
  package var runsPods = true
  /// An image with one of these in its tag can not be pulled.
  package var brokenImageMarkers = ["broken"]
  /// Containers of Jobs whose image has one of these in its name end with an error.
  package var failingImageMarkers: [String] = []
  /// What admission does to objects that are written.
  package var mutations: [MutatingAdmission] = []
  /// The longest life of a service account's token.
  package var maximumTokenLife: Duration = .seconds(365 * 86_400)
  /// The CA in PEM, which every namespace gets as `kube-root-ca.crt`.
  package var certificateAuthority = ""
  /// Makes uids, names and addresses repeatable.
  package var seed: UInt64 = 1
  /// The first resourceVersion.
  package var firstRevision: UInt64 = 1000

  package init() {}

  /// `duration` as it passes here.
  func scaled(_ duration: Duration) -> Duration {
    timeScale == 1 || timeScale <= 0 ? duration : duration / timeScale
  }
}
