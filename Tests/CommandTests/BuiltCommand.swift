import Foundation
import Glibc

/// The built `muster`, run as people run it.
struct BuiltCommand {
  struct Outcome {
    var status: Int32
    var out: String
    var error: String
  }

  /// The package's folder, where examples are.
  static let package = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Beside the test's own program, where the build puts both.
  static let executable: String = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<4 where !FileManager.default.isExecutableFile(atPath: folder.path + "/muster") {
      folder.deleteLastPathComponent()
    }
    return folder.path + "/muster"
  }()

  /// A home of the test's own; no hub is known there.
  let home = FileManager.default.temporaryDirectory.path + "/muster-command-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: home) }

  /// - Parameter input: what stands on standard input.
  func run(_ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws -> Outcome {
    try Self.run([Self.executable] + arguments, home: home, environment: environment, input: input)
  }

  /// With standard output on a terminal of so many columns, and no other.
  func runOnTerminal(
    _ arguments: [String], columns: UInt16, environment: [String: String] = [:]
  ) throws -> (status: Int32, out: String) {
    // Linux's own way (pty(7)); the functions of the C library are not in the module.
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    defer { close(master) }
    var (locked, number) = (Int32(0), Int32(0))
    guard master >= 0, ioctl(master, 0x4004_5431, &locked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard slave >= 0, ioctl(slave, UInt(TIOCSWINSZ), &size) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    let process = Self.process([Self.executable] + arguments, home: home, environment: environment)
    process.standardOutput = FileHandle(fileDescriptor: slave)
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    close(slave)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(master, $0.baseAddress, $0.count) }
      // The other end was closed.
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
    }
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n"))
  }

  /// Any program; ended after a minute.
  func tool(_ arguments: [String]) throws -> Outcome { try Self.run(arguments, home: home, environment: [:]) }

  func write(_ text: String, _ name: String) throws -> String {
    try text.write(toFile: home + "/" + name, atomically: true, encoding: .utf8)
    return home + "/" + name
  }

  private static func run(
    _ arguments: [String], home: String, environment: [String: String], input: String? = nil
  ) throws -> Outcome {
    let process = process(arguments, home: home, environment: environment)
    // Files, so that no full pipe stops the command.
    let (out, error) = (home + "/" + UUID().uuidString, home + "/" + UUID().uuidString)
    for path in [out, error] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardOutput = FileHandle(forWritingAtPath: out)
    process.standardError = FileHandle(forWritingAtPath: error)
    process.standardInput = FileHandle.nullDevice
    if let input {
      let path = home + "/" + UUID().uuidString
      try Data(input.utf8).write(to: URL(fileURLWithPath: path))
      process.standardInput = FileHandle(forReadingAtPath: path)
    }
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, out: try String(contentsOfFile: out, encoding: .utf8),
      error: try String(contentsOfFile: error, encoding: .utf8))
  }

  private static func process(_ arguments: [String], home: String, environment: [String: String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "60"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: package)
    var all = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home, "COLUMNS": "80"]
    all.merge(environment) { $1 }
    process.environment = all
    return process
  }
}
