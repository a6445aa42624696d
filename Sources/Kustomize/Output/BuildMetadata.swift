import Manifest

extension Provenance {
  /// The same, one path further.
  func appending(_ entry: String) -> Provenance {
    var result = self
    var parts: [Substring] = path.split(separator: "/")
    for part in entry.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    result.path = parts.joined(separator: "/")
    return result
  }

  /// What a transformer or generator of a layer leaves on what it touches.
  func configured(in layer: Layer, by kind: String) -> Provenance {
    let name = layer.file.split(separator: "/").last.map(String.init) ?? layer.file
    return Provenance(
      repository: repository, reference: reference, configuredIn: appending(name).path,
      configuredBy: ["apiVersion": .string("builtin"), "kind": .string(kind)])
  }

  var mapping: Mapping {
    var result = Mapping()
    for (key, text) in [("path", path), ("repo", repository), ("ref", reference), ("configuredIn", configuredIn)]
    where !text.isEmpty { result[key] = .string(text) }
    if let configuredBy { result["configuredBy"] = .mapping(configuredBy) }
    return result
  }
}

extension ResourceSet {
  /// Records that a transformer ran; what has no origin yet is taken for its work.
  mutating func recordTransformation(_ provenance: Provenance) {
    updateAll { resource in
      if resource.provenance == nil {
        resource.provenance = provenance
      } else {
        resource.transformations.append(provenance)
      }
    }
  }
}

/// Writes what `buildMetadata` asks for, at the very end.
struct BuildMetadata {
  private static let version = "kustomize-(devel)"

  let wanted: Set<String>

  func apply(to set: inout ResourceSet) {
    guard !wanted.isEmpty else { return }
    set.updateAll { resource in
      if wanted.contains("originAnnotations"), let provenance = resource.provenance {
        annotate(&resource, "config.kubernetes.io/origin", YAMLWriter.text(of: .mapping(provenance.mapping)))
      }
      if wanted.contains("transformerAnnotations"), !resource.transformations.isEmpty {
        annotate(
          &resource, "alpha.config.kubernetes.io/transformations",
          YAMLWriter.text(of: .sequence(resource.transformations.map { .mapping($0.mapping) })))
      }
      if wanted.contains("managedByLabel") {
        write(&resource, "labels", "app.kubernetes.io/managed-by", Self.version)
      }
    }
  }

  private func annotate(_ resource: inout Resource, _ key: String, _ text: String) {
    write(&resource, "annotations", key, text)
  }

  private func write(_ resource: inout Resource, _ field: String, _ key: String, _ text: String) {
    resource.editContent { root in
      if root["metadata"]?[field]?.mapping == nil { root["metadata"]?[field] = .mapping(Mapping()) }
      root["metadata"]?[field]?[key] = .string(text)
    }
  }
}
