import Manifest

/// What keys, environment variables and arguments say about a model, by their usual names.
///
/// Names are compared without case, and with `-` and `.` as `_`: `MODEL_NAME`, `model.name` and `model-name` are one.
struct ModelFields {
  /// In the order in which they count.
  private static let names = ["served_model_name", "model_name", "llm_model_name"]
  private static let ids = ["model_id", "hf_model_id", "model", "llm_model", "model_uri", "storage_uri"]
  private static let versions = ["model_version", "llm_model_version", "model_tag"]
  private static let revisions = ["model_revision", "hf_model_revision", "hf_revision", "revision"]
  private static let known = Set(names + ids + versions + revisions)
  private static let maximumBytes = 200

  private var values: [String: String] = [:]

  /// Takes a value in if its name is one of those above; the first of a name counts.
  mutating func take(_ name: String, _ value: String?) {
    let key = String(name.lowercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
    guard Self.known.contains(key), values[key] == nil, let value else { return }
    let text = value.trimmed
    // Texts of several lines are no names, and templates are none yet.
    guard !text.isEmpty, text.utf8.count <= Self.maximumBytes, !text.contains("\n"), !text.contains("$(") else {
      return
    }
    values[key] = Visible.text(ShownAddress.of(text))
  }

  private func first(_ keys: [String]) -> String? { keys.lazy.compactMap { values[$0] }.first }

  /// - Parameter fallback: the model's name where only a version is said; nil where that says nothing.
  func version(fallback: String?, origin: ModelVersion.Origin) -> ModelVersion? {
    let (name, id) = (first(Self.names), first(Self.ids))
    let (version, revision) = (first(Self.versions), first(Self.revisions))
    guard let model = name ?? id ?? (version == nil ? nil : fallback) else { return nil }
    return ModelVersion(
      .model, model, version: version ?? (name == nil ? "" : id ?? ""), revision: revision ?? "", origin: origin)
  }
}

extension String {
  fileprivate var trimmed: String {
    let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    var scalars = unicodeScalars[...]
    while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }
}
