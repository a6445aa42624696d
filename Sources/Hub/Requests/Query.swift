import Foundation
import Hummingbird
import Manifest

/// The part of an address after `?`.
struct Query: Sendable {
  private let values: [String: String]

  /// - Throws: ``APIProblem`` for a parameter that is not in `allowed`: a misspelt filter would otherwise let everything
  ///   through.
  init(_ request: Request, allowed: Set<String>) throws {
    var values: [String: String] = [:]
    for (key, value) in request.uri.queryParameters {
      let name = String(key)
      guard allowed.contains(name) else {
        throw APIProblem(
          .badRequest, "unknown-parameter", "there is no parameter '\(Visible.text(name))'",
          hint: allowed.isEmpty ? "this path takes none" : "there are " + allowed.sorted().joined(separator: ", "))
      }
      values[name] = String(value)
    }
    self.values = values
  }

  /// Nil where it is absent or empty.
  func text(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

  func count(_ name: String, upTo maximum: Int) throws -> Int? {
    guard let text = text(name) else { return nil }
    guard let count = Int(text), (1...maximum).contains(count) else {
      throw APIProblem.badRequest("'\(name)' is a number from 1 to \(maximum)")
    }
    return count
  }

  func choice(_ name: String, of choices: [String]) throws -> String? {
    guard let text = text(name) else { return nil }
    guard let choice = choices.first(where: { $0.lowercased() == text.lowercased() }) else {
      throw APIProblem.badRequest("'\(name)' is one of " + choices.joined(separator: ", "))
    }
    return choice
  }

  func selector(_ name: String) throws -> LabelSelector {
    do throws(LabelSelector.Problem) {
      return try LabelSelector(text(name) ?? "")
    } catch {
      throw APIProblem.badRequest("'\(name)' is no label selector: \(error.message)")
    }
  }

  /// RFC 3339.
  func time(_ name: String) throws -> Date? {
    guard let text = text(name) else { return nil }
    guard let time = try? Date(text, strategy: .iso8601) else {
      throw APIProblem.badRequest("'\(name)' is a time as in 2025-01-31T12:00:00Z")
    }
    return time
  }
}

/// A list that may be had in pieces, in the order of names.
enum Page {
  static let parameters: Set<String> = ["limit", "continue"]
  private static let maximum = 10_000

  /// - Parameter items: sorted by `name`. Pages that are asked for one after the other show each item that was there all
  ///   the time exactly once.
  static func answer<Item>(
    _ items: [Item], _ query: Query, name: (Item) -> String, view: (Item) -> Node
  ) throws -> Response {
    let limit = try query.count("limit", upTo: maximum)
    let rest = query.text("continue").map { last in items.filter { name($0) > last } } ?? items
    let page = rest.prefix(limit ?? rest.count)
    var answer: Mapping = ["items": .sequence(page.map(view))]
    if page.count < rest.count, let last = page.last {
      answer["continue"] = .string(name(last))
      answer["remaining"] = Node(.int(Int64(rest.count - page.count)))
    }
    return Answer.json(.mapping(answer))
  }
}
