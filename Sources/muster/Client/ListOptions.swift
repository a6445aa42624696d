import ArgumentParser
import Foundation
import Glibc
import Manifest

/// How a command that shows things of the hub prints them; the same for all of them.
struct ListOptions: ParsableArguments {
  enum Output: String, ExpressibleByArgument, CaseIterable { case table, wide, json, yaml, name }

  @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.")
  var output: Output?

  @Flag(help: ArgumentHelp("The same as -o json.", visibility: .hidden))
  var json = false

  /// - Parameters:
  ///   - node: what json and yaml print: one object or a list.
  ///   - table: what table and wide print.
  func text(_ node: Node, table: (_ wide: Bool) -> String) -> String {
    switch output ?? (json ? .json : .table) {
    case .table: table(false)
    case .wide: table(true)
    case .json: JSON.text(node, .init(indent: 2)) + "\n"
    case .yaml: YAMLWriter.text(of: node)
    case .name:
      (node.sequence ?? [node]).compactMap { $0["name"]?.string }.map { $0 + "\n" }.joined()
    }
  }
}

/// Shows something again and again, as long as a person looks.
struct WatchOptions: ParsableArguments {
  private static let interval = Duration.seconds(2)

  @Flag(name: .shortAndLong, help: "Shows it again whenever it has changed, until interrupted.")
  var watch = false

  func show(_ text: () async throws -> String) async throws {
    var last = try await text()
    print(last, terminator: "")
    while watch {
      fflush(nil)
      try await Task.sleep(for: Self.interval)
      let now = try await text()
      guard now != last else { continue }
      last = now
      print(isatty(STDOUT_FILENO) == 1 ? "\u{1B}[H\u{1B}[2J" : "\n", terminator: "")
      print(now, terminator: "")
    }
  }
}

/// How long ago something was, as kubectl writes it.
enum Age {
  /// `45s`, `12m`, `3h`, `9d`; `-` for what is no time.
  static func of(_ timestamp: String?, now: Date = Date()) -> String {
    guard let timestamp, let time = try? Date(timestamp, strategy: .iso8601) else { return "-" }
    let seconds = max(0, Int(now.timeIntervalSince(time).rounded()))
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<7_200: return "\(seconds / 60)m"
    case ..<172_800: return "\(seconds / 3_600)h"
    default: return "\(seconds / 86_400)d"
    }
  }
}
