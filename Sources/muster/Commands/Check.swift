import ArgumentParser
import Engine
import Fleet
import Manifest

/// `muster check`: what can be said of manifests without a cluster.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validates Applications, ApplicationSets, AppProjects, clusters, analyses and plain manifests.",
    discussion: """
      Directories are searched for .yaml, .yml and .json; '-' is standard input. Every problem is reported, with its \
      place; of analyses, all that 'muster analysis lint' says. Exit code 2 when there is an error; warnings alone are \
      fine.
      """)

  @Argument(help: "Files or directories.")
  var files: [String]

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
    guard unread.isEmpty, !check.hasErrors else { throw CommandError.diagnostics(problems) }
    if !problems.isEmpty { StandardError.write(Report.text(for: problems)) }
    print("\(check.documents) documents in \(names.count) files are fine")
  }
}
