import ArgumentParser
import Fleet
import Manifest

/// `muster analysis lint`: what is likely wrong with templates.
struct AnalysisLintCommand: ParsableCommand {
  enum Output: String, ExpressibleByArgument, CaseIterable { case text, json }

  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Warns of templates and runs that pass, or end, when they should not.",
    discussion: """
      Reads AnalysisTemplates, ClusterAnalysisTemplates and AnalysisRuns; other documents are left out. Directories are \
      searched for .yaml, .yml and .json; '-' is standard input. Conditions are tried on NaN and on answers without data. \
      Exit code 2 when there is an error; warnings alone are fine, unless --strict makes them exit code 1.
      """)

  @Argument(help: "Files or directories.")
  var files: [String]

  @Flag(help: "Exit code 1 when there are warnings.")
  var strict = false

  @Option(name: .shortAndLong, help: "text (words on standard error) or json (on standard output).")
  var output: Output = .text

  func run() throws {
    let read = AnalysisFiles.read(files)
    var problems = read.problems
    for manifest in read.manifests { problems += AnalysisLint.check(manifest, among: read.manifests) }
    problems.sort { a, b in
      (a.location?.file ?? "", a.location?.mark ?? .none) < (b.location?.file ?? "", b.location?.mark ?? .none)
    }
    if read.manifests.isEmpty, problems.isEmpty {
      throw CommandError.message(
        "there is no AnalysisTemplate, ClusterAnalysisTemplate or AnalysisRun here", exit: .usage)
    }
    switch output {
    case .json: print(JSON.text(.sequence(problems.map(Self.node)), .init(indent: 2)))
    case .text: if !problems.isEmpty { StandardError.write(Report.text(for: problems)) }
    }
    let errors = problems.count { $0.severity == .error }
    if errors > 0 { throw CommandError.silent(.usage) }
    if output == .text {
      let count = read.manifests.count
      let warnings =
        problems.isEmpty ? "fine" : "valid, with \(problems.count) \(problems.count == 1 ? "warning" : "warnings")"
      print("\(count) \(count == 1 ? "analysis is" : "analyses are") \(warnings)")
    }
    if strict, !problems.isEmpty { throw CommandError.silent(.differs) }
  }

  private static func node(_ problem: Diagnostic) -> Node {
    var mapping: Mapping = [
      "code": .string(problem.code), "severity": .string(problem.severity.rawValue),
      "message": .string(problem.message),
    ]
    if let location = problem.location {
      mapping["file"] = .string(location.file)
      if location.mark.isKnown {
        mapping["line"] = Node(.int(Int64(location.mark.line)))
        mapping["column"] = Node(.int(Int64(location.mark.column)))
      }
    }
    if let help = problem.help { mapping["help"] = .string(help) }
    return .mapping(mapping)
  }
}

/// The analyses in files.
enum AnalysisFiles {
  static func read(_ paths: [String]) -> (manifests: [AnalysisManifest], problems: [Diagnostic]) {
    var manifests: [AnalysisManifest] = []
    var problems: [Diagnostic] = []
    for name in InputFile.expand(paths) {
      let documents: [Node]
      do {
        documents = try ObjectReader.documents(try InputFile.read(name), file: name)
      } catch let error as Diagnostics {
        problems += error.all
        continue
      } catch {
        problems.append(
          (error as? Diagnostic)
            ?? Diagnostic("file.unreadable", "the file cannot be read", at: SourceLocation(file: name)))
        continue
      }
      for document in documents.flatMap(AnalysisManifest.documents) {
        guard let reading = AnalysisManifest.read(document, file: name) else { continue }
        problems += reading.diagnostics
        if let manifest = reading.value { manifests.append(manifest) }
      }
    }
    return (manifests, problems)
  }
}
