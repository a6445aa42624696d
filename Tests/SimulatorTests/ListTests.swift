import Manifest
import Testing

@testable import Simulator

@Suite struct ListTests {
  private let path = "/api/v1/namespaces/default/configmaps"

  private func names(_ list: Node) -> [String] {
    (list["items"]?.sequence ?? []).compactMap { $0["metadata"]?["name"]?.string }
  }

  @Test func pagesShowTheCollectionAsItWasAtTheFirst() {
    var harness = ServerHarness()
    for name in ["a", "b", "c", "d", "e"] { _ = harness.send("POST", path, Samples.configMap(name)) }
    let first = harness.get(path + "?limit=2")
    #expect(names(first) == ["a", "b"])
    #expect(first["metadata"]?["remainingItemCount"]?.int == 4)
    _ = harness.send("DELETE", path + "/c")
    _ = harness.send("POST", path, Samples.configMap("bb"))
    let token = first["metadata"]?["continue"]?.string ?? ""
    let second = harness.get(path + "?limit=10&continue=\(token)")
    #expect(names(second) == ["c", "d", "e", "kube-root-ca.crt"])
    #expect(second["metadata"]?["resourceVersion"] == first["metadata"]?["resourceVersion"])
    #expect(second["metadata"]?["continue"] == nil)
  }

  @Test func aTokenFromBeforeTheForgottenIsExpired() {
    var options = ServerOptions()
    options.historyLimit = 2
    var harness = ServerHarness(options)
    for name in ["a", "b", "c"] { _ = harness.send("POST", path, Samples.configMap(name)) }
    let token = harness.get(path + "?limit=1")["metadata"]?["continue"]?.string ?? ""
    for number in 0..<8 { _ = harness.send("POST", path, Samples.configMap("n\(number)")) }
    let answer = harness.send("GET", path + "?limit=1&continue=\(token)")
    #expect(answer.status == 410 && harness.json(answer)["reason"]?.string == "Expired")
  }

  @Test func selectorsNarrowAndBadOnesAreRefused() {
    var harness = ServerHarness()
    _ = harness.send("POST", path, Samples.configMap("a", labels: #"{"tier":"edge","n":"7"}"#))
    _ = harness.send("POST", path, Samples.configMap("b", labels: #"{"tier":"cloud"}"#))
    let table: [(String, [String])] = [
      ("labelSelector=tier", ["a", "b"]), ("labelSelector=tier%3Dedge", ["a"]), ("labelSelector=tier%3D%3Dedge", ["a"]),
      ("labelSelector=tier!%3Dedge", ["b", "kube-root-ca.crt"]), ("labelSelector=!tier", ["kube-root-ca.crt"]),
      ("labelSelector=tier+in+(edge,cloud),n", ["a"]), ("labelSelector=tier+notin+(edge),tier", ["b"]),
      ("labelSelector=n%3E6", ["a"]), ("labelSelector=n%3C7", []), ("fieldSelector=metadata.name%3Db", ["b"]),
      ("fieldSelector=metadata.name!%3Db,metadata.namespace%3Ddefault", ["a", "kube-root-ca.crt"]),
    ]
    for (query, expected) in table { #expect(names(harness.get(path + "?" + query)) == expected, "\(query)") }
    for query in ["labelSelector=!!x", "labelSelector=a+in+b", "labelSelector=a,,b", "fieldSelector=spec.x%3D1"] {
      #expect(harness.send("GET", path + "?" + query).status == 400, "\(query)")
    }
  }

  @Test func readsFromTheFutureAreRefused() {
    var harness = ServerHarness()
    let answer = harness.send("GET", path + "?resourceVersion=999999")
    #expect(answer.status == 504)
    #expect(harness.json(answer)["details"]?["causes"]?[0]?["reason"]?.string == "ResourceVersionTooLarge")
  }
}
