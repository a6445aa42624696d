import Manifest
import Templating

/// One run of the generators of an ApplicationSet: asks each for its parameter sets, and gathers what goes wrong.
///
/// A generator gives nil when it could not do all of its work; what it reported says why.
struct GeneratorRun {
  let language: TemplateLanguage
  let inputs: ExpansionInputs
  let file: String
  /// Of the ApplicationSet.
  let setName: String
  let objects: ControlObjects
  /// What templates take numbers for.
  let numbers: Numbers
  /// For all templates of the run: those of generators and of Applications.
  let allowance = TemplateAllowance()
  private let world: TemplateWorld
  private(set) var problems: [Diagnostic] = []
  private(set) var failures: [Failure] = []
  private(set) var inquiries: Set<Inquiry> = []
  /// Of the generator that runs, where it is one of clusters at the top level.
  var clusterSets: ClusterParameterSets?
  private var valuesTemplate: (values: Node, template: NodeTemplate)?

  /// More sets than anyone has clusters; a matrix of matrices could make a billion.
  static let maximumSets = 100_000

  init(_ set: ApplicationSet, language: TemplateLanguage, inputs: ExpansionInputs) {
    self.language = language
    self.inputs = inputs
    world = inputs.world
    file = set.origin.file
    setName = set.name
    numbers = set.numbers
    objects = ControlObjects(inputs.objects, namespace: set.namespace)
  }

  /// Seconds since 1970.
  var now: Double { world.now() }

  var isGo: Bool { language != .fast }

  /// The parameter sets of a generator behind its selector, in a stable order.
  mutating func sets(of generator: Generator) -> [ParameterSet]? {
    let (selector, selectorProblems) = ParameterSelector.read(generator.selector, values: .anyText, file: file)
    problems += selectorProblems
    guard let sets = unfiltered(generator), selectorProblems.isEmpty else { return nil }
    guard sets.count <= Self.maximumSets else {
      report(
        "generator.too-many", "the generator gives more than the limit of \(Self.maximumSets) sets", generator.mark)
      return nil
    }
    guard !selector.isEmpty else { return sets }
    return sets.filter { set in
      let flat = set.flattened(numbers)
      return selector.admits { flat[$0] }
    }
  }

  private mutating func unfiltered(_ generator: Generator) -> [ParameterSet]? {
    switch generator.kind {
    case .list(let node): return list(node)
    case .clusters(let node): return clusters(node, generator.mark)
    case .git(let node): return git(node, generator.mark)
    case .matrix(_, let children): return matrix(children, generator.mark)
    case .merge(let node, let keys, let children): return merge(node, keys, children)
    case .plugin(let node): return plugin(node, generator.mark)
    case .clusterDecisionResource(let node): return decisions(node, generator.mark)
    case .pullRequest(let node): return pullRequests(node, generator.mark)
    case .scmProvider(let node): return repositories(node, generator.mark)
    }
  }

  /// The parameter sets of a child of matrix or merge, which holds exactly one generator.
  mutating func sets(of entry: Generator.Entry) -> [ParameterSet]? {
    guard let generator = entry.generators.first, entry.generators.count == 1 else {
      report("generator.several", "an entry here must hold exactly one generator", entry.node.mark)
      return nil
    }
    return sets(of: generator)
  }

  /// Renders `values` with each set's own parameters; a value cannot see another one.
  mutating func adding(_ values: Node?, to set: ParameterSet) -> ParameterSet? {
    guard let values, let mapping = values.mapping, !mapping.isEmpty else { return set }
    guard let template = template(ofValues: values, set), let rendered = render(template, set) else { return nil }
    var result = set
    if isGo {
      result.parameters.root["values"] = rendered
      result.parameters.textMaps.insert(["values"])
    } else {
      for member in rendered.mapping ?? Mapping() { result.parameters.root["values." + member.key] = member.value }
    }
    return result
  }

  /// Read once for all the sets of a generator.
  private mutating func template(ofValues values: Node, _ set: ParameterSet) -> NodeTemplate? {
    if let known = valuesTemplate, known.values == values { return known.template }
    var templateProblems: [PlacedTemplateError] = []
    let template = NodeTemplate(values, language, problems: &templateProblems)
    for problem in templateProblems { report(problem, set) }
    guard templateProblems.isEmpty else { return nil }
    valuesTemplate = (values, template)
    return template
  }

  func data(_ set: ParameterSet) -> TemplateData {
    // Every set is turned into values of its own, however much of it is shared.
    allowance.charge(work: set.parameters.size)
    var parameters = set.parameters
    parameters.numbers = numbers
    return TemplateData(parameters, world: world, allowance: allowance)
  }

  mutating func render(_ template: NodeTemplate, _ set: ParameterSet) -> Node? {
    do throws(PlacedTemplateError) {
      return try template.render(data(set))
    } catch {
      report(error, set)
      return nil
    }
  }

  // MARK: Problems

  mutating func report(_ code: String, _ message: String, _ mark: SourceMark, help: String? = nil) {
    problems.append(Diagnostic(code, message, at: SourceLocation(file: file, mark: mark), help: help))
  }

  mutating func report(_ error: PlacedTemplateError, _ set: ParameterSet) {
    problems.append(TemplateProblem.diagnostic(error, set, file: file))
  }

  mutating func report(_ problem: Diagnostic) { problems.append(problem) }

  mutating func report(_ failure: Failure) { failures.append(failure) }

  mutating func ask(_ inquiry: Inquiry) { inquiries.insert(inquiry) }

  /// The answer to a request; nil when it failed, which is reported, or is not known yet.
  mutating func answer(to request: WebInquiry) -> WebAnswer? {
    ask(.web(request))
    switch inputs.answers[.web(request)] {
    case .success(let answer): return answer
    case .failure(let failure): report(failure)
    case nil: break
    }
    return nil
  }
}

/// Template errors as users see them: with the parameters that there are.
enum TemplateProblem {
  static func diagnostic(_ error: PlacedTemplateError, _ set: ParameterSet, file: String) -> Diagnostic {
    var diagnostic = error.diagnostic(file: file)
    guard case .missing(let path) = error.error.kind else {
      diagnostic.notes.append(Diagnostic.Note("for \(set.name)"))
      return diagnostic
    }
    let parts = path.split(separator: ".").map(String.init)
    diagnostic.label = "\(set.name) has: \(neighbours(of: parts, set).joined(separator: ", "))"
    if parts.count == 3, parts[0] == "metadata", parts[1] == "labels",
      let labels = set.origins.lazy.compactMap(\.labels).first
    {
      diagnostic.help = "add label '\(parts[2])' in \(labels.file):\(labels.mark.line)"
    } else if let near = NearestName.of(path, among: set.parameters.paths) {
      diagnostic.help = "did you mean '\(near)'?"
    }
    return diagnostic
  }

  /// What stands where the missing one was looked for.
  private static func neighbours(of path: [String], _ set: ParameterSet) -> [String] {
    var node = Node.mapping(set.parameters.root)
    for part in path.dropLast() { node = node[part] ?? .null }
    let keys = (node.mapping ?? set.parameters.root).keys.sorted()
    return keys.isEmpty ? ["nothing"] : keys.count > 20 ? keys.prefix(20) + ["…"] : keys
  }
}
