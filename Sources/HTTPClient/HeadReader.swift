/// Puts a response's head together from libcurl's header lines.
struct HeadReader {
  enum Step { case more, complete, tooLarge, malformed }

  /// Bytes that all the header lines of a response may have.
  static let limit = 256 << 10

  private(set) var head = HTTPResponseHead(status: 0, headers: [])
  private(set) var isComplete = false
  private(set) var contentLength: Int?
  private(set) var isMultiplexed = false
  private var bytes = 0

  /// Whether anything of a response came.
  var hasBegun: Bool { bytes > 0 }

  /// Takes one line. Informational responses are passed over, trailers left out.
  mutating func read(_ line: UnsafeRawBufferPointer) -> Step {
    bytes += line.count
    if bytes > Self.limit { return .tooLarge }
    if isComplete { return .more }
    let text = Self.trimmed(line)
    if text.isEmpty {
      guard head.status >= 200 else { return .more }
      isComplete = true
      return .complete
    }
    if head.status < 200, Self.isStatusLine(text) { return readStatus(text) }
    return readField(text)
  }

  /// Lets go of the header fields.
  mutating func forget() { head.headers = [] }

  private mutating func readStatus(_ text: Slice<UnsafeRawBufferPointer>) -> Step {
    let words = text.split(separator: 0x20, maxSplits: 2)
    guard words.count >= 2, let status = Int(String(decoding: words[1], as: UTF8.self)), (100...999).contains(status)
    else { return .malformed }
    isMultiplexed = text[text.startIndex + 5] == 0x32
    head = HTTPResponseHead(status: status, headers: [])
    return .more
  }

  private mutating func readField(_ text: Slice<UnsafeRawBufferPointer>) -> Step {
    guard let colon = text.firstIndex(of: 0x3A), colon > text.startIndex else { return .malformed }
    let name = String(decoding: text[..<colon], as: UTF8.self)
    let value = String(
      decoding: Self.trimmed(UnsafeRawBufferPointer(rebasing: text[(colon + 1)...])), as: UTF8.self)
    if name.count == 14, name.lowercased() == "content-length" { contentLength = Int(value) }
    head.headers.append(HTTPHeader(name, value))
    return .more
  }

  private static func isStatusLine(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
    text.count > 6 && text.starts(with: [0x48, 0x54, 0x54, 0x50, 0x2F])
  }

  private static func trimmed(_ line: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
    var start = line.startIndex
    var end = line.endIndex
    while start < end, isBlank(line[start]) { start += 1 }
    while end > start, isBlank(line[end - 1]) { end -= 1 }
    return line[start..<end]
  }
}
