/// The language that an ApplicationSet's templates are written in.
package enum TemplateLanguage: Sendable, Equatable {
  /// `{{param}}`
  case fast
  /// Go's text/template (`goTemplate: true`)
  case go(GoTemplate.MissingKey)
}

/// One text of a manifest, read once as a template of either language.
package enum TextTemplate: Sendable {
  /// Holds no tag.
  case plain(String)
  case fast(FastTemplate)
  case go(GoTemplate, GoTemplate.MissingKey)

  /// - Throws: ``TemplateError``
  package init(_ text: String, _ language: TemplateLanguage) throws(TemplateError) {
    guard text.utf8.contains(UInt8(ascii: "{")) else {
      self = .plain(text)
      return
    }
    switch language {
    case .fast: self = .fast(try FastTemplate(text))
    case .go(let missingKey): self = .go(try GoTemplate(text), missingKey)
    }
  }

  package var isPlain: Bool { if case .plain = self { true } else { false } }

  /// - Throws: ``TemplateError``
  package func render(_ data: TemplateData, limits: Limits = Limits()) throws(TemplateError) -> String {
    switch self {
    case .plain(let text): text
    case .fast(let template):
      try data.allowance.measured { () throws(TemplateError) in
        try template.render(data.parameters, limits: limits)
      }
    case .go(let template, let missingKey): try template.render(data, missingKey: missingKey, limits: limits)
    }
  }
}
