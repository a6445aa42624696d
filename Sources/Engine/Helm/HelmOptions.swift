import Manifest

/// `helm` of an Application's source (Argo CD, ApplicationSourceHelm), with variables filled in.
struct HelmOptions: Sendable, Equatable {
  struct Parameter: Sendable, Equatable {
    var name: String
    var value: String
    var forcesString = false
  }

  var releaseName = ""
  var namespace = ""
  var kubeVersion = ""
  var apiVersions: [String] = []
  var valueFiles: [String] = []
  /// `valuesObject`, else `values`, as a file's text; empty for none.
  var values = ""
  var parameters: [Parameter] = []
  /// The values are paths.
  var fileParameters: [Parameter] = []
  var ignoresMissingValueFiles = false
  var skipsCRDs = false
  var skipsTests = false
  var skipsSchemaValidation = false
  var passesCredentials = false

  init() {}

  /// - Throws: ``Failure`` `source.helm-options` for a field that is not there, or is of another kind than it should.
  init(_ node: Node) throws(Failure) {
    for member in node.mapping ?? Mapping() { try set(member.key, member.value) }
    if let object = node["valuesObject"], !object.isNull {
      guard object.mapping != nil else { throw Self.refuse("helm.valuesObject must be a mapping") }
      values = YAMLWriter.text(of: object)
    }
  }

  private mutating func set(_ field: String, _ node: Node) throws(Failure) {
    if node.isNull { return }
    switch field {
    case "releaseName": releaseName = try Self.text(field, node)
    case "namespace": namespace = try Self.text(field, node)
    case "kubeVersion": kubeVersion = try Self.text(field, node)
    case "apiVersions": apiVersions = try Self.texts(field, node)
    case "valueFiles": valueFiles = try Self.texts(field, node)
    case "values": values = try Self.text(field, node)
    case "valuesObject": break
    case "parameters": parameters = try Self.parameters(field, node, value: "value")
    case "fileParameters": fileParameters = try Self.parameters(field, node, value: "path")
    case "ignoreMissingValueFiles": ignoresMissingValueFiles = try Self.flag(field, node)
    case "skipCrds": skipsCRDs = try Self.flag(field, node)
    case "skipTests": skipsTests = try Self.flag(field, node)
    case "skipSchemaValidation": skipsSchemaValidation = try Self.flag(field, node)
    case "passCredentials": passesCredentials = try Self.flag(field, node)
    case "version":
      let version = try Self.text(field, node)
      guard ["", "v3"].contains(version) else {
        throw Self.refuse("helm.version '\(Visible.text(version))' is not supported: leave it out, or say v3")
      }
    default: throw Self.refuse("helm has no field '\(Visible.text(field))'")
    }
  }

  // MARK: Kinds

  private static func text(_ field: String, _ node: Node) throws(Failure) -> String {
    guard let text = node.string else { throw refuse("helm.\(field) must be text") }
    guard !text.utf8.contains(0) else { throw refuse("helm.\(field) holds a NUL character") }
    return text
  }

  private static func flag(_ field: String, _ node: Node) throws(Failure) -> Bool {
    guard let flag = node.bool else { throw refuse("helm.\(field) must be true or false") }
    return flag
  }

  private static func texts(_ field: String, _ node: Node) throws(Failure) -> [String] {
    guard let items = node.sequence else { throw refuse("helm.\(field) must be a list of texts") }
    return try items.map { item throws(Failure) in try text(field + "[]", item) }
  }

  /// The last of a name decides.
  private static func parameters(_ field: String, _ node: Node, value: String) throws(Failure) -> [Parameter] {
    guard let items = node.sequence else { throw refuse("helm.\(field) must be a list") }
    var parameters: [Parameter] = []
    for item in items {
      let name = try text(field + "[].name", item["name"] ?? .null)
      guard !name.isEmpty, !name.hasPrefix("="), !name.contains("=") else {
        throw refuse("helm.\(field)[].name '\(Visible.text(name))' is empty, or holds '='")
      }
      let parameter = Parameter(
        name: name,
        value: try item[value].map { node throws(Failure) in try scalar("\(field)[].\(value)", node) } ?? "",
        forcesString: item["forceString"]?.bool ?? false)
      parameters.removeAll { $0.name == name && $0.forcesString == parameter.forcesString }
      parameters.append(parameter)
    }
    return parameters
  }

  /// Numbers and truth values are taken as they are written.
  private static func scalar(_ field: String, _ node: Node) throws(Failure) -> String {
    if node.isNull { return "" }
    if node.mapping != nil || node.sequence != nil { throw refuse("helm.\(field) must be text") }
    if node.string != nil { return try text(field, node) }
    return node.spelling ?? JSON.text(node)
  }

  private static func refuse(_ message: String) -> Failure {
    Failure("source.helm-options", subject: "source", stage: "render", message, retry: .never)
  }
}
