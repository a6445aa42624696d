import ArgumentParser
import Engine
import Fleet
import Manifest

/// `muster check`: what can be said of manifests without a cluster.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validates the manifests of a fleet, and plain ones.",
    discussion: """
      Applications, ApplicationSets, AppProjects, clusters, analyses and objects. Directories are searched for .yaml, .yml and .json. Every problem is reported, with its place; of analyses, all \
      that 'muster analysis lint' says. Of Applications that name a cluster or a project that these files lack, where \
      they hold any, a warning. Exit code 2 when there is an error; warnings alone are fine.
      """)

  enum Output: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: "Files or directories; '-' is standard input.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "text, or json: the problems, on stdout.")
  var output: Output = .text

  func run() throws {
    var check = ManifestCheck(zones: TimeZones.table)
    var unread: [Diagnostic] = []
    let names = InputFile.expand(files)
    for name in names {
      do throws(Diagnostic) {
        check.add(try InputFile.read(name), file: name)
      } catch {
        unread.append(error)
      }
    }
    check.finish()
    let problems = unread + check.diagnostics
    if output == .json {
      print(JSON.text(Self.json(check.documents, names.count, problems), .init(indent: 2)))
      if !unread.isEmpty || check.hasErrors { throw CommandError.silent(.usage) }
      return
    }
    guard unread.isEmpty, !check.hasErrors else { throw CommandError.diagnostics(problems) }
    if !problems.isEmpty { StandardError.write(Report.text(for: problems)) }
    let (documents, files) = (check.documents, names.count)
    print(
      "\(Counted.text(documents, "document")) in \(Counted.text(files, "file")) \(documents == 1 ? "is" : "are") fine")
  }

  private static func json(_ documents: Int, _ files: Int, _ problems: [Diagnostic]) -> Node {
    .mapping([
      "documents": Node(.int(Int64(documents))), "files": Node(.int(Int64(files))),
      "diagnostics": .sequence(problems.map(json)),
    ])
  }

  private static func json(_ problem: Diagnostic) -> Node {
    .mapping([
      "code": .string(problem.code), "severity": .string(problem.severity.rawValue),
      "message": .string(problem.message), "file": .string(problem.location?.file ?? ""),
      "line": Node(.int(Int64(problem.location?.mark.line ?? 0))),
      "column": Node(.int(Int64(problem.location?.mark.column ?? 0))),
      "notes": .sequence(problem.notes.map { .string($0.message) }), "help": .string(problem.help ?? ""),
    ])
  }
}
