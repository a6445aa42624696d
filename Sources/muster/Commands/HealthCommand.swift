import ArgumentParser
import Engine
import Fleet
import Foundation
import Manifest

/// `muster health`: the health of objects as they stand in files, such as `kubectl get -o yaml` writes them.
struct HealthCommand: ParsableCommand {
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Assesses the health of objects in manifest files.",
    discussion: """
      '-' is standard input. Health scripts, as Argo CD has them, come from --customizations: a ConfigMap such as \
      argocd-cm, or a folder of <group>/<Kind>/health.lua; a file in such a folder's <group>/<Kind>/testdata is assessed \
      with it anyway. Scripts run in a process of their own, for a second each at most. A kind that has no check has the \
      status null (json) or '-' (table). Exit code 1 when an object is neither Healthy nor without a check.
      """)

  @Argument(help: "Files.")
  var files: [String]

  @Option(name: .shortAndLong, help: "table or json.")
  var output: Output = .table

  @Option(
    name: .customLong("customizations"),
    help: ArgumentHelp("ConfigMap file or folder of health scripts; may be repeated.", valueName: "path"))
  var customizations: [String] = []

  private typealias Assessed = (object: ShownObject, report: HealthReport?)

  func run() throws {
    let given = try Self.read(customizations)
    let scripts = HealthScripts()
    var around: [String: HealthCustomizations] = [:]
    var reports: [Assessed] = []
    var problems: [Diagnostic] = []
    for name in InputFile.expand(files) {
      var all = given
      if let folder = HealthCustomizations.folder(around: name) {
        let found = try around[folder] ?? Self.read([folder])
        around[folder] = found
        all = found
        all.add(given)
      }
      do throws(Diagnostic) {
        let (objects, diagnostics) = try Self.objects(name)
        problems += diagnostics
        let assessment = HealthAssessment(all, scripts)
        reports += objects.map { ($0, assessment.report($0.root, kind: $0.gvk.groupKind)) }
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw CommandError.diagnostics(problems) }
    switch output {
    case .json: print(JSON.text(.sequence(reports.map { Self.json($0.object, $0.report) })))
    case .table: for (object, report) in reports { print(Self.row(object, report)) }
    }
    let unwell = reports.count { ($0.report?.health ?? .healthy) != .healthy }
    if unwell > 0 {
      throw CommandError.message(
        "\(unwell) of \(Counted.text(reports.count, "object")) \(unwell == 1 ? "is" : "are") not healthy",
        exit: .differs)
    }
  }

  /// What is assessed: an object, if need be one without a name.
  private struct ShownObject {
    var root: Node
    var gvk: GroupVersionKind
    var name: String
    var namespace: String

    init(_ object: Object) {
      root = .mapping(object.root)
      gvk = object.gvk
      name = object.name
      namespace = object.namespace
    }

    /// An example out of somebody's documentation often has no name; its health does not ask for one.
    init?(nameless node: Node) {
      guard let apiVersion = node["apiVersion"]?.string, let kind = node["kind"]?.string, !kind.isEmpty,
        !kind.hasSuffix("List"), node["metadata"]?["name"] == nil,
        node["metadata"].map({ $0.isNull || $0.mapping != nil }) ?? true
      else { return nil }
      root = node
      gvk = GroupVersionKind(apiVersion: apiVersion, kind: kind)
      name = ""
      namespace = node["metadata"]?["namespace"]?.string ?? ""
    }

    var title: String {
      ObjectID(group: gvk.group, kind: gvk.kind, namespace: namespace, name: name.isEmpty ? "-" : name).description
    }
  }

  private static func objects(_ name: String) throws(Diagnostic) -> ([ShownObject], [Diagnostic]) {
    let bytes = try InputFile.read(name)
    let documents: [Node]
    do throws(Diagnostics) {
      documents = try ObjectReader.documents(bytes, file: name)
    } catch {
      return ([], error.all)
    }
    var objects: [ShownObject] = []
    var problems: [Diagnostic] = []
    for document in documents {
      if let nameless = ShownObject(nameless: document) {
        objects.append(nameless)
        continue
      }
      let read = ObjectReader.objects(in: [document], file: name)
      objects += read.objects.map { ShownObject($0) }
      problems += read.diagnostics
    }
    return (objects, problems)
  }

  private static func read(_ paths: [String]) throws -> HealthCustomizations {
    var all = HealthCustomizations()
    for path in paths {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      let bytes = exists && isFolder.boolValue ? nil : try InputFile.read(path)
      do {
        all.add(try HealthCustomizations.read(path: path, file: bytes))
      } catch let failure as Failure {
        throw CommandError.failure(failure, exit: .usage)
      } catch let error as FileTreeError {
        throw CommandError.message("\(error)", exit: .usage)
      }
    }
    return all
  }

  private static func json(_ object: ShownObject, _ report: HealthReport?) -> Node {
    var mapping: Mapping = ["kind": .string(object.gvk.kind), "name": .string(object.name)]
    if !object.namespace.isEmpty { mapping["namespace"] = .string(object.namespace) }
    mapping["status"] = report.map { .string($0.health.rawValue) } ?? Node.null
    mapping["message"] = .string(report?.message ?? "")
    return .mapping(mapping)
  }

  private static func row(_ object: ShownObject, _ report: HealthReport?) -> String {
    let status = report?.health.rawValue ?? "-"
    let padded = status + String(repeating: " ", count: max(0, 12 - status.count))
    let message = report?.message ?? ""
    return padded + Visible.text(object.title) + (message.isEmpty ? "" : ": " + Visible.text(message))
  }
}
