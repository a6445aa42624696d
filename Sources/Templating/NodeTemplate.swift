package import Manifest

/// A part of a manifest whose texts are templates: read once, rendered for each parameter set.
///
/// Keys are templates too. Parts without any tag are kept as they are and shared by all results.
package indirect enum NodeTemplate: Sendable {
  case constant(Node)
  case text(TextTemplate, TemplatePlace)
  case sequence([NodeTemplate], SourceMark)
  case mapping([Member], SourceMark)

  package struct Member: Sendable {
    var key: TextTemplate
    var keyPlace: TemplatePlace
    var value: NodeTemplate
  }

  /// Reads every text below `node`; what is no template is reported, and stands for itself in the result.
  package init(_ node: Node, _ language: TemplateLanguage, problems: inout [PlacedTemplateError]) {
    self.init(node, language, blockColumn: 1, &problems)
  }

  private init(
    _ node: Node, _ language: TemplateLanguage, blockColumn: UInt32, _ problems: inout [PlacedTemplateError]
  ) {
    switch node.value {
    case .string(let text):
      let place = TemplatePlace(text: text, mark: node.mark, style: node.style, blockColumn: blockColumn)
      do throws(TemplateError) {
        let template = try TextTemplate(text, language)
        self = template.isPlain ? .constant(node) : .text(template, place)
      } catch {
        problems.append(PlacedTemplateError(error: error, place: place))
        self = .constant(node)
      }
    case .sequence(let nodes):
      let parts = nodes.map { NodeTemplate($0, language, blockColumn: blockColumn + 2, &problems) }
      self = parts.allSatisfy(\.isConstant) ? .constant(node) : .sequence(parts, node.mark)
    case .mapping(let mapping):
      self = Self.mapping(mapping, node, language, &problems)
    case .null, .bool, .int, .uint, .double: self = .constant(node)
    }
  }

  private static func mapping(
    _ mapping: Mapping, _ node: Node, _ language: TemplateLanguage, _ problems: inout [PlacedTemplateError]
  ) -> NodeTemplate {
    var members: [Member] = []
    var isConstant = true
    for member in mapping {
      let value = NodeTemplate(member.value, language, blockColumn: member.keyMark.column + 2, &problems)
      let place = TemplatePlace(text: member.key, mark: member.keyMark, style: .plain, blockColumn: 1)
      var key = TextTemplate.plain(member.key)
      do throws(TemplateError) {
        key = try TextTemplate(member.key, language)
      } catch {
        problems.append(PlacedTemplateError(error: error, place: place))
      }
      isConstant = isConstant && key.isPlain && value.isConstant
      members.append(Member(key: key, keyPlace: place, value: value))
    }
    return isConstant ? .constant(node) : .mapping(members, node.mark)
  }

  package var isConstant: Bool { if case .constant = self { true } else { false } }

  /// What tags of simple templates ask for and nobody gives: they stay in the result as they are written.
  package func missing(_ parameters: Parameters) -> [PlacedTemplateError] {
    switch self {
    case .constant: []
    case .text(let template, let place): Self.missing(template, place, parameters)
    case .sequence(let parts, _): parts.flatMap { $0.missing(parameters) }
    case .mapping(let members, _):
      members.flatMap { Self.missing($0.key, $0.keyPlace, parameters) + $0.value.missing(parameters) }
    }
  }

  private static func missing(
    _ template: TextTemplate, _ place: TemplatePlace, _ parameters: Parameters
  ) -> [PlacedTemplateError] {
    guard case .fast(let template) = template else { return [] }
    return template.missing(parameters).map { name, offset in
      PlacedTemplateError(
        error: TemplateError(.missing(name), "the tag stays as it is written", at: offset), place: place)
    }
  }

  /// - Throws: ``PlacedTemplateError``, the first.
  package func render(_ data: TemplateData, limits: Limits = Limits()) throws(PlacedTemplateError) -> Node {
    switch self {
    case .constant(let node): return node
    case .text(let template, let place):
      return Node(.string(try place.render(template, data, limits)), mark: place.mark)
    case .sequence(let parts, let mark):
      var nodes: [Node] = []
      nodes.reserveCapacity(parts.count)
      for part in parts { nodes.append(try part.render(data, limits: limits)) }
      return Node(.sequence(nodes), mark: mark)
    case .mapping(let members, let mark):
      var mapping = Mapping(minimumCapacity: members.count)
      for member in members {
        let key = try member.keyPlace.render(member.key, data, limits)
        let value = try member.value.render(data, limits: limits)
        // Two keys may have become the same: the later one wins, as in a Go map.
        let added = mapping.append(Mapping.Member(key: key, keyMark: member.keyPlace.mark, value: value))
        if !added { mapping[key] = value }
      }
      return Node(.mapping(mapping), mark: mark)
    }
  }
}

