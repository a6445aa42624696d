import Testing

@testable import Engine

struct ChangeFeedTests {
  /// A listener's cancellation and a send hold each other's lock in neither order.
  @Test func listenersLeaveWhileChangesAreSent() async {
    let feed = ChangeFeed<Int>()
    let latest = LatestValue<Int>()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 0..<20_000 {
          feed.send([number])
          latest.send(number)
        }
      }
      for _ in 0..<2_000 {
        let listener = Task { for await _ in feed.changes() {} }
        let reader = Task { for await _ in latest.values() {} }
        await Task.yield()
        listener.cancel()
        reader.cancel()
      }
    }
    #expect(latest.value == 19_999)
  }

  @Test func aSlowReaderGetsTheNewestValueAndEachKeyOnce() async {
    let feed = ChangeFeed<Int>()
    let latest = LatestValue<Int>()
    var keys = feed.changes().makeAsyncIterator()
    latest.send(1)
    var values = latest.values().makeAsyncIterator()
    #expect(await values.next() == 1)
    for number in 2...5 {
      feed.send([number, 2])
      latest.send(number)
    }
    #expect(await keys.next() == [2, 3, 4, 5])
    #expect(await values.next() == 5)
    latest.send(6)
    #expect(await values.next() == 6)
  }
}
