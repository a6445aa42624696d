import ArgumentParser
import Foundation
import Manifest

/// How a command that shows things of the hub prints them; the same for all of them.
struct ListOptions: ParsableArguments {
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case table, wide, json, yaml, name

    /// `text` is what commands that print no table called their words once.
    init?(argument: String) {
      guard let output = argument == "text" ? .table : Output(rawValue: argument) else { return nil }
      self = output
    }
  }

  @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.")
  var output: Output?

  @Flag(help: ArgumentHelp("The same as -o json.", visibility: .hidden))
  var json = false

  var format: Output { output ?? (json ? .json : .table) }

  /// Whether it is for people.
  var isForPeople: Bool { format == .table || format == .wide }

  /// - Parameters:
  ///   - node: what json and yaml print: one object or a list.
  ///   - table: what table and wide print.
  func text(_ node: Node, table: (_ wide: Bool) -> String) -> String {
    switch format {
    case .table: table(false)
    case .wide: table(true)
    case .json: JSON.text(node, .init(indent: 2)) + "\n"
    case .yaml: YAMLWriter.text(of: node)
    case .name:
      (node.sequence ?? [node]).compactMap { $0["name"]?.string }.map { Visible.text($0) + "\n" }.joined()
    }
  }

  /// Prints a list once.
  /// - Parameter none: the words for an empty one, on stderr.
  func show(_ items: [Node], none: String, table: (_ wide: Bool) -> String) {
    let text = text(.sequence(items), table: table)
    print(text, terminator: "")
    if text.isEmpty { StandardError.write(none) }
  }
}

/// Shows something again and again, as long as a person looks.
struct WatchOptions: ParsableArguments {
  private static let interval = Duration.seconds(2)

  @Flag(name: .shortAndLong, help: "Shows it again whenever it has changed, until interrupted.")
  var watch = false

  /// On a terminal, a picture that is drawn over; in a pipe, what is for people a line for each that changed, and what is
  /// for programs as a whole.
  /// - Parameters:
  ///   - none: the words for an empty text, on stderr.
  ///   - isForPeople: whether the text has lines of their own.
  func show(none: String = "", isForPeople: Bool = true, _ text: () async throws -> String) async throws {
    let last = try await text()
    guard watch else {
      print(last, terminator: "")
      if last.isEmpty, !none.isEmpty { StandardError.write(none) }
      return
    }
    if Terminal.canRedraw, isForPeople { return try await redraw(last, none, text) }
    try await follow(last, none, isForPeople, text)
  }

  private func redraw(_ first: String, _ none: String, _ text: () async throws -> String) async throws {
    var screen = LiveScreen()
    var now = first
    while true {
      screen.draw(Self.lines(now.isEmpty ? none : now))
      try await Task.sleep(for: Self.interval)
      now = try await text()
    }
  }

  private func follow(
    _ first: String, _ none: String, _ isForPeople: Bool, _ text: () async throws -> String
  ) async throws {
    var last = first
    print(last, terminator: "")
    if last.isEmpty, !none.isEmpty { StandardError.write(none) }
    while true {
      fflush(nil)
      try await Task.sleep(for: Self.interval)
      let now = try await text()
      guard now != last else { continue }
      print(isForPeople ? Self.news(now, since: last) : "\n" + now, terminator: "")
      last = now
    }
  }

  /// The lines that are not as before; that it is later now makes no line another.
  static func news(_ now: String, since last: String) -> String {
    let known = Set(lines(last).map(ageless))
    return lines(now).filter { !known.contains(ageless($0)) }.map { $0 + "\n" }.joined()
  }

  private static func ageless(_ line: String) -> [Substring] {
    line.split(whereSeparator: \.isWhitespace).filter { !isAge($0) }
  }

  private static func isAge(_ word: Substring) -> Bool {
    guard let unit = word.last, "smhd".contains(unit), word.count > 1 else { return false }
    return word.dropLast().allSatisfy { $0.isASCII && $0.isNumber }
  }

  private static func lines(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
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
