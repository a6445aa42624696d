import Manifest
import Templating

/// Helps the tests run templates on data written as YAML.
enum Rendering {
  static func parameters(_ yaml: String) throws -> Parameters {
    let nodes = try YAML.parse(Array(yaml.utf8), options: YAML.Options(schema: .manifest))
    return Parameters(nodes.first?.mapping ?? Mapping())
  }

  static func render(
    _ text: String, _ yaml: String = "{}", missingKey: GoTemplate.MissingKey = .default
  ) throws -> String {
    let world = TemplateWorld(now: { 1_700_000_000 }, random: { 7 })
    let data = TemplateData(try parameters(yaml), world: world)
    return try GoTemplate(text).render(data, missingKey: missingKey)
  }

  /// The output, or the error's message.
  static func outcome(
    _ text: String, _ yaml: String = "{}", missingKey: GoTemplate.MissingKey = .default
  ) -> String {
    do {
      return try render(text, yaml, missingKey: missingKey)
    } catch let error as TemplateError {
      return "ERROR " + error.message
    } catch {
      return "\(error)"
    }
  }
}
