import Fleet
import HTTPClient
import Kubernetes
import Logging
import Manifest
import Testing

@testable import Engine

/// Who keeps an object that two Applications want.
@Suite struct ClaimTests {
  private let kind = GroupVersionKind(apiVersion: "v1", kind: "ConfigMap")
  private let id = ObjectID(group: "", kind: "ConfigMap", namespace: "shop", name: "settings")

  private func session() throws -> ClusterSession {
    let access = ClusterAccess(
      server: "https://127.0.0.1:1", endpoint: HTTPEndpoint(), credentials: StaticCredentials.none)
    let client = KubernetesClient(
      access: access, transport: WiretappedTransport(try CurlTransport()), userAgent: "test/1")
    return ClusterSession(
      name: try #require(ClusterName("edge-1")), client: client, namespaces: [],
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { _ in }
  }

  /// The object as a member of `applySet`; with a copied label unless `isOurs`.
  private func member(of applySet: String, isOurs: Bool = true) throws -> Node {
    let fields =
      isOurs ? #""f:metadata":{"f:labels":{"f:applyset.kubernetes.io/part-of":{}}}"# : #""f:data":{"f:a":{}}"#
    return try JSON.parse(
      Array(
        #"""
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"shop","uid":"u",
        "resourceVersion":"7","labels":{"applyset.kubernetes.io/part-of":"\#(applySet)"},"managedFields":[
        {"manager":"muster","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{\#(fields)}}]}}
        """#.utf8))
  }

  @Test func anAnswerThatComesLateBringsNothingBack() {
    var departed = DepartedObjects()
    departed.add(uid: "u", resourceVersion: "10")
    let table: [(uid: String, version: String, isGone: Bool)] = [
      ("u", "9", true), ("u", "10", true), ("u", "11", false), ("other", "9", false), ("u", "x", false),
    ]
    for (uid, version, isGone) in table {
      #expect(departed.covers(uid: uid, resourceVersion: version) == isGone, "\(uid) \(version)")
    }
    for number in 0..<5_000 { departed.add(uid: "v\(number)", resourceVersion: "20") }
    #expect(!departed.covers(uid: "u", resourceVersion: "9"), "only so many are kept")
    #expect(departed.covers(uid: "v4999", resourceVersion: "20"))
  }

  @Test func whoComesFirstKeepsWhatNobodyHas() async throws {
    let session = try session()
    #expect(await session.claim([id], for: "late", applySet: "set-late").isEmpty)
    #expect(await session.claim([id], for: "web", applySet: "set-web") == [id: "application late"])
    // What is no longer wanted is free.
    #expect(await session.claim([], for: "late", applySet: "set-late").isEmpty)
    #expect(await session.claim([id], for: "web", applySet: "set-web").isEmpty)
  }

  @Test func theApplySetDecidesWhoeverComesFirst() async throws {
    for seenFirst in [true, false] {
      let session = try session()
      if seenFirst { _ = await session.note(try member(of: "set-web"), gvk: kind) }
      #expect(await session.claim([id], for: "late", applySet: "set-late").isEmpty)
      if !seenFirst { _ = await session.note(try member(of: "set-web"), gvk: kind) }
      #expect(await session.claim([id], for: "web", applySet: "set-web").isEmpty)
      // The plan names the other ApplySet; the claim itself is not the late one's.
      #expect(await session.claim([id], for: "late", applySet: "set-late").isEmpty)
    }
  }

  @Test func aCopiedLabelDecidesNothing() async throws {
    let session = try session()
    _ = await session.note(try member(of: "set-web", isOurs: false), gvk: kind)
    #expect(await session.claim([id], for: "late", applySet: "set-late").isEmpty)
    #expect(await session.claim([id], for: "web", applySet: "set-web") == [id: "application late"])
  }
}

extension ClusterSession {
  fileprivate func claim(_ ids: [ObjectID], for application: String, applySet: String) -> [ObjectID: String] {
    var hasher = ContentHasher()
    for id in ids { hasher.add(id.description) }
    return claim(ids, of: hasher.digest, for: application, applySet: applySet)
  }
}
