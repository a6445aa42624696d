import Manifest

extension KustomizationDecoder {
  static func label(_ node: Node, _ problems: inout ProblemList) -> LabelEntry {
    let fields = FieldReader(
      node, as: "an entry of 'labels'",
      known: ["pairs", "includeSelectors", "includeTemplates", "fields"], in: &problems)
    return LabelEntry(
      pairs: fields.textMap("pairs", in: &problems), includeSelectors: fields.flag("includeSelectors", in: &problems),
      includeTemplates: fields.flag("includeTemplates", in: &problems),
      fields: fields.list("fields", in: &problems).map { fieldSpec($0, &problems) }, mark: node.mark)
  }

  static func fieldSpec(_ node: Node, _ problems: inout ProblemList) -> FieldSpec {
    let fields = FieldReader(
      node, as: "a field spec", known: ["group", "version", "kind", "path", "create"], in: &problems)
    return FieldSpec(
      fields.string("path", in: &problems), kind: kindSelector(fields, &problems),
      creates: fields.flag("create", in: &problems))
  }

  static func kindSelector(_ fields: FieldReader, _ problems: inout ProblemList) -> KindSelector {
    KindSelector(
      group: fields.string("group", in: &problems), version: fields.string("version", in: &problems),
      kind: fields.string("kind", in: &problems))
  }

  static func patch(_ node: Node, _ list: String, _ problems: inout ProblemList) -> PatchEntry {
    let fields = FieldReader(
      node, as: "an entry of '\(list)'", known: ["path", "patch", "target", "options"], in: &problems)
    var entry = PatchEntry(
      path: fields.text("path", in: &problems), patch: fields.text("patch", in: &problems), mark: node.mark)
    entry.target = fields.node("target").map { target($0, &problems) }
    if let options = fields.node("options") {
      let flags = FieldReader(
        options, as: "'options'", known: ["allowNameChange", "allowKindChange"], in: &problems)
      entry.allowNameChange = flags.flag("allowNameChange", in: &problems)
      entry.allowKindChange = flags.flag("allowKindChange", in: &problems)
    }
    return entry
  }

  static func target(_ node: Node, _ problems: inout ProblemList) -> TargetSelector {
    let fields = FieldReader(
      node, as: "a target",
      known: ["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"], in: &problems)
    return TargetSelector(
      kind: kindSelector(fields, &problems), name: fields.string("name", in: &problems),
      namespace: fields.string("namespace", in: &problems),
      labelSelector: fields.string("labelSelector", in: &problems),
      annotationSelector: fields.string("annotationSelector", in: &problems),
      location: SourceLocation(file: problems.file, mark: node.mark))
  }

  static func image(_ node: Node, _ problems: inout ProblemList) -> ImageChange {
    let fields = FieldReader(
      node, as: "an entry of 'images'", known: ["name", "newName", "newTag", "tagSuffix", "digest"], in: &problems)
    return ImageChange(
      name: fields.string("name", in: &problems), newName: fields.string("newName", in: &problems),
      newTag: fields.string("newTag", in: &problems), tagSuffix: fields.string("tagSuffix", in: &problems),
      digest: fields.string("digest", in: &problems), mark: node.mark)
  }

  static func replica(_ node: Node, _ problems: inout ProblemList) -> ReplicaChange {
    let fields = FieldReader(node, as: "an entry of 'replicas'", known: ["name", "count"], in: &problems)
    return ReplicaChange(
      name: fields.string("name", in: &problems), count: fields.integer("count", in: &problems) ?? 0, mark: node.mark)
  }

  static func variable(_ node: Node, _ problems: inout ProblemList) -> Variable {
    let fields = FieldReader(node, as: "an entry of 'vars'", known: ["name", "objref", "fieldref"], in: &problems)
    var variable = Variable(location: SourceLocation(file: problems.file, mark: node.mark))
    variable.name = fields.string("name", in: &problems)
    if let reference = fields.node("objref") {
      let object = FieldReader(
        reference, as: "'objref'", known: ["apiVersion", "group", "version", "kind", "name", "namespace"],
        in: &problems)
      variable.kind = kindSelector(object, &problems)
      let apiVersion = object.string("apiVersion", in: &problems)
      if !apiVersion.isEmpty {
        let gvk = GroupVersionKind(apiVersion: apiVersion, kind: variable.kind.kind)
        variable.kind.group = gvk.group
        variable.kind.version = gvk.version
      }
      variable.objectName = object.string("name", in: &problems)
      variable.objectNamespace = object.string("namespace", in: &problems)
    }
    if let reference = fields.node("fieldref") {
      let field = FieldReader(reference, as: "'fieldref'", known: ["fieldPath"], in: &problems)
      let path = field.string("fieldPath", in: &problems)
      if !path.isEmpty { variable.fieldPath = path }
    }
    return variable
  }

  static func sortOptions(_ node: Node, _ problems: inout ProblemList) -> SortOptions {
    let fields = FieldReader(node, as: "'sortOptions'", known: ["order", "legacySortOptions"], in: &problems)
    var options = SortOptions(
      order: fields.string("order", in: &problems), location: SourceLocation(file: problems.file, mark: node.mark))
    if let legacy = fields.node("legacySortOptions") {
      let lists = FieldReader(
        legacy, as: "'legacySortOptions'", known: ["orderFirst", "orderLast"], in: &problems)
      options.hasLegacyOptions = true
      options.orderFirst = lists.texts("orderFirst", in: &problems).map(\.value)
      options.orderLast = lists.texts("orderLast", in: &problems).map(\.value)
    }
    return options
  }

  static func generator(_ node: Node, isSecret: Bool, _ problems: inout ProblemList) -> GeneratorArguments {
    let list = isSecret ? "secretGenerator" : "configMapGenerator"
    var known = ["name", "namespace", "behavior", "literals", "files", "envs", "env", "options"]
    if isSecret { known.append("type") }
    let fields = FieldReader(node, as: "an entry of '\(list)'", known: known, in: &problems)
    return generator(fields, &problems)
  }

  static func generator(_ fields: FieldReader, _ problems: inout ProblemList) -> GeneratorArguments {
    var arguments = GeneratorArguments(mark: fields.node.mark)
    arguments.name = fields.string("name", in: &problems)
    arguments.namespace = fields.string("namespace", in: &problems)
    arguments.behavior = fields.string("behavior", in: &problems)
    arguments.type = fields.string("type", in: &problems)
    arguments.literals = fields.texts("literals", in: &problems)
    arguments.files = fields.texts("files", in: &problems)
    arguments.envs = fields.texts("envs", in: &problems)
    if let env = fields.text("env", in: &problems), !env.value.isEmpty { arguments.envs.append(env) }
    arguments.options = fields.node("options").map { generatorOptions($0, &problems) }
    return arguments
  }

  static func generatorOptions(_ node: Node, _ problems: inout ProblemList) -> GeneratorOptions {
    let fields = FieldReader(
      node, as: "generator options", known: ["labels", "annotations", "disableNameSuffixHash", "immutable"],
      in: &problems)
    return GeneratorOptions(
      labels: fields.textMap("labels", in: &problems), annotations: fields.textMap("annotations", in: &problems),
      disableNameSuffixHash: fields.flag("disableNameSuffixHash", in: &problems),
      immutable: fields.flag("immutable", in: &problems))
  }
}
