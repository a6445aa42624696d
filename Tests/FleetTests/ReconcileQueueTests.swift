import Fleet
import Manifest
import Testing

struct ReconcileQueueTests {
  private typealias Queue = ReconcileQueue<Int, Int>

  private func queue(width: Int = 10, laneWidth: Int = 2) -> Queue {
    Queue(
      limits: .init(width: width, laneWidth: laneWidth, backoff: Backoff(base: 1, factor: 2, maximum: 8, jitter: 0)))
  }

  @Test func earliestRequestWinsAndRepeatsFold() {
    var queue = queue()
    queue.request(1, lane: 0, at: 9)
    queue.request(1, lane: 0, at: 5)
    queue.request(1, lane: 0, at: 7)
    #expect(queue.nextWake == 5)
    #expect(queue.advance(now: 4.9).isEmpty)
    #expect(queue.advance(now: 5) == [1])
    #expect(queue.advance(now: 100).isEmpty)
  }

  @Test func requestDuringRunIsKeptForAfter() {
    var queue = queue()
    queue.request(1, lane: 0, at: 0)
    #expect(queue.advance(now: 0) == [1])
    queue.request(1, lane: 0, at: 0)
    #expect(queue.advance(now: 1).isEmpty)
    queue.finish(1, .done, now: 2, random: 0)
    #expect(queue.advance(now: 2) == [1])
    queue.finish(1, .done, now: 3, random: 0)
    #expect(queue.advance(now: 99).isEmpty)
  }

  @Test func failuresBackOffAndSuccessForgetsThem() {
    var queue = queue()
    let failure = Failure("x", subject: "s", stage: "t", "m", retry: .backOff)
    queue.request(1, lane: 0, at: 0)
    var now = 0.0
    for delay in [1.0, 2, 4, 8, 8] {
      #expect(queue.advance(now: now) == [1])
      queue.finish(1, .failed(failure), now: now, random: 0)
      #expect(queue.nextWake == now + delay)
      now += delay
    }
    #expect(queue.advance(now: now) == [1])
    queue.finish(1, .again(after: 3), now: now, random: 0)
    #expect(queue.advance(now: now + 3) == [1])
    queue.finish(1, .failed(failure), now: now + 3, random: 0)
    #expect(queue.nextWake == now + 4)
  }

  /// Whatever hangs in them, lanes that run nothing get their turn.
  @Test func manyBusyLanesLeaveRoomForOthers() {
    var queue = queue(width: 8, laneWidth: 4)
    for key in 0..<80 { queue.request(key, lane: key % 4, at: 0) }
    #expect(queue.advance(now: 0).count == 6)
    queue.request(100, lane: 100, at: 0)
    queue.request(101, lane: 101, at: 0)
    queue.request(102, lane: 102, at: 0)
    let others = queue.advance(now: 0)
    #expect(others.count == 2 && others.allSatisfy { $0 >= 100 })
    queue.finish(others[0], .done, now: 1, random: 0)
    #expect(Set(others + queue.advance(now: 1)) == [100, 101, 102])
  }

  /// No key twice at once, widths kept, nothing lost: under random events.
  @Test func invariantsHoldUnderRandomEvents() {
    for seed in UInt64(1)...20 {
      var random = SplitMix(state: seed)
      var queue = queue(width: 5, laneWidth: 2)
      var running: Set<Int> = []
      var wanted: Set<Int> = []
      var now = 0.0
      func lane(_ key: Int) -> Int { key % 4 }
      func start(_ queue: inout Queue) {
        for key in queue.advance(now: now) {
          #expect(running.insert(key).inserted)
          wanted.remove(key)
        }
        #expect(running.count <= 5)
        for number in 0..<4 { #expect(running.filter { lane($0) == number }.count <= 2) }
      }
      for _ in 0..<2_000 {
        now += Double(random.next() % 100) / 100
        let key = Int(random.next() % 20)
        switch random.next() % 4 {
        case 0, 1:
          queue.request(key, lane: lane(key), at: now + Double(random.next() % 3))
          wanted.insert(key)
        case 2:
          if let key = running.randomElement(using: &random) {
            running.remove(key)
            queue.finish(key, .done, now: now, random: 0)
          }
        default:
          if let key = running.randomElement(using: &random) {
            running.remove(key)
            wanted.insert(key)
            queue.finish(key, .again(after: 1), now: now, random: 0)
          }
        }
        start(&queue)
      }
      for _ in 0..<200 {
        now += 10
        for key in running.sorted() { queue.finish(key, .done, now: now, random: 0) }
        running = []
        start(&queue)
      }
      #expect(wanted.isEmpty && running.isEmpty)
    }
  }
}

/// A small seeded generator, so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
