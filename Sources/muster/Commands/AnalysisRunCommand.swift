import ArgumentParser
import Engine
import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Manifest

/// `muster analysis run`: one analysis against real servers, by hand.
struct AnalysisRunCommand: AsyncParsableCommand {
  enum Output: String, ExpressibleByArgument, CaseIterable { case text, json }

  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs an analysis and shows its measurements.",
    usage: "muster analysis run <files> ... [--arg <name=value> ...] [<options>]",
    discussion: """
      FILE holds an AnalysisRun, or templates; templates may refer to others in the same files. Nothing is written to a \
      cluster, except that metrics of the provider job run Jobs in the one that --context or --kubeconfig names. On a \
      terminal the measurements are a live chart; elsewhere each is a line. Prometheus metrics without an address use \
      ARGO_ROLLOUTS_PROMETHEUS_ADDRESS. Exit code 0 when it is Successful, 4 when it Failed or ended in an Error, 6 when \
      it is Inconclusive or timed out.
      """)

  @Argument(help: "Files or directories; '-' is standard input.")
  var files: [String]

  @Option(help: ArgumentHelp("A value for an argument.", valueName: "name=value"))
  var arg: [String] = []

  @Option(help: ArgumentHelp("A value for an argument from a file; it is shown nowhere.", valueName: "name=file"))
  var argFile: [String] = []

  @Option(help: "The template to run; several are merged.")
  var template: [String] = []

  @Option(help: "Ends the run after this long, as the promotion of a rollout does; for metrics without a count.")
  var `for`: String?

  @Option(help: "Gives up after this long.")
  var timeout: String?

  @Option(help: "The kubeconfig of the cluster that Jobs run in; else KUBECONFIG, where --context is given.")
  var kubeconfig: String?

  @Option(help: "The context in it; else the current one.")
  var context: String?

  @Option(help: "The namespace that Jobs run in; else that of the context.")
  var namespace: String?

  @Option(name: .shortAndLong, help: "text, or json: the status at the end, as an AnalysisRun has it.")
  var output: Output = .text

  func run() async throws {
    let read = AnalysisFiles.read(files)
    guard !read.problems.contains(where: { $0.severity == .error }) else {
      throw CommandError.diagnostics(read.problems)
    }
    if !read.problems.isEmpty { StandardError.write(Report.text(for: read.problems)) }
    let (chosen, file) = try AnalysisChoice(read.manifests, templates: template).spec()
    let given = try GivenArguments(texts: arg, files: argFile)
    let (spec, secrets) = try given.filled(chosen, file: file)
    let lifetime = try `for`.map { try DurationText.seconds($0, "--for") }
    let limit = try timeout.map { try DurationText.seconds($0, "--timeout") }
    if lifetime == nil, limit == nil { try Self.requireEnd(spec, file) }
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let jobs = try jobPlace(for: spec, transport)
    let runner = AnalysisRunner(
      source: MetricSource(
        transport: transport,
        defaultPrometheus: ProcessInfo.processInfo.environment["ARGO_ROLLOUTS_PROMETHEUS_ADDRESS"] ?? "", jobs: jobs),
      secrets: secrets)
    let view = AnalysisView(isSilent: output == .json)
    let owner = AnalysisOwner(name: "by-hand", uid: UUID().uuidString.lowercased())
    let status = await Self.withTimeout(limit) {
      await runner.run(spec, file: file, owner: owner, lifetime: lifetime, givesUp: true) { await view.show($0) }
    }
    await view.finish(status)
    if output == .json { print(JSON.text(status.node, .init(indent: 2))) }
    try Self.conclude(status, limit: timeout)
  }

  /// Where Jobs are made; nil where no metric is one.
  private func jobPlace(for spec: AnalysisSpec, _ transport: any Transport) throws -> JobPlace? {
    guard let metric = spec.metrics.first(where: { $0["provider"]?["job"]?.mapping != nil }) else { return nil }
    guard kubeconfig != nil || context != nil else {
      throw CommandError.message(
        "metric '\(Visible.text(metric["name"]?.string ?? ""))' is a Job, and no cluster is named to run it in",
        help: "give --context NAME or --kubeconfig FILE, and --namespace NAME where it is not the context's",
        exit: .usage)
    }
    let paths = kubeconfig.map { [$0] } ?? Kubeconfig.defaultPaths(environment: ProcessInfo.processInfo.environment)
    let chosen = try Kubeconfig.load(paths: paths).context(context, in: AccessEnvironment(commands: ProcessRunner()))
    let provider = JobProvider(
      client: KubernetesClient(access: chosen.access, transport: transport, userAgent: "muster/" + Version.text),
      namespace: namespace ?? chosen.namespace ?? "default")
    return { _ in provider }
  }

  private static func conclude(_ status: AnalysisStatus, limit: String?) throws {
    let reason = status.message.isEmpty ? "" : ": " + Visible.text(status.message)
    switch status.phase {
    case .successful: return
    case .failed, .error:
      throw CommandError.message("the analysis ended \(status.phase.rawValue)\(reason)", exit: .gate)
    case .inconclusive:
      throw CommandError.message(
        "the analysis is Inconclusive\(reason)", help: "a person decides: it neither passed nor failed", exit: .timeout)
    case .pending, .running:
      throw CommandError.message("the analysis is not done after \(limit ?? "the given time")", exit: .timeout)
    }
  }

  /// The status as it is when the time is over.
  private static func withTimeout(
    _ seconds: Double?, _ body: @escaping @Sendable () async -> AnalysisStatus
  ) async -> AnalysisStatus {
    guard let seconds else { return await body() }
    return await withTaskGroup(of: AnalysisStatus?.self) { group in
      group.addTask { await body() }
      group.addTask {
        try? await Task.sleep(for: .milliseconds(Int64(seconds * 1000)))
        return nil
      }
      var status = await group.next() ?? nil
      group.cancelAll()
      // The cancelled run gives its last status.
      if status == nil { status = await group.next() ?? nil }
      return status ?? AnalysisStatus()
    }
  }

  /// A metric that nothing ends would run for ever.
  private static func requireEnd(_ spec: AnalysisSpec, _ file: String) throws {
    var values: [String: String] = [:]
    for argument in spec.args { if case .value(let value) = argument.source { values[argument.name] = value } }
    for template in spec.metrics {
      guard let metric = try? Metric(template, arguments: values, file: file), metric.limits.effectiveCount == nil,
        metric.limits.consecutiveSuccessLimit == 0
      else { continue }
      throw CommandError.message(
        "metric '\(Visible.text(metric.name))' has an interval and no count: it would go on for ever",
        help: "end the run with --for 5m, as the promotion of a rollout would", exit: .usage)
    }
  }
}

