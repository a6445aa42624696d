import Glibc
import Manifest

/// Rows of JSON on standard input, each answered by one on standard output before the next is read.
struct JSONLines {
  private static let maximumLineBytes = 16 << 20

  /// - Throws: ``Diagnostic`` `jsonl.…` for a line that is no JSON object, or too long; those before it are answered.
  static func answer(_ answer: (Node) -> Mapping) throws {
    var lines = JSONLines()
    while let line = try lines.next() {
      guard line.contains(where: { !" \t\r".utf8.contains($0) }) else { continue }
      let place = SourceLocation(file: "-", mark: SourceMark(line: lines.number, column: 1))
      let row: Node
      do throws(Diagnostic) {
        row = try JSON.parse(line, file: "-")
      } catch {
        throw Diagnostic("jsonl.syntax", error.message, at: place)
      }
      guard row.mapping != nil else { throw Diagnostic("jsonl.object", "each line is a JSON object", at: place) }
      StandardOutput.write(JSON.write(.mapping(answer(row))) + [UInt8(ascii: "\n")])
    }
  }

  private var buffer: [UInt8] = []
  private var position = 0
  private var number: UInt32 = 0
  private var isAtEnd = false

  private mutating func next() throws -> [UInt8]? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[position..<end])
        position = end + 1
        number += 1
        return line
      }
      if isAtEnd {
        guard position < buffer.count else { return nil }
        let line = Array(buffer[position...])
        position = buffer.count
        number += 1
        return line
      }
      buffer.removeFirst(position)
      position = 0
      searched = buffer.count
      guard buffer.count <= Self.maximumLineBytes else {
        throw Diagnostic(
          "jsonl.too-long", "a line has more than \(Self.maximumLineBytes) bytes",
          at: SourceLocation(file: "-", mark: SourceMark(line: number + 1, column: 1)))
      }
      try fill()
    }
  }

  private mutating func fill() throws {
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count < 0 {
      guard errno == EINTR else {
        throw Diagnostic("file.unreadable", "standard input cannot be read", at: SourceLocation(file: "-"))
      }
    } else if count == 0 {
      isAtEnd = true
    } else {
      buffer += chunk.prefix(count)
    }
  }
}
