import Manifest
import Testing

@testable import Simulator

@Suite struct WatchTests {
  private let path = "/api/v1/namespaces/default/configmaps"

  private func watch(_ query: String) -> String { path + "?watch=true&" + query }

  @Test func aWatchFollowsItsSelectorInAndOut() {
    var harness = ServerHarness()
    let version = harness.get(path)["metadata"]?["resourceVersion"]?.string ?? ""
    let watch = harness.send("GET", watch("labelSelector=tier%3Dedge&resourceVersion=\(version)"))
    _ = harness.send("POST", path, Samples.configMap("a", labels: #"{"tier":"edge"}"#))
    _ = harness.send("POST", path, Samples.configMap("b"))
    _ = harness.send("PUT", path + "/a", Samples.configMap("a", labels: #"{"tier":"edge"}"#, data: #"{"k":"v"}"#))
    _ = harness.send("PUT", path + "/a", Samples.configMap("a"))
    _ = harness.send("PUT", path + "/a", Samples.configMap("a", labels: #"{"tier":"edge"}"#))
    _ = harness.send("DELETE", path + "/a")
    let events = harness.events(of: watch)
    #expect(events.types == ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"])
    // The object of DELETED is the old one under the new version.
    #expect(events.objects[2]["metadata"]?["labels"]?["tier"]?.string == "edge")
    let versions = events.objects.compactMap { $0["metadata"]?["resourceVersion"]?.string.flatMap { UInt64($0) } }
    #expect(versions == versions.sorted() && Set(versions).count == versions.count)
  }

  @Test func aWatchFromTheFutureIsSilent() {
    var harness = ServerHarness()
    let watch = harness.send("GET", watch("resourceVersion=999999999&timeoutSeconds=5&allowWatchBookmarks=true"))
    _ = harness.send("POST", path, Samples.configMap("a"))
    harness.pass(.seconds(4))
    let before = harness.events(of: watch)
    #expect(watch.status == 200 && before.types.isEmpty && !before.ended)
    harness.pass(.seconds(2))
    #expect(harness.events(of: watch).ended)
  }

  @Test func aForgottenVersionIsAnErrorEventInsideTheStream() {
    var options = ServerOptions()
    options.historyLimit = 4
    var harness = ServerHarness(options)
    let version = harness.get(path)["metadata"]?["resourceVersion"]?.string ?? ""
    for number in 0..<10 { _ = harness.send("POST", path, Samples.configMap("c\(number)")) }
    let watch = harness.send("GET", watch("resourceVersion=\(version)"))
    let events = harness.events(of: watch)
    #expect(watch.status == 200 && events.types == ["ERROR"] && events.ended)
    #expect(events.objects[0]["code"]?.int == 410 && events.objects[0]["reason"]?.string == "Expired")
    #expect(harness.server.openWatches == 0)
  }

  @Test func aWatchFromAnEarlierVersionCatchesUp() {
    var harness = ServerHarness()
    let version = harness.get(path)["metadata"]?["resourceVersion"]?.string ?? ""
    _ = harness.send("POST", path, Samples.configMap("a"))
    _ = harness.send("DELETE", path + "/a")
    let watch = harness.send("GET", watch("resourceVersion=\(version)"))
    #expect(harness.events(of: watch).types == ["ADDED", "DELETED"])
  }

  @Test func bookmarksComeEachMinuteAndBeforeTheEnd() {
    var harness = ServerHarness()
    let version = harness.get(path)["metadata"]?["resourceVersion"]?.string ?? ""
    let query = "resourceVersion=\(version)&timeoutSeconds=150&allowWatchBookmarks=true"
    let watch = harness.send("GET", watch(query))
    _ = harness.events(of: watch)
    var seen: [Int] = []
    for second in 1...150 {
      harness.pass(.seconds(1))
      let events = harness.events(of: watch)
      if events.types.contains("BOOKMARK") { seen.append(second) }
      if events.ended { break }
    }
    #expect(seen == [60, 120, 148, 150])
    #expect(harness.server.openWatches == 0)
  }

  @Test func streamingListsAreRefusedUnlessAllowed() {
    var harness = ServerHarness()
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    let refused = harness.events(of: harness.send("GET", watch(query)))
    #expect(refused.types == ["ERROR"] && refused.objects[0]["code"]?.int == 500)
    var options = ServerOptions()
    options.allowsStreamingLists = true
    harness = ServerHarness(options)
    let events = harness.events(of: harness.send("GET", watch(query)))
    #expect(events.types == ["ADDED", "BOOKMARK"])
    #expect(events.objects[1]["metadata"]?["annotations"]?["k8s.io/initial-events-end"]?.string == "true")
  }

  @Test func metadataWatchesCarryNoContent() {
    var harness = ServerHarness()
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    let watch = harness.send("GET", watch("resourceVersion=0"), accept: accept)
    let objects = harness.events(of: watch).objects
    #expect(!objects.isEmpty)
    #expect(objects.allSatisfy { $0["kind"]?.string == "PartialObjectMetadata" && $0["data"] == nil })
    let wrong = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    #expect(harness.send("GET", self.watch(""), accept: wrong).status == 406)
  }
}
