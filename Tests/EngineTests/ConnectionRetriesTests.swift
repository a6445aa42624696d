import Fleet
import Testing

@testable import Engine

struct ConnectionRetriesTests {
  private func names(_ count: Int) throws -> [ClusterName] {
    try (0..<count).map { try #require(ClusterName("edge-\(1_000 + $0)")) }
  }

  @Test func eachIsTriedByItsOwnBackOff() throws {
    var retries = ConnectionRetries(fileInterval: 30)
    let names = try names(2)
    #expect(retries.next == nil)
    var now = 0.0
    var waits: [Double] = []
    retries.failed(names[0], now: now, random: 0)
    for _ in 0..<9 {
      let next = try #require(retries.next)
      #expect(retries.takeDue(now: next - 0.001) == .init())
      #expect(retries.takeDue(now: next) == .init(connections: [names[0]]))
      // Not due twice for one failure.
      #expect(retries.takeDue(now: next + 1_000) == .init())
      waits.append(next - now)
      now = next
      retries.failed(names[0], now: now, random: 0)
    }
    #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    retries.failed(names[1], now: now, random: 0)
    #expect(retries.next == now + 1)
    retries.forget(names[1])
    #expect(retries.next == now + 60)
    retries.forget(names[0])
    #expect(retries.next == nil)
  }

  @Test func aThousandThatFailAreSpread() throws {
    var retries = ConnectionRetries(fileInterval: 30)
    var random = SeededGenerator(state: 7)
    let names = try names(1_000)
    for name in names { retries.failed(name, now: 0, random: .random(in: 0..<1, using: &random)) }
    var tries: [Int] = []
    for second in 1...600 {
      let due = retries.takeDue(now: Double(second)).connections
      for name in due { retries.failed(name, now: Double(second), random: .random(in: 0..<1, using: &random)) }
      tries.append(due.count)
    }
    // In the long run each is tried about every 51 s, and never all at once.
    let late = tries.suffix(300)
    #expect(late.reduce(0, +) > 5_000 && late.reduce(0, +) < 7_200)
    #expect((late.max() ?? 0) < 200)
  }

  @Test func filesAreLookedAtOnceInAWhileOnly() throws {
    var retries = ConnectionRetries(fileInterval: 30)
    let names = try names(3)
    retries.lost(names[1])
    retries.lost(names[0])
    #expect(retries.takeDue(now: 100).files == [names[0], names[1]], "at once where nobody looked for long")
    retries.lost(names[2])
    #expect(retries.takeDue(now: 129).files.isEmpty)
    #expect(retries.next == 130)
    retries.heard(names[0])
    #expect(retries.takeDue(now: 130).files == [names[1], names[2]])
    // What cannot be connected is tried again anyway.
    retries.failed(names[1], now: 130, random: 0)
    retries.forget(names[2])
    #expect(retries.takeDue(now: 160) == .init(connections: [names[1]]))
    #expect(retries.next == .infinity)
  }
}

private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
