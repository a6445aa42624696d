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

  /// As YAML, in the order in which kustomize writes it.
  var lines: [String] {
    var lines: [String] = []
    func add(_ key: String, _ text: String?, indent: String = "") {
      guard let text, !text.isEmpty else { return }
      lines.append(indent + YAMLWriter.text(of: .mapping([key: .string(text)])).trimmingSpace)
    }
    add("path", path)
    add("repo", repository)
    add("ref", reference)
    add("configuredIn", configuredIn)
    if let configuredBy {
      lines.append("configuredBy:")
      for key in ["apiVersion", "kind", "name", "namespace"] { add(key, configuredBy[key]?.string, indent: "  ") }
    }
    return lines
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
        annotate(&resource, "config.kubernetes.io/origin", provenance.lines.joined(separator: "\n") + "\n")
      }
      if wanted.contains("transformerAnnotations"), !resource.transformations.isEmpty {
        annotate(
          &resource, "alpha.config.kubernetes.io/transformations",
          resource.transformations.map { "- " + $0.lines.joined(separator: "\n  ") + "\n" }.joined())
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
