import Foundation
import Testing

@testable import Engine

/// A stand-in for `helm`: it writes down how it was called, and does what a snippet of shell says. The real one is not
/// needed, nor tested.
struct FakeHelm {
  struct Call {
    var arguments: [String]
    var environment: [String: String]
    var folder: String

    var subcommand: String { arguments.first ?? "" }
  }

  let folder: TemporaryFolder
  var settings: HelmSettings

  /// - Parameter behaviour: shell, by subcommand; it sees `$here`, a folder that stays, and the arguments.
  init(_ behaviour: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    var cases = ""
    for (name, text) in behaviour.sorted(by: { $0.key < $1.key }) { cases += "\(name))\n\(text)\n;;\n" }
    let script = """
      #!/bin/sh
      here='\(folder.path)'
      call="$here/calls/$(date +%s%N)-$$"
      mkdir -p "$here/calls"
      for argument in "$@"; do printf '%s\\n' "$argument"; done >"$call.arguments"
      env >"$call.environment"
      pwd >"$call.folder"
      case "$1" in
      \(cases)
      version) echo v3.17.0+g0000000 ;;
      template) cat "$here/answer.yaml" ;;
      esac

      """
    try folder.write(script, to: "bin/helm")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/bin/helm")
    settings = HelmSettings()
    settings.environment["PATH"] = folder.path + "/bin:/usr/bin:/bin"
    try answer("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rendered}\n")
  }

  /// What `template` prints from now on, unless its behaviour is another.
  func answer(_ text: String) throws { try folder.write(text, to: "answer.yaml") }

  /// In order.
  func calls(of subcommand: String? = nil) throws -> [Call] {
    let calls = folder.path + "/calls"
    guard FileManager.default.fileExists(atPath: calls) else { return [] }
    let names = try FileManager.default.contentsOfDirectory(atPath: calls).filter { $0.hasSuffix(".arguments") }
      .sorted()
    return try names.map { name in
      func lines(_ suffix: String) throws -> [String] {
        let path = calls + "/" + name.replacing(".arguments", with: suffix)
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
      }
      var environment: [String: String] = [:]
      for line in try lines(".environment") {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        environment[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
      }
      return Call(
        arguments: try lines(".arguments"), environment: environment, folder: try lines(".folder").first ?? "")
    }.filter { subcommand == nil || $0.subcommand == subcommand }
  }

  /// A file that a behaviour left in `$here`.
  func left(_ name: String) throws -> String { try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8) }
}
