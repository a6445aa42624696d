import ArgumentParser
import Engine
import Foundation
import HTTPClient
import Kubernetes

/// Where the objects are that generators refer to, besides the fleet repository and the control folder.
struct ManagementOptions: ParsableArguments {
  @Option(
    name: .customLong("management-kubeconfig"),
    help: ArgumentHelp("Of the cluster with what generators refer to.", valueName: "file"))
  var kubeconfig: String?

  @Option(
    name: .customLong("management-context"),
    help: ArgumentHelp("The context in it; else the current one.", valueName: "name", visibility: .hidden))
  var context: String?

  @Flag(name: .customLong("management-in-cluster"), help: "The same, in the hub's own cluster.")
  var isInCluster = false

  @Option(
    name: .customLong("management-namespace"),
    help: ArgumentHelp(
      "Where ConfigMaps, Secrets and decision resources are there.", valueName: "name", visibility: .hidden))
  var namespace = "argocd"

  func validate() throws {
    guard !isInCluster || kubeconfig == nil else {
      throw ValidationError("--management-kubeconfig and --management-in-cluster exclude each other")
    }
    guard context == nil || kubeconfig != nil else {
      throw ValidationError("--management-context needs --management-kubeconfig")
    }
    let isLabel = namespace.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
    }
    guard isLabel, (1...63).contains(namespace.utf8.count) else {
      throw ValidationError("--management-namespace takes the name of a namespace, not '\(namespace)'")
    }
  }

  /// Nil where none is named.
  /// - Throws: ``Diagnostics`` or ``Failure`` where it cannot be reached as it is named.
  func cluster(_ transport: any Transport) throws -> ManagementCluster? {
    let environment = AccessEnvironment(commands: ProcessRunner())
    let variables = ProcessInfo.processInfo.environment
    let connect: @Sendable () throws -> ClusterAccess
    if isInCluster {
      connect = { try ClusterAccess.inCluster(variables: variables, in: environment) }
    } else if let kubeconfig {
      let (path, context) = (URL(fileURLWithPath: kubeconfig).path, context)
      connect = { try Kubeconfig.load(paths: [path], from: environment.files).context(context, in: environment).access }
    } else {
      return nil
    }
    // What is wrong with the options is said at the start, not with the first set.
    _ = try connect()
    return ManagementCluster(
      namespace: namespace, transport: transport, userAgent: "muster/" + Version.text, connect: connect)
  }
}
