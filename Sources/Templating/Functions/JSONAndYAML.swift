import Manifest

extension Function {
  /// Data to and from text. The `must` forms fail on bad text, the others give null.
  static let jsonAndYAML: [Function] =
    Function("toRawJson", 1) { a, run in try json(a, &run, .init(sortsKeys: true)) }.also("mustToRawJson")
    + writers("toJson", "mustToJson", .init(sortsKeys: true, escapesHTML: true))
    + writers("toPrettyJson", "mustToPrettyJson", .init(sortsKeys: true, escapesHTML: true, indent: 2))
    + [
      Function("fromJson", 1) { a, run in
        let node = try? JSON.parse(Array(try a.string(0).utf8), limits: limits(run))
        return node.map({ GoValue($0) }) ?? .null
      },
      Function("mustFromJson", 1) { a, run in
        let bytes = Array(try a.string(0).utf8)
        do throws(Diagnostic) {
          return GoValue(try JSON.parse(bytes, file: "text", limits: limits(run)))
        } catch {
          throw a.failure("invalid JSON: \(error.message)")
        }
      },
      Function("toYaml", 1) { a, run in
        var text = YAMLWriter.text(of: try a[0].node(&run))
        while text.hasSuffix("\n") { text.removeLast() }
        return try run.text(text)
      },
      Function("fromYaml", 1) { a, run in
        let node = try document(a, &run) ?? .mapping(Mapping())
        guard node.mapping != nil else {
          throw a.failure("error unmarshaling: the YAML text is a \(node.value.kindName), not a map")
        }
        return GoValue(node)
      },
      Function("fromYamlArray", 1) { a, run in
        let node = try document(a, &run) ?? .sequence([])
        guard node.sequence != nil else {
          throw a.failure("error unmarshaling: the YAML text is a \(node.value.kindName), not a list")
        }
        return GoValue(node)
      },
    ]

  /// The lenient form gives no text for what JSON cannot hold.
  private static func writers(_ lenient: String, _ strict: String, _ options: JSON.WriteOptions) -> [Function] {
    [
      Function(lenient, 1) { a, run in
        do {
          return try json(a, &run, options)
        } catch let error as TemplateError where error.kind == .evaluation {
          return .string("")
        }
      },
      Function(strict, 1) { a, run in try json(a, &run, options) },
    ]
  }

  private static func json(_ a: Arguments, _ run: inout Run, _ options: JSON.WriteOptions) throws -> GoValue {
    try run.text(JSON.text(try a[0].node(&run), options))
  }

  /// The first document of a YAML text; nil when it has none.
  private static func document(_ a: Arguments, _ run: inout Run) throws -> Node? {
    let text = try a.string(0)
    do {
      return try YAML.parse(
        Array(text.utf8), file: "text", options: YAML.Options(schema: .yaml11, limits: limits(run))
      ).first
    } catch {
      throw a.failure("error unmarshaling: invalid YAML: \(error.all.first?.message ?? "unreadable")")
    }
  }

  private static func limits(_ run: Run) -> TextLimits {
    TextLimits(bytes: run.budget.limits.outputBytes, depth: run.budget.limits.depth / 2, aliasedNodes: 10_000)
  }
}