/// Which analysis of the files is meant.
private struct AnalysisChoice {
  private let manifests: [AnalysisManifest]
  private let names: [String]

  init(_ manifests: [AnalysisManifest], templates: [String]) {
    self.manifests = manifests
    names = templates
  }

  /// - Returns: what to run, and the file to name in messages.
  func spec() throws -> (AnalysisSpec, file: String) {
    let templates = manifests.filter { $0.kind != .run }
    let runs = manifests.filter { $0.kind == .run }
    if names.isEmpty, runs.count == 1, let run = runs.first { return (run.spec, run.origin.file) }
    let references = try names.isEmpty ? [only(templates, runs)] : names.map { try find($0, templates) }
    let file = templates.first { $0.reference == references.first }?.origin.file ?? "-"
    let known = templates.first { $0.reference == references.first }
    // Arguments are looked at when those of the command line are in.
    let spec = try AnalysisAssembly(templates).spec(
      from: references, arguments: [], allowsOpenArguments: true, at: known?.origin ?? SourceLocation(file: file))
    return (spec, file)
  }

  private func only(_ templates: [AnalysisManifest], _ runs: [AnalysisManifest]) throws -> AnalysisTemplateReference {
    guard templates.count == 1, runs.isEmpty, let template = templates.first else {
      let names = manifests.map { Visible.text($0.name) }.sorted().joined(separator: ", ")
      throw CommandError.message(
        manifests.isEmpty
          ? "there is no analysis in these files" : "there are \(manifests.count) analyses in these files",
        help: manifests.isEmpty ? nil : "choose with --template: \(names)", exit: .usage)
    }
    return template.reference
  }