/// Where the text of a template stands in its manifest.
package struct TemplatePlace: Sendable, Equatable {
  package var text: String
  package var mark: SourceMark
  package var style: Node.Style
  /// Where the lines of a block scalar begin, as its key suggests.
  package var blockColumn: UInt32

  package init(text: String, mark: SourceMark, style: Node.Style, blockColumn: UInt32) {
    self.text = text
    self.mark = mark
    self.style = style
    self.blockColumn = blockColumn
  }

  package init(_ node: Node, blockColumn: UInt32 = 1) {
    self.init(text: node.string ?? "", mark: node.mark, style: node.style, blockColumn: blockColumn)
  }

  fileprivate func render(
    _ template: TextTemplate, _ data: TemplateData, _ limits: Limits
  ) throws(PlacedTemplateError) -> String {
    do throws(TemplateError) {
      return try template.render(data, limits: limits)
    } catch {
      throw PlacedTemplateError(error: error, place: self)
    }
  }

  /// The place in the file of a byte of the template's text.
  package func mark(at offset: Int) -> SourceMark {
    guard mark.isKnown else { return mark }
    let before = text.utf8.prefix(offset)
    let line = before.split(separator: 10, omittingEmptySubsequences: false).last ?? before[...]
    let letters = UInt32(clamping: String(decoding: line, as: UTF8.self).unicodeScalars.count)
    let breaks = UInt32(clamping: before.count { $0 == 10 })
    switch style {
    case .literal, .folded: return SourceMark(line: mark.line + 1 + breaks, column: blockColumn + letters)
    case .plain, .flow: return SourceMark(line: mark.line, column: mark.column + letters)
    case .singleQuoted:
      let doubled = UInt32(clamping: line.count { $0 == UInt8(ascii: "'") })
      return SourceMark(line: mark.line, column: mark.column + 1 + letters + doubled)
    case .doubleQuoted:
      let escaped = UInt32(clamping: line.count { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") })
      return SourceMark(line: mark.line, column: mark.column + 1 + letters + escaped)
    }
  }
}

/// A template's error and the place in the manifest where the template stands.
package struct PlacedTemplateError: Error, Sendable, Equatable {
  package var error: TemplateError
  package var place: TemplatePlace

  package init(error: TemplateError, place: TemplatePlace) {
    self.error = error
    self.place = place
  }

  package var mark: SourceMark { place.mark(at: error.offset) }

  /// The error for users; what the generator gave instead is added by who knows.
  package func diagnostic(file: String) -> Diagnostic {
    let location = SourceLocation(file: file, mark: mark)
    return switch error.kind {
    case .syntax: Diagnostic("template.syntax", "the template cannot be parsed: \(error.message)", at: location)
    case .missing(let path):
      Diagnostic(
        "template.missing-parameter", "generator gives no parameter '\(path)' (\(error.message))", at: location)
    case .function: Diagnostic("template.function", "the template failed: \(error.message)", at: location)
    case .evaluation: Diagnostic("template.evaluation", "the template failed: \(error.message)", at: location)
    case .limit: Diagnostic("template.limit", "the template failed: \(error.message)", at: location)
    case .failed: Diagnostic("template.failed", "the template gave up: \(error.message)", at: location)
    }
  }
}
