import CLua
import Glibc
import Manifest

/// The process that runs users' health scripts: `muster health-worker`, which only ``HealthWorkerProcess`` starts.
///
/// It reads one request a line from standard input, `{"script": …, "object": …}`, and answers each with a line:
/// `{"status": …, "message": …}`, `{}` for a script that returned nothing, `{"error": …}`. It confines itself before it
/// reads anything: memory, no files, no output but its answers; each script has a second of processor time, and the
/// parent ends it where a script takes longer. Nothing that a script does outlives the process.
package enum HealthWorker {
  /// What a request may hold; an object has at most 1.5 MB in etcd.
  static let maximumLine = 16 << 20
  /// Of the whole process, most of which is this program and its runtime.
  private static let addressSpace: UInt64 = 2 << 30
  private static let processorSeconds: UInt64 = 1

  /// - Returns: the process's exit code.
  package static func run() -> Int32 {
    setenv("TZ", "UTC", 1)
    tzset()
    let isInstalled = muster_lua() != nil
    guard muster_confine(addressSpace) == 0 else {
      write(answer(["error": .string("the process for health scripts cannot be confined")]))
      return 1
    }
    var lines = WorkerLines()
    while let line = lines.next() {
      guard muster_limit_processor(processorSeconds) == 0 else { return 1 }
      write(isInstalled ? answer(to: line) : answer(["error": .string(Self.notInstalled)]))
    }
    return 0
  }

  static let notInstalled = "health scripts need Lua: install liblua5.4-0"

  private static func answer(to line: [UInt8]) -> [UInt8] {
    if line == HealthScripts.hello.dropLast() { return HealthScripts.greeting + [UInt8(ascii: "\n")] }
    guard let request = try? JSON.parse(line), let script = request["script"]?.string else {
      return answer(["error": .string("the request cannot be read")])
    }
    switch LuaRun.run(script, on: request["object"] ?? .null) {
    case nil: return answer(["error": .string(Self.notInstalled)])
    case .nothing: return answer([:])
    case .health(let status, let message): return answer(["status": .string(status), "message": .string(message)])
    case .failed(let message): return answer(["error": .string(message)])
    }
  }

  private static func answer(_ mapping: Mapping) -> [UInt8] {
    JSON.write(.mapping(mapping)) + [UInt8(ascii: "\n")]
  }

  private static func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}

/// The lines of standard input.
private struct WorkerLines {
  private var buffer: [UInt8] = []
  private var searched = 0

  /// Nil at the end, and for a line that is longer than any request.
  mutating func next() -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        searched = 0
        return line
      }
      searched = buffer.count
      guard buffer.count <= HealthWorker.maximumLine else { return nil }
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      let got = chunk.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return nil }
      buffer.append(contentsOf: chunk.prefix(got))
    }
  }
}
