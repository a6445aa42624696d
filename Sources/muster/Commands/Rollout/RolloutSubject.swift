import ArgumentParser
import Fleet
import Manifest

/// Which rollout is meant: that of a set over its clusters, or, with `--cluster`, a Rollout in one of them.
struct RolloutSubject: ParsableArguments {
  @Argument(help: "The ApplicationSet; with --cluster a Rollout there.", completion: NameCompletion.sets)
  var name: String

  @Option(
    help: ArgumentHelp("The cluster of a Rollout (argoproj.io/v1alpha1).", valueName: "name"),
    completion: NameCompletion.clusters)
  var cluster: String?

  @Option(name: .shortAndLong, help: "The namespace of that Rollout.") var namespace: String = "default"

  @OptionGroup var hub: HubOptions

  /// The path of the set's rollout.
  var path: String { "rollouts/\(URLText.segment(name))" }

  func inCluster() throws -> ClusterRollouts? {
    try cluster.map { ClusterRollouts(client: try hub.client(), cluster: $0) }
  }

  /// Has one done, or the other.
  /// - Parameter verb: nil for what makes no sense in a cluster.
  func tell(_ command: String, _ body: Value = [:], inCluster verb: RolloutVerb?) async throws {
    if let there = try inCluster() {
      guard let verb else {
        throw CommandError.message("a Rollout in a cluster has no '\(command)'", exit: .usage)
      }
      try await there.act(verb, namespace, name)
      return StandardError.write(
        "rollout \(Visible.text(name)): \(command) is asked for; to see it go on: muster rollout watch "
          + "\(Visible.text(name)) --cluster \(Visible.text(there.cluster)) -n \(Visible.text(namespace))")
    }
    let answer = try await hub.client().post(path + "/" + command, body)
    StandardError.write(
      "\(answer["name"]?.string ?? name): \(command) is asked for; to see it go on: muster rollout watch \(name)")
  }
}
