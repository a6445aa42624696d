/// What all renderings of one expansion may do together. Each alone stays within its ``Limits``; a hundred thousand of
/// them would still be a day.
///
/// Not to be shared between tasks.
package final class TemplateAllowance {
  package static let standardWork = 200_000_000
  package static let standardOutputBytes = 64 << 20

  private let work: Int
  private let outputBytes: Int
  private var workLeft: Int
  private var outputLeft: Int

  package init(work: Int = standardWork, outputBytes: Int = standardOutputBytes) {
    self.work = work
    self.outputBytes = outputBytes
    workLeft = work
    outputLeft = outputBytes
  }

  /// Why nothing more can be rendered; nil as long as something can.
  package var exhaustion: String? {
    if outputLeft < 0 {
      return "all templates together print more than the limit of \(outputBytes >> 20) MiB"
    }
    return workLeft <= 0 ? "all templates together do more work than the limit of \(work) steps" : nil
  }

  /// Pays for work that is none of a template's, such as reading text that one made.
  package func charge(work amount: Int) { workLeft -= min(max(0, amount), workLeft) }

  /// - Throws: ``TemplateError`` of kind `limit` when this output is too much.
  package func charge(output bytes: Int) throws(TemplateError) {
    outputLeft = max(-1, outputLeft - bytes)
    try check()
  }

  /// The limits of one more rendering.
  /// - Throws: ``TemplateError`` of kind `limit` when there can be none.
  func capped(_ limits: Limits) throws(TemplateError) -> Limits {
    try check()
    var limits = limits
    limits.work = min(limits.work, workLeft)
    return limits
  }

  /// Pays for what `render` makes.
  func measured(_ render: () throws(TemplateError) -> String) throws(TemplateError) -> String {
    try check()
    let output = try render()
    charge(work: output.utf8.count)
    try charge(output: output.utf8.count)
    return output
  }

  private func check() throws(TemplateError) {
    if let exhaustion { throw TemplateError(.limit, exhaustion) }
  }
}
