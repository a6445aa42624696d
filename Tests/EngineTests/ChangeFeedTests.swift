import Testing

@testable import Engine

@Suite struct ChangeFeedTests {
  @Test func aSlowListenerGetsEachKeyOnce() async throws {
    let feed = ChangeFeed<String>()
    let changes = feed.changes()
    feed.send(["a"])
    feed.send(["b"])
    feed.send(["a", "c"])
    var iterator = changes.makeAsyncIterator()
    #expect(await iterator.next() == ["a", "b", "c"])
    feed.send(["a"])
    #expect(await iterator.next() == ["a"])
  }

  /// A listener's cancellation takes the listener's lock and then the feed's; sending must not take them the other way.
  @Test func listenersMayLeaveWhileNewsCome() async {
    let (feed, values) = (ChangeFeed<Int>(), LatestValue<Int>())
    await withTaskGroup(of: Void.self) { group in
      for reader in 0..<4 {
        group.addTask {
          for _ in 0..<500 {
            let listening = Task { for await _ in feed.changes() {} }
            let reading = Task { for await _ in values.values() {} }
            feed.send([reader])
            listening.cancel()
            reading.cancel()
            await listening.value
            await reading.value
          }
        }
      }
      group.addTask {
        for number in 0..<20_000 {
          feed.send([number])
          values.send(number)
        }
      }
    }
    #expect(values.value == 19_999)
  }
}
