import Manifest

/// Which objects of a collection a list, watch or deletion is about.
struct ObjectSelector: Sendable {
  private struct FieldRequirement: Equatable {
    var path: [String]
    var value: String
    var isEqual: Bool
  }

  var namespace: String
  var labels: [LabelRequirement]
  private var fields: [FieldRequirement]

  /// - Throws: 400 for a selector that can not be read, or a field that the kind does not offer.
  init(namespace: String, labelSelector: String?, fieldSelector: String?, type: ResourceType) throws(StatusError) {
    self.namespace = namespace
    labels = try LabelSelectorParser.requirements(labelSelector ?? "")
    fields = try Self.fields(fieldSelector ?? "", of: type)
  }

  func matches(_ object: Mapping) -> Bool {
    (namespace.isEmpty || object.objectNamespace == namespace)
      && labels.allSatisfy { $0.matches(object["metadata"]?["labels"]) }
      && fields.allSatisfy { ($0.value == Self.text(of: object, at: $0.path)) == $0.isEqual }
  }

  /// The one name that `metadata.name=…` asks for.
  var name: String? { fields.first { $0.path == ["metadata", "name"] && $0.isEqual }?.value }

  /// Narrows the selection to one name, as a watch of one object does.
  mutating func confine(to name: String) {
    fields.append(FieldRequirement(path: ["metadata", "name"], value: name, isEqual: true))
  }

  private static func text(of object: Mapping, at path: [String]) -> String {
    let node = path.reduce(Node.mapping(object) as Node?) { $0?[$1] }
    switch node?.value {
    case .string(let text): return text
    case .bool(let flag): return flag ? "true" : "false"
    case .int(let number): return String(number)
    default: return ""
    }
  }

  private static func fields(_ text: String, of type: ResourceType) throws(StatusError) -> [FieldRequirement] {
    var requirements: [FieldRequirement] = []
    for term in text.split(separator: ",") {
      guard let equal = term.firstIndex(of: "=") else {
        throw .badRequest("invalid selector: '\(text)'; can't understand '\(term)'")
      }
      var name = term[..<equal]
      var value = term[term.index(after: equal)...]
      let isEqual = !name.hasSuffix("!")
      if !isEqual { name = name.dropLast() }
      if value.first == "=" { value = value.dropFirst() }
      guard isOffered(String(name), by: type) else { throw .badRequest("field label not supported: \(name)") }
      requirements.append(
        FieldRequirement(path: name.split(separator: ".").map(String.init), value: String(value), isEqual: isEqual))
    }
    return requirements
  }

  private static func isOffered(_ field: String, by type: ResourceType) -> Bool {
    if field == "metadata.name" || (field == "metadata.namespace" && type.isNamespaced) { return true }
    return offered[type.storage.resource]?.contains(field) ?? false
  }

  /// Source: the field label conversions of the API groups.
  private static let offered: [String: [String]] = [
    "pods": [
      "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
      "status.phase", "status.podIP", "status.nominatedNodeName",
    ],
    "namespaces": ["status.phase"], "nodes": ["spec.unschedulable"], "secrets": ["type"],
    "services": ["spec.clusterIP", "spec.type"], "replicasets": ["status.replicas"],
    "replicationcontrollers": ["status.replicas"], "jobs": ["status.successful"],
    "certificatesigningrequests": ["spec.signerName"],
    "events": [
      "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
      "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
      "reportingComponent", "source", "type",
    ],
  ]
}
