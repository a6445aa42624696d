import CLua
import Manifest

/// What came of a health script.
enum LuaOutcome: Sendable, Equatable {
  /// The script returned nothing, or an empty table.
  case nothing
  case health(status: String, message: String)
  case failed(String)
}

/// One script over one object, in this process: only the worker does this.
struct LuaRun {
  /// Bytes that Lua may hold at once.
  static let memoryLimit = 64 << 20

  /// - Returns: nil where liblua is not installed.
  static func run(_ script: String, on object: Node) -> LuaOutcome? {
    guard muster_lua() != nil else { return nil }
    let source = LuaSource.adapted(script)
    let value = LuaValueBytes.bytes(of: object)
    let prelude = Array(LuaPrelude.text.utf8)
    var run = muster_lua_run()
    run.memory_limit = memoryLimit
    return prelude.withUnsafeBytes { prelude in
      source.withUnsafeBytes { source in
        value.withUnsafeBytes { value in
          run.prelude = prelude.baseAddress?.assumingMemoryBound(to: CChar.self)
          run.prelude_count = prelude.count
          run.script = source.baseAddress?.assumingMemoryBound(to: CChar.self)
          run.script_count = source.count
          run.object = value.baseAddress?.assumingMemoryBound(to: UInt8.self)
          run.object_end = run.object + value.count
          muster_lua_execute(&run)
          return outcome(run)
        }
      }
    }
  }

  private static func outcome(_ run: muster_lua_run) -> LuaOutcome {
    let (status, message) = (text(run.status), text(run.message))
    switch run.outcome {
    case 0: return .nothing
    case 1: return .health(status: status, message: message)
    default: return .failed(message)
    }
  }

  /// What a nul-terminated buffer holds; what is cut within a letter loses that letter.
  private static func text<Buffer>(_ buffer: Buffer) -> String {
    withUnsafeBytes(of: buffer) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

/// A value as `muster_lua_push` reads it.
enum LuaValueBytes {
  static func bytes(of node: Node) -> [UInt8] {
    var bytes: [UInt8] = []
    append(node, to: &bytes)
    return bytes
  }

  private static func append(_ node: Node, to bytes: inout [UInt8]) {
    switch node.value {
    case .null: bytes.append(0)
    case .bool(let flag): bytes.append(flag ? 2 : 1)
    case .int(let number): append(tag: 3, number, to: &bytes)
    case .uint(let number): append(tag: 4, Double(number), to: &bytes)
    case .double(let number):
      // Whole numbers are written without a fraction, as all numbers of 5.1 are.
      if let whole = Int64(exactly: number), abs(number) < 9e15 {
        append(tag: 3, whole, to: &bytes)
      } else {
        append(tag: 4, number, to: &bytes)
      }
    case .string(let text):
      bytes.append(5)
      append(text, to: &bytes)
    case .sequence(let nodes):
      append(tag: 6, UInt32(clamping: nodes.count), to: &bytes)
      for node in nodes { append(node, to: &bytes) }
    case .mapping(let mapping):
      append(tag: 7, UInt32(clamping: mapping.count), to: &bytes)
      for member in mapping {
        append(member.key, to: &bytes)
        append(member.value, to: &bytes)
      }
    }
  }

  private static func append<Number>(tag: UInt8, _ number: Number, to bytes: inout [UInt8]) {
    bytes.append(tag)
    withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let utf8 = Array(text.utf8)
    withUnsafeBytes(of: UInt32(clamping: utf8.count)) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: utf8)
  }
}
