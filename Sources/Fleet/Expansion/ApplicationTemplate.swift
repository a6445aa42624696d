import Manifest
import Templating

/// An ApplicationSet's template under one generator's overrides, with its patch: ready to be filled.
struct ApplicationTemplate: Sendable {
  /// Put on everything generated, unless the template brings finalizers or the set preserves resources.
  private static let finalizer = Application.resourcesFinalizer

  private let set: ApplicationSet
  /// The template as written, which is what an empty parameter set gives.
  private let source: Node
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
      ApplicationTemplate(set: set, source: merged, template: template, patch: patch),
      problems.map { $0.diagnostic(file: set.origin.file) }
    )
  }

  /// The Application for one parameter set; none, with a diagnostic, where the template fails.
  /// - Parameter data: of the same parameters.
  func fill(_ parameters: ParameterSet, _ data: TemplateData, _ diagnostics: inout [Diagnostic])
    -> [GeneratedApplication]
  {
    do throws(PlacedTemplateError) {
      // Argo CD hands the template back as it is, before it adds the finalizer, when there is nothing to fill in.
      let isEmpty = parameters.parameters.root.isEmpty
      var root = skeleton(isEmpty ? source : try template.render(data), addingFinalizer: !isEmpty)
      if let patch {
        let text = try rendered(patch.template, patch.place, data)
        guard let patched = apply(text, patch.place, to: root, parameters, &diagnostics) else { return [] }
        root = patched
      }
      // Argo CD leaves such a tag as it is; that it names nothing is worth a word all the same.
      if !isEmpty { diagnostics += template.missing(parameters.parameters).map { missing($0, parameters) } }
      return [GeneratedApplication(application: Application(root, origin: nil), parameters: parameters)]
    } catch {
      diagnostics.append(TemplateProblem.diagnostic(error, parameters, file: set.origin.file))
      return []
    }
  }

  private func missing(_ error: PlacedTemplateError, _ parameters: ParameterSet) -> Diagnostic {
    var diagnostic = TemplateProblem.diagnostic(error, parameters, file: set.origin.file)
    diagnostic.severity = .warning
    return diagnostic
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
  private func skeleton(_ filled: Node, addingFinalizer: Bool) -> Mapping {
    let given = filled["metadata"]
    var metadata = Mapping()
    metadata["name"] = given?["name"] ?? .string("")
    if !set.namespace.isEmpty { metadata["namespace"] = .string(set.namespace) }
    for key in ["labels", "annotations"] {
      if let texts = given?[key], !(texts.mapping ?? Mapping()).isEmpty { metadata[key] = texts }
    }
    if let finalizers = given?["finalizers"], !(finalizers.sequence ?? []).isEmpty {
      metadata["finalizers"] = finalizers
    } else if addingFinalizer, !set.preserveResourcesOnDeletion {
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
    var (problems, dropped): ([String], [String]) = ([], [])
    var patch = Node.null
    do throws(Diagnostics) {
      patch = StrategicPatch.dropping(try Self.readPatch(text), outside: .applicationPatch) { dropped.append($0) }
      var check = ShapeCheck(file: set.origin.file, strict: false)
      check.check(&patch, .applicationPatch)
      // What becomes text elsewhere does not here: Argo CD decodes the patch as JSON.
      problems = check.diagnostics.filter { $0.severity == .error || $0.code == "manifest.not-text" }.map(\.message)
    } catch {
      problems = error.all.prefix(3).map(\.message)
    }
    diagnostics += problems.map {
      Diagnostic(
        "template.bad-patch", "the templatePatch is no patch to an Application: \($0)", at: location,
        notes: [Diagnostic.Note("for \(parameters.name)")])
    }
    for warning in dropped.map({ Self.droppedField($0, location) }) where !diagnostics.contains(warning) {
      diagnostics.append(warning)
    }
    return problems.isEmpty ? patch : nil
  }

  private static func droppedField(_ path: String, _ location: SourceLocation) -> Diagnostic {
    Diagnostic(
      "template.patch-unknown-field", severity: .warning,
      "the templatePatch sets '\(DNSName.shown(path))', which no Application has: it is left out", at: location)
  }

  /// A text that begins with `{` is JSON, anything else YAML; null for an empty one.
  private static func readPatch(_ text: String) throws(Diagnostics) -> Node {
    if text.first(where: { !$0.isWhitespace }) == "{" {
      do throws(Diagnostic) {
        return try JSON.parse(Array(text.utf8), file: "templatePatch")
      } catch {
        throw Diagnostics([error])
      }
    }
    let options = YAML.Options(schema: .yaml11)
    let documents = try YAML.parse(Array(text.utf8), file: "templatePatch", options: options)
    return try documents.first?.checkedAsJSON(file: "templatePatch") ?? .null
  }
}