  private func find(_ name: String, _ templates: [AnalysisManifest]) throws -> AnalysisTemplateReference {
    guard let template = templates.first(where: { $0.name == name }) else {
      let near = NearestName.of(name, among: templates.map(\.name).sorted())
      throw CommandError.message(
        "there is no template '\(Visible.text(name))' in these files", help: near.map { "did you mean '\($0)'?" },
        exit: .usage)
    }
    return template.reference
  }
}

/// Arguments of the command line.
private struct GivenArguments {
  private var texts: [String: String] = [:]
  private var hidden: [String: Redacted<String>] = [:]

  init(texts: [String], files: [String]) throws {
    for pair in texts {
      let (name, value) = try Self.split(pair, "--arg", "name=value")
      self.texts[name] = value
    }
    for pair in files {
      let (name, path) = try Self.split(pair, "--arg-file", "name=file")
      let bytes = try InputFile.read(path)
      guard bytes.count <= 1 << 20 else {
        throw CommandError.message("the value of '\(Visible.text(name))' has more than 1 MiB", exit: .usage)
      }
      var value = String(decoding: bytes, as: UTF8.self)
      if value.hasSuffix("\n") { value.removeLast() }
      hidden[name] = Redacted(value)
    }
  }

  private static func split(_ pair: String, _ option: String, _ form: String) throws -> (String, String) {
    guard let mark = pair.firstIndex(of: "="), mark > pair.startIndex else {
      throw CommandError.message("\(option) is written \(form)", exit: .usage)
    }
    return (String(pair[..<mark]), String(pair[pair.index(after: mark)...]))
  }

  /// The arguments with these values, and where the hidden ones are read.
  func filled(_ spec: AnalysisSpec, file: String) throws -> (AnalysisSpec, SecretLookup) {
    let declared = spec.args.map(\.name)
    for name in Array(texts.keys) + Array(hidden.keys) where !declared.contains(name) {
      let known = declared.isEmpty ? "it declares none" : "it declares " + declared.sorted().joined(separator: ", ")
      throw CommandError.message(
        "the analysis has no argument '\(Visible.text(name))'", help: Visible.text(known), exit: .usage)
    }
    var spec = spec
    var values: [String: Redacted<String>] = [:]
    for index in spec.args.indices {
      let argument = spec.args[index]
      if let value = try value(of: argument) {
        spec.args[index].source = .secret(name: "argument", key: argument.name)
        values[argument.name] = value
      } else if let text = texts[argument.name] {
        spec.args[index].source = .value(text)
      } else if let problem = Self.problem(argument, file) {
        throw problem
      }
    }
    let secrets = values
    return (
      spec,
      { _, key in
        guard let value = secrets[key] else {
          throw Failure(
            "analysis.secret", subject: key, stage: "arguments", "there is no value for '\(key)'", retry: .never)
        }
        return value
      }
    )
  }

  /// A value that must not be shown: from a file, or one that belongs in a Secret.
  private func value(of argument: AnalysisArgument) throws -> Redacted<String>? {
    if let value = hidden[argument.name] { return value }
    if case .secret = argument.source { return texts[argument.name].map(Redacted.init) }
    return nil
  }

  private static func problem(_ argument: AnalysisArgument, _ file: String) -> CommandError? {
    let name = Visible.text(argument.name)
    switch argument.source {
    case .value: return nil
    case .none: return .message("argument '\(name)' has no value", help: "give --arg \(name)=VALUE", exit: .usage)
    case .secret(let secret, let key):
      return .message(
        "argument '\(name)' comes from key '\(Visible.text(key))' of Secret '\(Visible.text(secret))', which is not read here",
        help: "give --arg-file \(name)=FILE", exit: .usage)
    case .field(let path):
      return .message(
        "argument '\(name)' comes from field '\(Visible.text(path))' of a rollout", help: "give --arg \(name)=VALUE",
        exit: .usage)
    }
  }
}
