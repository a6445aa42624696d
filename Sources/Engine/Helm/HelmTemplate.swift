import Manifest

/// One `helm template`, as values: what decides its arguments, and so, with the files it reads, its answer.
struct HelmTemplate: Sendable, Equatable {
  enum ValueFile: Sendable, Equatable {
    case file(TreePath)
    case remote(String)
    /// What is in it, for a file that is in no tree.
    case text(String)
  }

  struct FileParameter: Sendable, Equatable {
    var name: String
    var file: ValueFile
  }

  var releaseName: String
  /// Empty for helm's own (`default`).
  var namespace = ""
  /// `1.33.2`; empty for helm's own.
  var kubeVersion = ""
  var apiVersions: [String] = []
  var parameters: [HelmOptions.Parameter] = []
  var fileParameters: [FileParameter] = []
  /// Later ones win.
  var valueFiles: [ValueFile] = []
  /// The text of one more, over the others; empty for none.
  var values = ""
  var skipsCRDs = false
  var skipsTests = false
  var skipsSchemaValidation = false
  var skipsHooks = false
  /// What helm makes the release's name of, in the place of ``releaseName``; empty for none.
  var nameTemplate = ""

  /// Where the text of the value file at `position` is on disk.
  static func textFile(_ position: Int, valuesFile: String) -> String { "\(valuesFile)-\(position)" }

  /// The arguments of `helm`, run in the chart's folder (https://helm.sh/docs/helm/helm_template/).
  ///
  /// Every value is joined to its flag by `=`, and what is positional stands behind `--`, so that no text of a user's can
  /// become a flag.
  /// - Parameters:
  ///   - root: the folder on disk that the paths are below, absolute.
  ///   - valuesFile: where the text of ``values`` is on disk.
  func arguments(root: String, valuesFile: String) -> [String] {
    var arguments = ["template"]
    if !namespace.isEmpty { arguments.append("--namespace=" + namespace) }
    if !kubeVersion.isEmpty { arguments.append("--kube-version=" + kubeVersion) }
    arguments += parameters.map { parameter in
      (parameter.forcesString ? "--set-string=" : "--set=") + parameter.name + "=" + Self.escaped(parameter.value)
    }
    arguments += fileParameters.map { parameter in
      "--set-file=" + parameter.name + "=" + Self.escaped(Self.place(parameter.file, root))
    }
    arguments += valueFiles.enumerated().map { position, file in
      if case .text = file { return "--values=" + Self.listed(Self.textFile(position, valuesFile: valuesFile)) }
      return "--values=" + Self.listed(Self.place(file, root))
    }
    if !values.isEmpty { arguments.append("--values=" + Self.listed(valuesFile)) }
    arguments += apiVersions.map { "--api-versions=" + $0 }
    if !skipsCRDs { arguments.append("--include-crds") }
    if skipsSchemaValidation { arguments.append("--skip-schema-validation") }
    if skipsTests { arguments.append("--skip-tests") }
    if skipsHooks { arguments.append("--no-hooks") }
    if !nameTemplate.isEmpty { return arguments + ["--name-template=" + nameTemplate, "--", "."] }
    return arguments + ["--", releaseName, "."]
  }

  private static func place(_ file: ValueFile, _ root: String) -> String {
    switch file {
    case .file(let path): root + "/" + path.text
    case .remote(let url): url
    case .text: ""
    }
  }

  /// A comma would end the value (helm's strvals), unless it is a list in braces (Argo CD, cleanSetParameters).
  private static func escaped(_ value: String) -> String {
    if value.hasPrefix("{") && value.hasSuffix("}") { return value }
    var result = ""
    var previous: Character?
    for character in value {
      if character == ",", previous != "\\" { result += "\\" }
      result.append(character)
      previous = character
    }
    return result
  }

  /// `--values` takes a line of comma-separated values (pflag's StringSlice), in which quotes keep a comma.
  private static func listed(_ path: String) -> String {
    guard path.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" }) else { return path }
    return "\"" + path.replacing("\"", with: "\"\"") + "\""
  }
}

extension HelmTemplate {
  /// What helm accepts as the name of a release (helm, pkg/chartutil ValidateReleaseName).
  static func isReleaseName(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 53 else { return false }
    return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy { byte in
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
        }
    }
  }

  /// `1.33.2` of `v1.33.2+k3s1`; nil for what is no version (Kubernetes, util/version ParseGeneric).
  static func plainVersion(_ text: String) -> String? {
    let trimmed = text.hasPrefix("v") ? text.dropFirst() : text[...]
    let numbers = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let parts = numbers.split(separator: ".", omittingEmptySubsequences: false).prefix { UInt32($0) != nil }
    guard parts.count >= 2, parts.count <= 4 else { return nil }
    return parts.joined(separator: ".")
  }
}
