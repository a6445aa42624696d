import Manifest

/// The fields that transformers write and references are read from: the defaults, and what `configurations` and `crds`
/// add. Merges upward from bases and components.
struct TransformerConfiguration: Sendable {
  /// Fields that name resources of some kind.
  struct NameReference: Sendable {
    var target: KindSelector
    var referrers: [FieldSpec]
  }

  var namePrefix: [FieldSpec] = []
  var nameSuffix: [FieldSpec] = []
  var namespace: [FieldSpec] = []
  var commonLabels: [FieldSpec] = []
  var labels: [FieldSpec] = []
  var templateLabels: [FieldSpec] = []
  var commonAnnotations: [FieldSpec] = []
  var images: [FieldSpec] = []
  var replicas: [FieldSpec] = []
  var variableReferences: [FieldSpec] = []
  var nameReferences: [NameReference] = []
  /// Nothing was added to the defaults, so merging with them is needless.
  private(set) var isDefault = false

  /// - Throws: ``FieldError``
  func merging(_ other: TransformerConfiguration) throws -> TransformerConfiguration {
    if isDefault && other.isDefault { return self }
    var result = self
    result.isDefault = false
    result.namePrefix = try namePrefix.merging(other.namePrefix)
    result.nameSuffix = try nameSuffix.merging(other.nameSuffix)
    result.namespace = try namespace.merging(other.namespace)
    result.commonLabels = try commonLabels.merging(other.commonLabels)
    result.labels = try labels.merging(other.labels)
    result.templateLabels = try templateLabels.merging(other.templateLabels)
    result.commonAnnotations = try commonAnnotations.merging(other.commonAnnotations)
    result.images = try images.merging(other.images)
    result.replicas = try replicas.merging(other.replicas)
    result.variableReferences = try variableReferences.merging(other.variableReferences)
    for reference in other.nameReferences { try result.add(reference) }
    result.sort()
    return result
  }

  mutating func add(_ reference: NameReference) throws {
    guard let position = nameReferences.firstIndex(where: { $0.target == reference.target }) else {
      nameReferences.append(reference)
      return
    }
    nameReferences[position].referrers = try nameReferences[position].referrers.merging(reference.referrers)
  }

  /// The order in which references are mended: by the order of kinds in a build's output.
  private mutating func sort() {
    nameReferences.sort { LegacyOrder.isBefore($0.target, $1.target) }
    for position in nameReferences.indices { Self.sort(&nameReferences[position].referrers) }
    Self.sort(&namePrefix)
    Self.sort(&nameSuffix)
    Self.sort(&namespace)
    Self.sort(&commonLabels)
    Self.sort(&labels)
    Self.sort(&templateLabels)
    Self.sort(&commonAnnotations)
    Self.sort(&images)
    Self.sort(&replicas)
    Self.sort(&variableReferences)
  }

  private static func sort(_ fields: inout [FieldSpec]) {
    guard fields.count > 1 else { return }
    fields.sort { LegacyOrder.isBefore($0.kind, $1.kind) }
  }

  static let standard: TransformerConfiguration = {
    var result = TransformerConfiguration()
    result.namePrefix = [FieldSpec("metadata/name")]
    result.nameSuffix = [FieldSpec("metadata/name")]
    result.namespace = DefaultFields.namespace
    result.commonLabels = DefaultFields.selectorLabels + DefaultFields.metadataLabels
    result.templateLabels = DefaultFields.metadataLabels
    result.commonAnnotations = DefaultFields.annotations
    result.images = DefaultFields.images
    result.replicas = DefaultFields.replicas
    result.variableReferences = DefaultFields.variableReferences
    result.nameReferences = DefaultFields.nameReferences
    result.sort()
    result.isDefault = true
    return result
  }()
}

extension TransformerConfiguration {
  /// The fields of an entry of `labels` that names none itself, where nothing was configured: ready made.
  func standardLabels(for entry: LabelEntry) -> [FieldSpec]? {
    guard isDefault, entry.fields.isEmpty, labels.isEmpty else { return nil }
    if entry.includeSelectors { return commonLabels }
    return entry.includeTemplates ? nil : Self.metadataLabels
  }

  private static let metadataLabels = [FieldSpec("metadata/labels", creates: true)]
}
