/// What is wrong with a template, or went wrong while it ran, by its place in the template's own text.
package struct TemplateError: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// The text is no template.
    case syntax
    /// A parameter or field that is not there, by its path.
    case missing(String)
    /// A function refused its arguments.
    case function(String)
    /// Anything else that evaluation refused.
    case evaluation
    /// Output, work or depth beyond the bounds.
    case limit
    /// The template called `fail`.
    case failed
  }

  package var kind: Kind
  /// Lower case, without a trailing stop.
  package var message: String
  /// In UTF-8 bytes from the start of the template.
  package var offset: Int

  package init(_ kind: Kind, _ message: String, at offset: Int = 0) {
    self.kind = kind
    self.message = message
    self.offset = offset
  }
}
