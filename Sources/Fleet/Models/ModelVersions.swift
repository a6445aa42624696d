package import Manifest

/// Finds the models that rendered objects serve. Secrets are not looked at.
package enum ModelVersions {
  /// A file in a ConfigMap that is larger says nothing here.
  private static let maximumFile = 64 << 10
  private static let maximumFound = 1_000

  /// Models first, then images, each by name; one that several places say in the same words is there for each of them.
  package static func of(_ objects: [Object]) -> [ModelVersion] {
    var found: Set<ModelVersion> = []
    for object in objects where found.count < maximumFound {
      switch (object.gvk.group, object.gvk.kind) {
      case ("", "Secret"): continue
      case ("", "ConfigMap"): found.formUnion(ofConfigMap(object))
      case ("serving.kserve.io", "InferenceService"): found.formUnion(ofInferenceService(object))
      case ("serving.kserve.io", "LLMInferenceService"): found.formUnion(ofLLMInferenceService(object))
      default: break
      }
      if let spec = podSpec(of: object) { found.formUnion(ofContainers(spec, object.id)) }
    }
    return found.sorted(by: order)
  }

  private static func order(_ a: ModelVersion, _ b: ModelVersion) -> Bool {
    if a.kind != b.kind { return a.kind < b.kind }
    let (first, second) = ([a.model, a.label, a.origin.part], [b.model, b.label, b.origin.part])
    return first == second ? a.origin.object < b.origin.object : first.lexicographicallyPrecedes(second)
  }

  // MARK: ConfigMaps

  private static func ofConfigMap(_ object: Object) -> [ModelVersion] {
    let name = KustomizeHash.stripped(object.name)
    let id = ObjectID(group: "", kind: "ConfigMap", namespace: object.namespace, name: name)
    var fields = ModelFields()
    var found: [ModelVersion] = []
    for member in object["data"]?.mapping ?? Mapping() {
      fields.take(member.key, member.value.string)
      guard let file = file(member), let model = ofFile(file, name, .init(object: id, part: "data \(member.key)"))
      else {
        continue
      }
      found.append(model)
    }
    if let model = fields.version(fallback: name, origin: .init(object: id, part: "data")) { found.append(model) }
    return found
  }

  /// A YAML or JSON file in a ConfigMap, where it can be read.
  private static func file(_ member: Mapping.Member) -> Node? {
    let isFile = [".yaml", ".yml", ".json"].contains { member.key.hasSuffix($0) }
    guard isFile, let text = member.value.string, text.utf8.count <= maximumFile else { return nil }
    let bytes = Array(text.utf8)
    if member.key.hasSuffix(".json") { return try? JSON.parse(bytes) }
    let documents = (try? YAML.parse(bytes, file: member.key)) ?? []
    return documents.count == 1 ? documents[0] : nil
  }

  /// `model_name: x` and `model: {name: x}` alike.
  private static func ofFile(_ file: Node, _ fallback: String, _ origin: ModelVersion.Origin) -> ModelVersion? {
    var fields = ModelFields()
    for member in file.mapping ?? Mapping() {
      fields.take(member.key, member.value.value.scalarText)
      for inner in member.value.mapping ?? Mapping() {
        fields.take(member.key + "." + inner.key, inner.value.value.scalarText)
      }
    }
    return fields.version(fallback: fallback, origin: origin)
  }

  // MARK: KServe

  private static let predictorParts = ["predictor", "transformer", "explainer"]

  private static func ofInferenceService(_ object: Object) -> [ModelVersion] {
    var found: [ModelVersion] = []
    for part in predictorParts {
      guard let spec = object["spec"]?[part]?.mapping else { continue }
      let origin = ModelVersion.Origin(object: object.id, part: part)
      // `model`, or in the older form the name of a framework.
      if let address = spec.members.lazy.compactMap({ $0.value["storageUri"]?.string }).first {
        found.append(model(object.name, at: address, origin))
      }
      found += ofContainers(.mapping(spec), object.id, part)
      if let model = spec["model"], model.mapping != nil {
        found += ofContainers(.mapping(["containers": .sequence([model])]), object.id, part)
      }
    }
    return found
  }

  private static func ofLLMInferenceService(_ object: Object) -> [ModelVersion] {
    let spec = object["spec"]?["model"]
    var found: [ModelVersion] = []
    if let address = spec?["uri"]?.string {
      let origin = ModelVersion.Origin(object: object.id, part: "model")
      found.append(model(spec?["name"]?.string ?? object.name, at: address, origin))
    }
    if let template = object["spec"]?["template"] { found += ofContainers(template, object.id) }
    return found
  }

  private static func model(_ name: String, at address: String, _ origin: ModelVersion.Origin) -> ModelVersion {
    let shown = Visible.text(String(ShownAddress.of(address).prefix(500)))
    return ModelVersion(.model, Visible.text(name), version: shown, origin: origin)
  }

  // MARK: Pods

  /// Of workloads, and of everything else that holds a Pod template in the usual place.
  private static func podSpec(of object: Object) -> Node? {
    switch object.gvk.kind {
    case "Pod": object["spec"]
    case "CronJob": object["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]
    case "InferenceService", "LLMInferenceService": nil
    default: object["spec"]?["template"]?["spec"]
    }
  }

  private static func ofContainers(_ spec: Node, _ object: ObjectID, _ prefix: String = "") -> [ModelVersion] {
    var found: [ModelVersion] = []
    for field in ["initContainers", "containers"] {
      for container in spec[field]?.sequence ?? [] {
        let name = (prefix.isEmpty ? "" : prefix + " ") + "container \(Visible.text(container["name"]?.string ?? ""))"
        if let image = container["image"]?.string.flatMap(ImageName.init) {
          found.append(
            ModelVersion(
              .image, image.name, version: image.tag, revision: image.digest, origin: .init(object: object, part: name))
          )
        }
        if let model = fields(of: container).version(fallback: nil, origin: .init(object: object, part: name)) {
          found.append(model)
        }
      }
    }
    return found
  }

  /// Arguments count before the environment. Values that come from elsewhere are not followed.
  private static func fields(of container: Node) -> ModelFields {
    var fields = ModelFields()
    let words = ["command", "args"].flatMap { container[$0]?.sequence ?? [] }.compactMap(\.string)
    ServingArguments(words).give(to: &fields)
    for variable in container["env"]?.sequence ?? [] {
      if let name = variable["name"]?.string { fields.take(name, variable["value"]?.string) }
    }
    return fields
  }
}
