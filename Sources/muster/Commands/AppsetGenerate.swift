import ArgumentParser
import Engine
import Fleet
import Manifest

/// `muster appset generate FILE --clusters DIR`: prints the Applications that an ApplicationSet makes, without a hub.
struct AppsetGenerate: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case json, yaml
  }

  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Prints the Applications that an ApplicationSet makes.",
    discussion: """
      Reads one ApplicationSet from FILE; further documents there are what its generators refer to. No cluster is \
      contacted; Git repositories, plugins and hosting services are, where a generator names them.
      """)

  @Argument(help: "File with one ApplicationSet.")
  var file: String

  @Option(help: "Folder with the clusters' manifests.")
  var clusters: String?

  @Option(name: .customLong("allow-host"), help: "Hosts that generators may ask over HTTP; all where none is named.")
  var allowedHosts: [String] = []

  @Option(name: .shortAndLong, help: "json: an array sorted by name; yaml: a stream.")
  var output: Format = .json

  mutating func run() async throws {
    let declared = FleetContents.read([FleetFile(name: file, bytes: try InputFile.read(file))])
    let set = try one(declared)
    var inputs = ExpansionInputs(
      registry: try clusters.map(Self.registry), objects: declared.known.others, zones: TimeZones.installed)
    let expander = ApplicationSetExpander(set)
    let expansion = try await OutsideAccess.answer(&inputs, allowedHosts: allowedHosts) { expander.expand($0) }
    try Self.refuse(expansion.applications)
    print(Self.text(expansion.applications.known, output))
  }

  private func one(_ declared: Answer<FleetContents>) throws -> ApplicationSet {
    if case .incomplete(let incomplete) = declared { throw CommandError.diagnostics(incomplete.diagnostics) }
    Self.warn(declared.diagnostics)
    let contents = declared.known
    guard let set = contents.applicationSets.first else {
      let kinds = contents.others.compactMap { $0["kind"]?.string }.prefix(3).joined(separator: ", ")
      throw CommandError.message(
        "\(file) holds no ApplicationSet" + (kinds.isEmpty ? "" : " but \(kinds)"), exit: .usage)
    }
    guard contents.applicationSets.count == 1 else {
      throw CommandError.message("\(file) holds \(contents.applicationSets.count) ApplicationSets", exit: .usage)
    }
    return set
  }

  /// Clusters that claim one name are no error here, only destinations that go by it.
  private static func registry(_ folder: String) throws -> Registry {
    let answer = FleetContents.read(
      try InputFile.expand([folder]).map { FleetFile(name: $0, bytes: try InputFile.read($0)) })
    let conflicts = answer.known.registry.conflicts
    let errors = answer.diagnostics.filter { $0.severity == .error && !conflicts.contains($0) }
    guard errors.isEmpty else { throw CommandError.diagnostics(errors) }
    warn(answer.diagnostics.filter { $0.severity == .warning } + conflicts.map(\.asWarning))
    return answer.known.registry
  }

  private static func refuse(_ answer: Answer<[Application]>) throws {
    if case .incomplete(let incomplete) = answer {
      if !incomplete.diagnostics.isEmpty { throw CommandError.diagnostics(incomplete.diagnostics) }
      if let failure = incomplete.failures.first { throw CommandError.failure(failure, exit: .usage) }
    }
    warn(answer.diagnostics)
  }

  private static func warn(_ diagnostics: [Diagnostic]) {
    if !diagnostics.isEmpty { StandardError.write(Report.text(for: diagnostics)) }
  }

  private static func text(_ applications: [Application], _ format: Format) -> String {
    let nodes = applications.map { Node.mapping($0.root) }
    return switch format {
    case .json: JSON.text(.sequence(nodes), JSON.WriteOptions(indent: 2))
    case .yaml: nodes.map { YAMLWriter.text(of: $0) }.joined(separator: "---\n")
    }
  }
}

extension Diagnostic {
  fileprivate var asWarning: Diagnostic {
    var warning = self
    warning.severity = .warning
    return warning
  }
}
