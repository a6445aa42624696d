import Manifest
import Templating

/// Turns an ApplicationSet into Applications: its templates are read once, then filled for each parameter set.
package struct ApplicationSetExpander: Sendable {
  /// A top-level generator and the template that is its own over the ApplicationSet's.
  struct Part: Sendable {
    var generator: Generator
    var template: ApplicationTemplate
  }

  let set: ApplicationSet
  let language: TemplateLanguage
  let parts: [Part]
  /// What is wrong with the templates themselves.
  private let problems: [Diagnostic]

  package init(_ set: ApplicationSet) {
    self.set = set
    let options = set.goTemplateOptions.compactMap(\.string)
    let missingKey = options.last.flatMap { GoTemplate.MissingKey(rawValue: String($0.dropFirst("missingkey=".count))) }
    language = set.goTemplate ? .go(missingKey ?? .default) : .fast
    var problems: [Diagnostic] = []
    var parts: [Part] = []
    for generator in set.generators.flatMap(\.generators) {
      let (template, found) = ApplicationTemplate.make(set, generator.template, language)
      problems += found.filter { !problems.contains($0) }
      parts.append(Part(generator: generator, template: template))
    }
    self.parts = parts
    self.problems = problems
  }

  /// Asks the generators and fills the templates. An error in one element leaves the others as they are, and the answer
  /// incomplete; so does an error in one generator.
  package func expand(_ inputs: ExpansionInputs) -> Expansion {
    var memory = ExpansionMemory()
    return expand(inputs, &memory)
  }

  /// - Parameter memory: of an earlier expansion of this set; whatever has the same parameters as then is taken from it.
  package func expand(_ inputs: ExpansionInputs, _ memory: inout ExpansionMemory) -> Expansion {
    var run = GeneratorRun(set, language: language, inputs: inputs)
    var elements = ElementProblems()
    memory.begin()
    let (generated, count) = generate(&run, &elements, &memory)
    memory.end()
    if let exhaustion = run.allowance.exhaustion { run.report("template.set-limit", exhaustion, set.origin.mark) }
    let diagnostics = problems + elements.all(file: set.origin.file) + run.problems
    let checked = GeneratedRules(set: set, registry: inputs.registry, projects: inputs.projects).check(generated)
    let unanswered = run.inquiries.filter { !inputs.answers($0) }.sorted().map {
      Failure(
        ApplicationSetStatus.unanswered, subject: "applicationset \(set.name)", stage: "generate",
        "\($0) has not been read yet", retry: .backOff)
    }
    return Expansion(
      applications: Answer(
        checked.applications, diagnostics: diagnostics + checked.diagnostics, failures: run.failures + unanswered),
      inquiries: run.inquiries, parameterSets: count)
  }

  /// - Returns: what came of each parameter set, and how many there were.
  private func generate(
    _ run: inout GeneratorRun, _ elements: inout ElementProblems, _ memory: inout ExpansionMemory
  ) -> ([GeneratedApplication], count: Int) {
    var generated: [GeneratedApplication] = []
    var count = 0
    for (index, part) in parts.enumerated() {
      // Children of a matrix are filled in with others' parameters, and differ each time.
      if case .clusters = part.generator.kind { run.clusterSets = memory.takeClusterSets(part: index) }
      let sets = run.sets(of: part.generator)
      if let known = run.clusterSets { memory.keep(known, part: index) }
      run.clusterSets = nil
      guard let sets else { continue }
      count += sets.count
      guard count <= GeneratorRun.maximumSets else {
        run.report(
          "generator.too-many", "the generators give more than the limit of \(GeneratorRun.maximumSets) sets",
          part.generator.mark)
        break
      }
      guard problems.isEmpty else { continue }
      for parameters in sets where run.allowance.exhaustion == nil {
        if let known = memory.application(of: parameters, part: index) {
          generated.append(known)
          continue
        }
        var isClean = false
        let filled = elements.gather { found in
          let filled = part.template.fill(parameters, run.data(parameters), &found)
          isClean = found.isEmpty
          return filled
        }
        // What was warned of is to be warned of again.
        if isClean, let filled = filled.first { memory.note(filled, part: index) }
        generated += filled
      }
    }
    return (generated, count)
  }
}

/// An Application from a template, and the parameters it was filled with.
struct GeneratedApplication {
  var application: Application
  var parameters: ParameterSet
}
