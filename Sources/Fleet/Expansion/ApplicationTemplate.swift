import Manifest
import Templating

/// An ApplicationSet's template under one generator's overrides, with its patch: ready to be filled.
struct ApplicationTemplate: Sendable {
  /// Put on everything generated, unless the template brings finalizers or the set preserves resources.
  private static let finalizer = Application.resourcesFinalizer

  private let set: ApplicationSet
  private let template: NodeTemplate
  private let patch: (template: TextTemplate, place: TemplatePlace)?

  /// - Returns: the template, and what is wrong with it.
  static func make(
    _ set: ApplicationSet, _ override: Node?, _ language: TemplateLanguage
  ) -> (ApplicationTemplate, [Diagnostic]) {
    var problems: [PlacedTemplateError] = []
    let merged = override.map { ParameterMerge.fillingEmpty($0, set.template) } ?? set.template
    let template = NodeTemplate(merged, language, problems: &problems)
    var patch: (TextTemplate, TemplatePlace)?
    if let node = set.templatePatch {
      let column = set.root["spec"]?.mapping?.keyMark(of: "templatePatch")?.column ?? 1
      let place = TemplatePlace(node, blockColumn: column + 2)
      do throws(TemplateError) {
        patch = (try TextTemplate(place.text, language), place)
      } catch {
        problems.append(PlacedTemplateError(error: error, place: place))
      }
    }
    return (
      ApplicationTemplate(set: set, template: template, patch: patch),
      problems.map { $0.diagnostic(file: set.origin.file) }
    )
  }

  /// The Application for one parameter set; none, with a diagnostic, where the template fails.
  func fill(_ parameters: ParameterSet, _ diagnostics: inout [Diagnostic]) -> [GeneratedApplication] {
    let data = TemplateData(parameters.parameters)
    do throws(PlacedTemplateError) {
      var root = skeleton(try template.render(data))
      if let patch {
        let text = try rendered(patch.template, patch.place, data)
        guard let patched = apply(text, patch.place, to: root, parameters, &diagnostics) else { return [] }
        root = patched
      }
      return [GeneratedApplication(application: Application(root, origin: nil), parameters: parameters)]
    } catch {
      diagnostics.append(TemplateProblem.diagnostic(error, parameters, file: set.origin.file))
      return []
    }
  }

  private func rendered(
    _ template: TextTemplate, _ place: TemplatePlace, _ data: TemplateData
  ) throws(PlacedTemplateError) -> String {
    do throws(TemplateError) {
      return try template.render(data)
    } catch {
      throw PlacedTemplateError(error: error, place: place)
    }
  }

  /// The filled template as a manifest, with what Argo CD adds to it.
  private func skeleton(_ filled: Node) -> Mapping {
    let given = filled["metadata"]
    var metadata = Mapping()
    metadata["name"] = given?["name"] ?? .string("")
    if !set.namespace.isEmpty { metadata["namespace"] = .string(set.namespace) }
    for key in ["labels", "annotations"] {
      if let texts = given?[key], !(texts.mapping ?? Mapping()).isEmpty { metadata[key] = texts }
    }
    if let finalizers = given?["finalizers"], !(finalizers.sequence ?? []).isEmpty {
      metadata["finalizers"] = finalizers
    } else if !set.preserveResourcesOnDeletion {
      metadata["finalizers"] = .sequence([.string(Self.finalizer)])
    }
    var spec = filled["spec"]?.mapping ?? Mapping()
    if spec["project"]?.string?.isEmpty ?? true { spec["project"] = .string("default") }
    return [
      "apiVersion": .string(Application.apiVersion), "kind": .string(Application.kind),
      "metadata": .mapping(metadata), "spec": .mapping(spec),
    ]
  }

  // MARK: Patch

  private func apply(
    _ text: String, _ place: TemplatePlace, to root: Mapping, _ parameters: ParameterSet,
    _ diagnostics: inout [Diagnostic]
  ) -> Mapping? {
    guard let patch = patch(text, place, parameters, &diagnostics) else { return nil }
    guard !patch.isNull else { return root }
    var result = StrategicPatch.apply(patch, to: .mapping(root)).mapping ?? Mapping()
    // A patch may not move an Application to another project or namespace.
    var spec = result["spec"]?.mapping ?? Mapping()
    spec["project"] = root["spec"]?["project"]
    result["spec"] = .mapping(spec)
    var metadata = result["metadata"]?.mapping ?? Mapping()
    metadata["namespace"] = root["metadata"]?["namespace"]
    result["metadata"] = .mapping(metadata)
    return result
  }

  /// The patch as data; null for an empty one; nil, with diagnostics, for what is no patch to an Application.
  private func patch(
    _ text: String, _ place: TemplatePlace, _ parameters: ParameterSet, _ diagnostics: inout [Diagnostic]
  ) -> Node? {
    let location = SourceLocation(file: set.origin.file, mark: place.mark)
    func refuse(_ why: String) {
      diagnostics.append(
        Diagnostic(
          "template.bad-patch", "the templatePatch is no patch to an Application: \(why)", at: location,
          notes: [Diagnostic.Note("for \(parameters.name)")]))
    }
    let documents: [Node]
    do throws(Diagnostics) {
      documents = try YAML.parse(
        Array(text.utf8), file: "templatePatch", options: YAML.Options(schema: .yaml11))
    } catch {
      for problem in error.all.prefix(3) { refuse(problem.message) }
      return nil
    }
    guard var patch = documents.first else { return .null }
    var check = ShapeCheck(file: set.origin.file, strict: false)
    check.check(&patch, .applicationPatch)
    let errors = check.diagnostics.filter { $0.severity == .error }
    for problem in errors { refuse(problem.message) }
    return errors.isEmpty ? patch : nil
  }
}
