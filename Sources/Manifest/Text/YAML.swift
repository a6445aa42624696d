/// YAML streams into the value tree, read by libyaml.
package enum YAML {
  /// Which plain scalars are what.
  package enum Schema: Sendable {
    /// As Kubernetes tools read manifests (goyaml.v3): `yes`, `on`, `y` are strings; `010` is 8, `0x1F` 31.
    case manifest
    /// As kustomize reads resources: as ``manifest``, and a plain date is a timestamp. Its value is the time in RFC 3339,
    /// its spelling what was written.
    case kustomize
    /// As `sigs.k8s.io/yaml` reads Go structs (goyaml.v2, YAML 1.1): `yes`, `no`, `on`, `off`, `y`, `n` are booleans.
    case yaml11
  }

  package struct Options: Sendable {
    package var schema: Schema
    package var limits: TextLimits
    /// Keeps the last of two equal keys instead of refusing them, as some readers that we must agree with do.
    package var allowsDuplicateKeys: Bool
    /// Refuses keys that the schema reads as something else than a string (`true:`, `8080:`).
    package var requiresStringKeys: Bool

    package init(
      schema: Schema = .manifest, limits: TextLimits = TextLimits(), allowsDuplicateKeys: Bool = false,
      requiresStringKeys: Bool = false
    ) {
      self.schema = schema
      self.limits = limits
      self.allowsDuplicateKeys = allowsDuplicateKeys
      self.requiresStringKeys = requiresStringKeys
    }
  }

  /// Reads every document of a stream. Documents without content (empty, comments only) are left out.
  ///
  /// Keys that are not strings (`true:`, `8080:`) become their text; by YAML 1.1 that of their value (`y:` is `true`). Aliases share what they name; what they add is
  /// bounded. `<<` is resolved: a mapping's own keys win, then earlier merged ones.
  /// - Parameter file: how the text is named in diagnostics.
  /// - Throws: ``Diagnostics`` with codes `yaml.…`, each with its place; after a syntax error nothing more is read.
  package static func parse(
    _ bytes: [UInt8], file: String = "<yaml>", options: Options = Options()
  ) throws(Diagnostics) -> [Node] {
    var reader = YAMLReader(file: file, options: options)
    let hasByteOrderMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    return try reader.read(hasByteOrderMark ? Array(bytes.dropFirst(3)) : bytes)
  }
}
