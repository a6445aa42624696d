import Testing

@testable import HTTPClient

/// What wakes the reader of a streamed body, and that nothing of weight is lost where something does not.
@Suite struct StreamedBodyTests {
  private static let limit = 64

  private func body() -> StreamedBody { StreamedBody(limit: Self.limit, noticePrefix: Array("note ".utf8)) }

  @discardableResult
  private func append(_ text: String, to body: StreamedBody) -> Bool {
    Array(text.utf8).withUnsafeBytes { body.append($0) }
  }

  private func next(_ body: StreamedBody) async throws -> String? {
    try await body.next().map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func theLastNoticeComesWithWhatFollows() async throws {
    let body = body()
    append("note 1\n", to: body)
    append("note 2\n", to: body)
    append("news\n", to: body)
    #expect(try await next(body) == "note 2\nnews\n")
  }

  @Test func aWaitingReaderIsNotWokenByNotices() async throws {
    let body = body()
    async let read = next(body)
    for number in 0..<100 { append("note \(number)\n", to: body) }
    append("news\n", to: body)
    #expect(try await read?.hasSuffix("news\n") == true)
    body.finish(.success(()))
    #expect(try await next(body) == nil)
  }

  @Test func theLastNoticeComesBeforeTheEnd() async throws {
    let body = body()
    append("note 1\n", to: body)
    append("note 2\n", to: body)
    body.finish(.failure(.disconnected(reason: "gone")))
    #expect(try await next(body) == "note 2\n")
    await #expect(throws: TransportError.disconnected(reason: "gone")) { try await body.next() }
  }

  @Test(arguments: [
    // Not from the start of a line.
    (["new", "note 1\n"], "newnote 1\n"),
    // Not whole.
    (["note", " 1\n"], "note 1\n"),
    (["note 1", "\n"], "note 1\n"),
    // With something else.
    (["note 1\nnews\n"], "note 1\nnews\n"),
    (["note 1\nnote 2\n"], "note 1\nnote 2\n"),
    // Behind something that waits already.
    (["news\n", "note 1\n"], "news\nnote 1\n"),
  ])
  func otherBytesAreKept(parts: [String], whole: String) async throws {
    let body = body()
    for part in parts { append(part, to: body) }
    #expect(try await next(body) == whole)
  }

  @Test func withoutAPrefixNothingIsANotice() async throws {
    let body = StreamedBody(limit: Self.limit)
    append("note 1\n", to: body)
    #expect(try await next(body) == "note 1\n")
  }

  @Test func aHeldNoticeCountsTowardsTheLimit() async throws {
    let body = body()
    append("note " + String(repeating: "x", count: 40) + "\n", to: body)
    #expect(!append(String(repeating: "y", count: 30), to: body))
  }

  /// Cut anywhere, the lines that are no notices come whole and in order.
  @Test func whateverTheCutsNoNewsIsLost() async throws {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let lines = (0..<20).map { Bool.random(using: &random) ? "note \($0)\n" : "news \($0)\n" }
      var rest = Array(lines.joined().utf8)[...]
      let body = StreamedBody(limit: 1 << 20, noticePrefix: Array("note ".utf8))
      var seen = ""
      while !rest.isEmpty {
        let part = rest.prefix(Int.random(in: 1...16, using: &random))
        rest = rest.dropFirst(part.count)
        Array(part).withUnsafeBytes { _ = body.append($0) }
      }
      body.finish(.success(()))
      while let part = try await next(body) { seen += part }
      let news = seen.split(separator: "\n").filter { $0.hasPrefix("news") }
      #expect(news == lines.filter { $0.hasPrefix("news") }.map { $0.dropLast() })
      let last = lines.last { $0.hasPrefix("note") }.map { String($0.dropLast()) }
      #expect(seen.split(separator: "\n").last { $0.hasPrefix("note") }.map(String.init) == last)
    }
  }
}
