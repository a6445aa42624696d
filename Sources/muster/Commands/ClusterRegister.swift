import ArgumentParser
import Engine
import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Manifest

/// `muster cluster register NAME`.
struct ClusterRegister: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register",
    abstract: "Brings a cluster in: makes the hub's account there, and hands its token to the hub.")

  @Argument(help: "The cluster's name; else that of the context or Secret.") var name: String?
  @OptionGroup var way: ClusterAccessOptions
  @Option(help: ArgumentHelp("The cluster's labels.", valueName: "k=v,…")) var labels = ""
  @Option(help: ArgumentHelp("Keeps the hub's rights to these namespaces.", valueName: "a,b")) var namespace = ""
  @Flag(help: "Lets the hub act as the service accounts that projects name (destinationServiceAccounts).")
  var allowImpersonation = false
  @Flag(help: "Prints what would be made, and makes nothing.") var dryRun = false
  @OptionGroup var hub: HubOptions

  func validate() throws {
    _ = try parsedLabels()
  }

  func run() async throws {
    let namespaces = namespace.split(separator: ",").map(String.init)
    let target = try await way.target(name)
    let manifests = RegistrationManifests(namespaces: namespaces, allowsImpersonation: allowImpersonation)
    if dryRun {
      print(String(decoding: YAMLWriter.bytes(ofStream: manifests.objects), as: UTF8.self), terminator: "")
      return
    }
    var labels = Mapping()
    for (key, value) in try parsedLabels() { labels[key] = .string(value) }
    let more: Mapping = [
      "labels": .mapping(labels), "namespaces": .sequence(namespaces.map { .string($0) }),
    ]
    try await ClusterRegistration(
      target: target, hub: try hub.client(), manifests: manifests, withdrawsRights: true
    ).run(more, done: "cluster \(target.name) is registered") { check throws(RegistrationCheck.Problem) in
      try check.registering(target.name)
    }
  }

  private func parsedLabels() throws -> [(String, String)] {
    try labels.split(separator: ",").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else { throw ValidationError("--labels takes k=v,…, not '\(pair)'") }
      return (String(parts[0]), String(parts[1]))
    }
  }
}
