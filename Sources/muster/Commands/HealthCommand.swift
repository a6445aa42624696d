import ArgumentParser
import Fleet
import Manifest

/// `muster health`: the health of objects as they stand in files, such as `kubectl get -o yaml` writes them.
struct HealthCommand: ParsableCommand {
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Assesses the health of objects in manifest files, in their order.",
    discussion: """
      '-' is standard input. A kind that has no check has the status null (json) or '-' (table). Exit code 1 when an \
      object is neither Healthy nor without a check.
      """)

  @Argument(help: "Files.")
  var files: [String]

  @Option(name: .shortAndLong, help: "table or json.")
  var output: Output = .table

  func run() throws {
    var reports: [(object: Object, report: HealthReport?)] = []
    var problems: [Diagnostic] = []
    for name in InputFile.expand(files) {
      do throws(Diagnostic) {
        let read = ObjectReader.read(try InputFile.read(name), file: name)
        problems += read.diagnostics
        reports += read.objects.map { object in
          (object, HealthCheck.report(.mapping(object.root), kind: object.gvk.groupKind))
        }
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
      throw CommandError.message("\(unwell) of \(reports.count) objects are not healthy", exit: .differs)
    }
  }

  private static func json(_ object: Object, _ report: HealthReport?) -> Node {
    var mapping: Mapping = ["kind": .string(object.gvk.kind), "name": .string(object.name)]
    if !object.namespace.isEmpty { mapping["namespace"] = .string(object.namespace) }
    mapping["status"] = report.map { .string($0.health.rawValue) } ?? Node.null
    mapping["message"] = .string(report?.message ?? "")
    return .mapping(mapping)
  }

  private static func row(_ object: Object, _ report: HealthReport?) -> String {
    let status = report?.health.rawValue ?? "-"
    let padded = status + String(repeating: " ", count: max(0, 12 - status.count))
    let message = report?.message ?? ""
    return padded + Visible.text(object.id.description) + (message.isEmpty ? "" : ": " + Visible.text(message))
  }
}
