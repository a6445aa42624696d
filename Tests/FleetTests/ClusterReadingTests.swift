import Manifest
import Testing

@testable import Fleet

/// What manifests of clusters say of the way to them.
struct ClusterReadingTests {
  private func read(_ text: String) throws -> Reading<Cluster> {
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return ClusterSecret.isOne(node)
      ? ClusterSecret.read(node, file: "c.yaml") : ClusterManifest.read(node, file: "c.yaml")
  }

  private func manifest(_ spec: String) -> String {
    "{apiVersion: muster.dev/v1alpha1, kind: Cluster, metadata: {name: edge}, spec: {\(spec)}}"
  }

  private func secret(_ config: String, server: String = "https://edge") -> String {
    """
    apiVersion: v1
    kind: Secret
    metadata: {name: s, labels: {argocd.argoproj.io/secret-type: cluster}}
    stringData:
      name: edge
      server: \(server)
      project: ''
      namespaces: ''
      config: '\(config)'
    """
  }

  @Test func emptyTextsAreAbsent() throws {
    let tokens = "credentials: {tokenFile: /t}"
    let table: [(empty: String, absent: String)] = [
      (
        manifest(
          "server: 'https://e', caData: '', caFile: '', tlsServerName: '', proxyURL: '', project: '', \(tokens)"),
        manifest("server: 'https://e', \(tokens)")
      ),
      (
        manifest("server: 'https://e', credentials: {kubeconfig: {path: '', context: ''}}"),
        manifest("server: 'https://e', credentials: {kubeconfig: {}}")
      ),
      (
        manifest("server: 'https://e', credentials: {tokenFile: '', kubeconfig: {}}"),
        manifest("server: 'https://e', credentials: {kubeconfig: {}}")
      ),
      (
        manifest("server: 'https://e', credentials: {exec: {command: c, apiVersion: '', installHint: ''}}"),
        manifest("server: 'https://e', credentials: {exec: {command: c}}")
      ),
      (
        secret(
          #"{"bearerToken":"","username":"","password":"","proxyUrl":"","tlsClientConfig":{"serverName":"","caData":"","#
            + #""certData":"","keyData":""}}"#), secret("{}")
      ),
      (
        secret(#"{"execProviderConfig":{"command":"c","apiVersion":"","installHint":""}}"#),
        secret(#"{"execProviderConfig":{"command":"c"}}"#)
      ),
    ]
    for (empty, absent) in table {
      let (found, wanted) = (try read(empty), try read(absent))
      #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
      let (cluster, other) = (try #require(found.value), try #require(wanted.value))
      #expect(cluster.connection == other.connection, "\(empty)")
      #expect(cluster.credentials == other.credentials, "\(empty)")
      #expect(cluster.project.isEmpty && cluster.namespaces.isEmpty)
    }
  }

  @Test func plainHTTPStaysOnThisMachine() throws {
    let table: [(server: String, isRefused: Bool)] = [
      ("https://10.0.0.1", false), ("http://127.0.0.1:8001", false), ("http://127.9.8.7/x", false),
      ("http://localhost", false), ("HTTP://LocalHost:1", false), ("http://k.localhost:1", false),
      ("http://[::1]", false), ("http://[::1]:8001/p", false),
      ("http://10.0.0.1:8080", true), ("HTTP://k8s", true), ("http://127.0.0.1.example.org", true),
      ("http://127.0.0.256", true), ("http://localhost.example.org", true), ("http://[::2]:1", true),
      ("http://[fe80::1]", true),
    ]
    for (server, isRefused) in table {
      for text in [manifest("server: '\(server)', credentials: {tokenFile: /t}"), secret("{}", server: "'\(server)'")] {
        let codes = try read(text).diagnostics.map(\.code)
        #expect(codes == (isRefused ? ["cluster.plain-http"] : []), "\(server)")
      }
    }
  }

  @Test func pluginsSpeakAKnownVersion() throws {
    let group = "client.authentication.k8s.io/"
    let table: [(version: String, codes: [String])] = [
      (group + "v1", []), (group + "v1beta1", []), (group + "v1alpha1", ["cluster.exec-version"]),
      ("v1", ["cluster.exec-version"]),
    ]
    for (version, codes) in table {
      let exec = "{command: c, apiVersion: \(version)}"
      #expect(try read(manifest("server: 'https://e', credentials: {exec: \(exec)}")).diagnostics.map(\.code) == codes)
      let config = #"{"execProviderConfig":{"command":"c","apiVersion":"\#(version)"}}"#
      #expect(try read(secret(config)).diagnostics.map(\.code) == codes)
    }
    let none = manifest("server: 'https://e', credentials: {exec: {command: ''}}")
    #expect(try read(none).diagnostics.map(\.code) == ["cluster.exec-command"])
    #expect(
      try read(secret(#"{"execProviderConfig":{"command":""}}"#)).diagnostics.map(\.code) == ["cluster.exec-command"])
  }

  @Test func halfACertificateIsTold() throws {
    let table: [(tls: String, message: String?)] = [
      (#"{"certData":"eA==","keyData":"eA=="}"#, nil), (#"{"certData":"","keyData":""}"#, nil), ("{}", nil),
      (#"{"certData":"eA=="}"#, "tlsClientConfig has certData without keyData"),
      (#"{"certData":"eA==","keyData":""}"#, "tlsClientConfig has certData without keyData"),
      (#"{"keyData":"eA=="}"#, "tlsClientConfig has keyData without certData"),
    ]
    for (tls, message) in table {
      let reading = try read(secret(#"{"tlsClientConfig":\#(tls)}"#))
      #expect(reading.diagnostics.map(\.message) == [message].compactMap(\.self), "\(tls)")
      #expect((reading.value == nil) == (message != nil))
    }
  }

  @Test func theHubsOwnClusterNeedsNoServer() throws {
    let table: [(spec: String, server: String?, codes: [String])] = [
      ("credentials: {inCluster: true}", "https://kubernetes.default.svc", []),
      ("server: '', credentials: {inCluster: true}", "https://kubernetes.default.svc", []),
      ("server: '', credentials: {tokenFile: /t}", nil, ["cluster.no-server"]),
      ("server: 'https://e', credentials: {inCluster: true}", "https://e", []),
      ("server: 'https://e', credentials: {inCluster: false, tokenFile: /t}", "https://e", []),
      ("credentials: {inCluster: true, registered: true}", nil, ["cluster.credentials", "cluster.no-server"]),
      ("credentials: {registered: true}", nil, ["cluster.no-server"]),
    ]
    for (spec, server, codes) in table {
      let reading = try read(manifest(spec))
      #expect(reading.diagnostics.map(\.code) == codes, "\(spec)")
      #expect(reading.value?.server == server, "\(spec)")
      if spec.contains("inCluster: true") { #expect(reading.value.map { $0.credentials == .inCluster } ?? true) }
    }
  }
}
