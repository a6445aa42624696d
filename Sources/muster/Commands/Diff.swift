import ArgumentParser
import Fleet
import Manifest

/// `muster diff`: whether a live object is what a desired one asks for, from files, without a cluster.
struct Diff: ParsableCommand {
  enum Output: String, ExpressibleByArgument, CaseIterable { case text, json }

  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares a live object with a desired one, offline.",
    discussion: """
      A three-way comparison with the last-applied annotation, where there is one. Defaults, number formats, status and \
      what the server sets do not count; Secret values are never shown. An object without a live one is still to be \
      created, one without a desired one to be pruned. Exit code 1 when they differ.
      """)

  @Option(help: "File with the live object.")
  var live: String?

  @Option(help: "File with the desired object.")
  var desired: String?

  @Option(help: "File with a list 'ignoreDifferences', as an Application has it.")
  var ignore: String?

  @Option(name: .shortAndLong, help: "text (a unified diff) or json.")
  var output: Output = .text

  func validate() throws {
    guard live != nil || desired != nil else { throw ValidationError("give --live, --desired or both") }
  }

  func run() throws {
    let liveObject = try live.map(Self.object)
    let desiredObject = try desired.map(Self.object)
    let rules = try ignore.map(Self.rules) ?? .none
    let diff = try ObjectDiff(live: liveObject, desired: desiredObject, ignoring: rules)
    switch output {
    case .json:
      let paths = diff.paths.map { Node.string($0.description) }
      print(JSON.text(Node(["inSync": .bool(diff.isInSync), "paths": .sequence(paths)])))
    case .text where !diff.isInSync:
      guard let object = desiredObject ?? liveObject else { break }
      print(UnifiedDiff.text(live: diff.live, desired: diff.predicted, name: object.id.description), terminator: "")
    case .text: break
    }
    guard !diff.isInSync else { return }
    StandardError.write(Self.words(diff, (desiredObject ?? liveObject)?.id))
    throw CommandError.silent(.differs)
  }

  private static func words(_ diff: ObjectDiff, _ id: ObjectID?) -> String {
    let name = Visible.text(id?.description ?? "object")
    if diff.live == nil { return "\(name) is still to be created" }
    if diff.predicted == nil { return "\(name) is to be pruned" }
    return "\(name) differs in \(diff.paths.count) \(diff.paths.count == 1 ? "place" : "places")"
  }

  private static func object(_ file: String) throws -> Object {
    let read = ObjectReader.read(try InputFile.read(file), file: file)
    guard !read.diagnostics.contains(where: { $0.severity == .error }) else { throw Diagnostics(read.diagnostics) }
    guard read.objects.count == 1, let object = read.objects.first else {
      throw Diagnostic(
        "diff.one-object", "one object is wanted, there are \(read.objects.count)", at: SourceLocation(file: file))
    }
    return object
  }

  private static func rules(_ file: String) throws -> IgnoreRules {
    let documents = try YAML.parse(try InputFile.read(file), file: file)
    let list = documents.first?["ignoreDifferences"] ?? documents.first ?? .sequence([])
    guard documents.count <= 1, let rules = list.sequence, rules.allSatisfy({ $0.mapping != nil }) else {
      throw Diagnostic(
        "diff.ignore", "a list of rules is wanted under ignoreDifferences", at: SourceLocation(file: file))
    }
    return try IgnoreRules(rules.map(IgnoreDifference.init), file: file)
  }
}
