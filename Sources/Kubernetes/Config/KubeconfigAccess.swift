import HTTPClient
package import Manifest

/// A context of a kubeconfig, ready to be used.
package struct KubeconfigContext: Sendable {
  package var name: String
  /// The namespace it prefers; nil for none.
  package var namespace: String?
  package var access: ClusterAccess
}

extension Kubeconfig {
  /// Everything that a context needs, checked: files are read, programs are not run.
  /// - Parameters:
  ///   - name: nil for the current context.
  ///   - fields: what is known better than the file does: fields of its `cluster` that take the place of the file's
  ///     own; null takes one away. Relative paths among them start from the file's folder.
  /// - Throws: ``Diagnostics`` with codes `kubeconfig.…`, each with its place.
  package func context(
    _ name: String? = nil, overriding fields: Mapping = Mapping(),
    in environment: AccessEnvironment = AccessEnvironment()
  ) throws(Diagnostics) -> KubeconfigContext {
    let context = try entry(forContext: name)
    var reader = FieldReader(node: context.node, file: context.file, owner: "context '\(context.name)'")
    let clusterName = reader.text("cluster")
    let userName = reader.text("user")
    let namespace = reader.text("namespace")
    if clusterName == nil { reader.report("no-cluster", "context '\(context.name)' names no cluster") }
    let cluster = clusterName.flatMap { find($0, in: clusters, "cluster", &reader) }
    let user = userName.flatMap { find($0, in: users, "user", &reader) }
    guard reader.diagnostics.isEmpty, var cluster else { throw Diagnostics(reader.diagnostics) }
    for member in fields { cluster.node[member.key] = member.value }
    let builder = KubeconfigAccessBuilder(environment: environment, subject: "context \(context.name)")
    let access = try builder.access(cluster: cluster, user: user)
    return KubeconfigContext(name: context.name, namespace: namespace, access: access)
  }

  private func entry(forContext name: String?) throws(Diagnostics) -> Entry {
    let file = SourceLocation(file: files.first ?? "kubeconfig")
    guard let wanted = name ?? currentContext else {
      let names = contextNames.sorted().prefix(8).joined(separator: ", ")
      throw Diagnostics(
        Diagnostic(
          "kubeconfig.no-context", "no context is chosen, and the kubeconfig has no current-context", at: file,
          help: names.isEmpty ? "add a context" : "choose one of: \(names)"))
    }
    if let entry = contexts.named(wanted) { return entry }
    let place = name == nil ? currentContextLocation ?? file : file
    throw Diagnostics(
      Diagnostic(
        "kubeconfig.unknown-context", "there is no context '\(wanted)'", at: place,
        help: Self.suggestion(for: wanted, among: contextNames)))
  }

  private func find(_ name: String, in entries: [Entry], _ key: String, _ reader: inout FieldReader) -> Entry? {
    if let entry = entries.named(name) { return entry }
    reader.report(
      "unknown-\(key)", "\(reader.owner) names the \(key) '\(name)', which does not exist", reader.node[key],
      help: Self.suggestion(for: name, among: entries.map(\.name)))
    return nil
  }

  private static func suggestion(for name: String, among names: [String]) -> String? {
    if let nearest = NearestName.of(name, among: names) { return "did you mean '\(nearest)'?" }
    guard !names.isEmpty else { return nil }
    return "there are: \(names.sorted().prefix(8).joined(separator: ", "))"
  }
}

/// Builds access from one cluster entry and one user entry.
private struct KubeconfigAccessBuilder {
  let environment: AccessEnvironment
  let subject: String

  func access(cluster: Kubeconfig.Entry, user: Kubeconfig.Entry?) throws(Diagnostics) -> ClusterAccess {
    var clusterReader = FieldReader(node: cluster.node, file: cluster.file, owner: "cluster '\(cluster.name)'")
    let connection = Connection(kubeconfig: &clusterReader, environment: environment)
    var userReader = FieldReader(
      node: user?.node ?? Node(.mapping([:])), file: user?.file ?? cluster.file,
      owner: "user '\(user?.name ?? "")'")
    let proof = KubeconfigUser(&userReader, cluster: connection, environment: environment, subject: subject)
    let problems = clusterReader.diagnostics + userReader.diagnostics
    guard problems.isEmpty, let connection else { throw Diagnostics(problems) }
    var endpoint = connection.endpoint
    endpoint.clientCertificate = proof.certificate
    var access = ClusterAccess(
      server: connection.server.text, endpoint: endpoint, credentials: proof.credentials,
      impersonation: proof.impersonation)
    access.certificateFiles = CertificateFiles(
      .init(
        authorities: clusterReader.certificatePath("certificate-authority"),
        certificate: userReader.certificatePath("client-certificate"), key: userReader.certificatePath("client-key")),
      files: environment.files, clock: environment.clock)
    return access
  }
}
