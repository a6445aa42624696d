import Manifest
import Testing

@testable import Fleet

struct QueryTests {
  private static let document = """
    {"a":{"b":[{"n":"x","v":1},{"n":"y","v":2}],"c":null,"d.e":"text"},"flags":[true,false]}
    """

  /// The places that an expression names, written as jq writes paths; nil for one without effect.
  private static func places(_ text: String, in json: String = document) throws -> String? {
    let node = try JSON.parse(Array(json.utf8))
    return try QueryRun.places(try QueryParser.parse(text), in: node)?.map { place in
      place.map { step in
        switch step {
        case .key(let key): "." + key
        case .index(let index): "[\(index)]"
        case .slice(let from, let to): "[\(from):\(to)]"
        }
      }.joined()
    }.joined(separator: " ")
  }

  @Test func expressionsNamePlaces() throws {
    let table: [(text: String, places: String?)] = [
      (".", ""), (".a.b", ".a.b"), (".a.\"d.e\"", ".a.d.e"), (".a[\"c\"]", ".a.c"), (".a.b[0]", ".a.b[0]"),
      (".a.b[-1].n", ".a.b[1].n"), (".a.b[1:]", ".a.b[1:2]"), (".a.b[].v", ".a.b[0].v .a.b[1].v"),
      (".a.b[] | select(.n == \"y\") | .v", ".a.b[1].v"), (".a.b[] | select(.v > 1 and .n != \"x\")", ".a.b[1]"),
      (".a.b[] | select(.n | test(\"^[xz]$\"))", ".a.b[0]"), (".a.c.none", ".a.c.none"),
      (".flags[]?", ".flags[0] .flags[1]"),
      (".a[].n?", ".a.c.n"), (".x[]?", ""), (".x // .a.c // .a.b", ".a.b"), (".a.c, .flags", ".a.c .flags"),
      (".. | select(type == \"string\")", ".a.b[0].n .a.b[1].n .a.d.e"),
      ("if .a then .flags else .a end", ".flags"), ("first(.a.b[])", ".a.b[0]"),
      (".a | with_entries(.)", nil), (".a.b | length", nil), (".flags.x", nil), ("error", nil), (".a.b[\"x\"]", nil),
    ]
    for row in table { #expect(try Self.places(row.text) == row.places, "\(row.text)") }
  }

  @Test func workIsBounded() throws {
    for text in ["recurse(.)", "[.., ..] | [.., ..] | [.., ..] | [.., ..] | [.., ..] | [.., ..] | [.., ..]"] {
      #expect(throws: QueryStop.exhausted, "\(text)") { try Self.places(text) }
    }
  }
}
