/// A parsed Go template (`text/template` with Sprig's and Argo CD's functions), ready to be run any number of times.
package struct GoTemplate: Sendable {
  /// What an absent key of a map is (`missingkey=`).
  package enum MissingKey: String, Sendable {
    case `default`, invalid, zero, error
  }

  let main: Block
  let named: [String: Block]

  /// - Throws: ``TemplateError`` of kind `syntax` or `limit`.
  package init(_ text: String) throws(TemplateError) {
    (main, named) = try Parser.parse(text)
  }

  /// Runs the template on `data` and gives its output.
  /// - Throws: ``TemplateError``
  package func render(
    _ data: TemplateData, missingKey: MissingKey = .default, limits: Limits = Limits()
  ) throws(TemplateError) -> String {
    let limits = try data.allowance.capped(limits)
    var evaluator = Evaluator(self, data: data, missingKey: missingKey, limits: limits)
    do throws(TemplateError) {
      let output = try evaluator.run()
      data.allowance.charge(work: limits.work - evaluator.state.budget.workLeft)
      try data.allowance.charge(output: output.utf8.count)
      return output
    } catch {
      data.allowance.charge(work: limits.work - evaluator.state.budget.workLeft)
      guard error.kind == .limit, let exhaustion = data.allowance.exhaustion else { throw error }
      throw TemplateError(.limit, exhaustion, at: error.offset)
    }
  }
}

/// What templates are run on: the parameters as Go values, and what stands in for the world around them.
///
/// One for each parameter set, shared by all templates of an Application: what one of them changes with `set`, the next
/// one sees, as in Argo CD. Not to be shared between tasks.
package final class TemplateData {
  package let parameters: Parameters
  let root: GoValue
  let world: TemplateWorld
  let allowance: TemplateAllowance

  /// - Parameter allowance: shared by all that is rendered together, for a bound on the whole of it.
  package init(
    _ parameters: Parameters, world: TemplateWorld = TemplateWorld(),
    allowance: TemplateAllowance = TemplateAllowance()
  ) {
    self.parameters = parameters
    self.world = world
    self.allowance = allowance
    root = parameters.goValue()
  }

  /// A map may have been put into itself; without this it would never be freed.
  deinit { Self.unlink(root) }

  private static func unlink(_ value: GoValue) {
    var waiting = [value]
    while let value = waiting.popLast() {
      switch value {
      case .map(let map):
        waiting += map.members.values
        map.members = [:]
      case .list(let list): waiting += list.values
      default: break
      }
    }
  }
}

/// Time, chance and time zones as templates see them: passed in, so that tests and previews repeat.
package struct TemplateWorld: Sendable {
  /// Seconds since 1970.
  package var now: @Sendable () -> Double
  package var random: @Sendable () -> UInt64
  /// The zone database's file (TZif) of a zone such as `Europe/Berlin`; nil for a zone that nobody knows.
  package var zone: @Sendable (String) -> [UInt8]?

  package init(
    now: @escaping @Sendable () -> Double = SystemClock.now,
    random: @escaping @Sendable () -> UInt64 = {
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    },
    zone: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }
  ) {
    self.now = now
    self.random = random
    self.zone = zone
  }
}
