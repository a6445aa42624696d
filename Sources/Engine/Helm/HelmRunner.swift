import Fleet
import Foundation
import Kubernetes
import Kustomize
import Manifest

/// Runs helm, each time in a workspace of its own and within bounds of time, memory and output.
struct HelmRunner: Sendable {
  let settings: HelmSettings
  private let access: GitAccessProvider
  private let runner = ProcessRunner()
  private let width: RequestWidth

  init(settings: HelmSettings, access: @escaping GitAccessProvider) {
    self.settings = settings
    self.access = access
    width = RequestWidth(settings.width)
  }

  /// `v3.17.0+g301108e`
  /// - Parameter need: what it is needed for, where it is not there.
  /// - Throws: ``Failure`` `helm.not-installed`, `helm.version`, ….
  func version(need: String) async throws -> String {
    try await HelmWorkspace.with { workspace in
      let result = try await run(["version", "--short"], workspace, in: workspace.path, need: need)
      let text = String(decoding: result.output, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
      guard result.succeeded, let text, text.hasPrefix("v"), !text.hasPrefix("v2.") else {
        throw failure("helm.version", "'helm version --short' says no version that can be used", result, [])
      }
      return String(text)
    }
  }

  // MARK: Templates

  /// Renders a plan; fetches the chart's dependencies when helm misses them.
  /// - Throws: ``Diagnostics`` where the chart is at fault, ``Failure`` where the world is.
  func template(_ plan: HelmPlan, _ joined: any FileTree) async throws -> Rendering {
    try await width.run {
      try await HelmWorkspace.with { workspace in
        let limit = settings.chartBytes
        try await RenderThreads.shared.run { try workspace.extract(plan, from: joined, limit: limit) }
        let arguments = plan.template.arguments(root: workspace.tree, valuesFile: workspace.valuesFile)
        let folder = workspace.tree + "/" + plan.chart.text
        let need = need(plan)
        var result = try await run(arguments, workspace, in: folder, need: need)
        if !result.succeeded, Self.missesDependencies(result.errorText) {
          try await fetchDependencies(plan, workspace, folder)
          result = try await run(arguments, workspace, in: folder, need: need)
        }
        guard result.succeeded else {
          throw Diagnostics(
            Diagnostic(
              "helm.template-failed", "helm cannot render the chart",
              at: SourceLocation(file: plan.display), notes: [.init(words(result, workspace, []))]))
        }
        let output = result.output
        return try await RenderThreads.shared.run { try HelmOutput.rendering(output, display: plan.display) }
      }
    }
  }

  /// helm tells it by words only (Argo CD, util/helm IsMissingDependencyErr).
  private static func missesDependencies(_ text: String) -> Bool {
    text.contains("found in Chart.yaml, but missing in charts/ directory")
      || text.contains("found in requirements.yaml, but missing in charts")
  }

  private func fetchDependencies(_ plan: HelmPlan, _ workspace: HelmWorkspace, _ folder: String) async throws {
    var entries: [HelmRepositories.Entry] = []
    var hosts: [String: GitAccess] = [:]
    var secrets: [String] = []
    for (position, repository) in plan.repositories.enumerated() where repository.contains("://") {
      guard let reference = Self.reference(repository) else { continue }
      let access = try await access(reference.address).completed(for: reference.address)
      secrets += HelmRepositories.secrets(of: access)
      if reference.isOCI {
        hosts[reference.host] = access
      } else {
        entries.append(
          .init(
            name: "dependency-\(position)", url: reference.repository, access: access,
            passesCredentials: plan.passesCredentials))
      }
    }
    try HelmWorkspace.write(HelmRepositories.list(entries), to: workspace.repositoryList)
    try HelmWorkspace.write(HelmRepositories.registry(hosts), to: workspace.registryConfiguration)
    let result = try await runWatched(["dependency", "build"], workspace, in: folder, need: need(plan))
    guard result.succeeded else {
      throw failure(
        "helm.dependencies", "the dependencies of the chart '\(plan.display)' cannot be fetched", result, secrets,
        workspace)
    }
  }

  private static func reference(_ repository: String) -> HelmChartReference? {
    var node = Mapping()
    node["repoURL"] = .string(repository)
    node["chart"] = .string("dependency")
    node["targetRevision"] = .string("*")
    return try? HelmChartReference(ApplicationSource(.mapping(node)))
  }

  private func need(_ plan: HelmPlan) -> String { "'\(plan.display)' is a chart" }

  // MARK: Charts

  /// Fetches a chart.
  /// - Throws: ``Failure`` `helm.pull`, `helm.chart-too-large`, ….
  func pull(_ chart: HelmChartReference) async throws -> PulledChart {
    let access = try await access(chart.address).completed(for: chart.address)
    let secrets = HelmRepositories.secrets(of: access)
    return try await width.run {
      try await HelmWorkspace.with { workspace in
        let isListed = !chart.isOCI && !secrets.isEmpty
        let entry = HelmRepositories.Entry(
          name: HelmChartReference.repositoryName, url: chart.repository, access: access,
          passesCredentials: chart.passesCredentials)
        if isListed { try HelmWorkspace.write(HelmRepositories.list([entry]), to: workspace.repositoryList) }
        if chart.isOCI, !secrets.isEmpty {
          try HelmWorkspace.write(HelmRepositories.registry([chart.host: access]), to: workspace.registryConfiguration)
        }
        let pull = chart.pullArguments(into: workspace.download, isListed: isListed, access: access)
        for arguments in (isListed ? [["repo", "update"]] : []) + [pull] {
          let result = try await runWatched(
            arguments, workspace, in: workspace.path, need: "the chart \(chart.description) is to be fetched")
          guard result.succeeded else {
            throw failure("helm.pull", "the chart \(chart.description) cannot be fetched", result, secrets, workspace)
          }
        }
        let settings = settings
        return try await RenderThreads.shared.run {
          try PulledChart(chart, in: workspace.download + "/chart", settings)
        }
      }
    }
  }

  // MARK: Runs

  private func run(
    _ arguments: [String], _ workspace: HelmWorkspace, in folder: String, need: String
  ) async throws -> CommandResult {
    var command = Command(
      settings.program.map { .path($0) } ?? .named("helm"), arguments,
      environment: workspace.environment(settings), workingDirectory: folder, outputLimit: settings.outputBytes,
      deadline: settings.deadline)
    command.memoryLimit = settings.memoryBytes
    command.fileLimit = settings.chartBytes
    do {
      return try await runner.run(command)
    } catch let failure as Failure {
      throw Self.worded(failure, need)
    }
  }

  /// Stopped when the workspace grows too large: what it fetches may be a bomb.
  private func runWatched(
    _ arguments: [String], _ workspace: HelmWorkspace, in folder: String, need: String
  ) async throws -> CommandResult {
    // The archive, what it unpacks to, and an index of the repository.
    let limit = settings.chartBytes * 3
    return try await withThrowingTaskGroup(of: CommandResult.self) { group in
      group.addTask { try await run(arguments, workspace, in: folder, need: need) }
      group.addTask {
        while true {
          try await Task.sleep(for: .milliseconds(200))
          guard workspace.size(limit: limit) <= limit else {
            throw Failure(
              "helm.chart-too-large", subject: "helm", stage: "fetch",
              "what helm fetches takes more than \(limit) bytes: \(need)", retry: .backOff)
          }
        }
      }
      defer { group.cancelAll() }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }

  // MARK: Words

  private static func worded(_ failure: Failure, _ need: String) -> Failure {
    var failure = failure
    failure.subject = "helm"
    failure.stage = "render"
    switch failure.code {
    case "process.not-found":
      failure.code = "helm.not-installed"
      failure.message =
        "helm is not installed, but \(need): install helm 3 in the hub's PATH, or give its path in MUSTER_HELM"
    case "process.deadline":
      failure.code = "helm.timeout"
      failure.message = "helm \(failure.message), and was stopped: \(need)"
    case "process.output-limit":
      failure.code = "helm.output-limit"
      failure.message = "helm \(failure.message), and was stopped: \(need)"
    default:
      failure.code = "helm.not-started"
      failure.message = "helm \(failure.message): \(need)"
    }
    return failure
  }

  private func failure(
    _ code: String, _ message: String, _ result: CommandResult, _ secrets: [String], _ workspace: HelmWorkspace? = nil
  ) -> Failure {
    Failure(
      code, subject: "helm", stage: "render", message, retry: .backOff, cause: words(result, workspace, secrets))
  }

  /// helm's last words, without secrets and without the names of temporary folders.
  private func words(_ result: CommandResult, _ workspace: HelmWorkspace?, _ secrets: [String]) -> String {
    var text = result.errorText
    if let workspace {
      text = text.replacing(workspace.tree + "/" + HelmPlanner.ownMount.text + "/", with: "")
      text = text.replacing(workspace.path + "/", with: "")
    }
    for secret in secrets where !secret.isEmpty { text = text.replacing(secret, with: "<redacted>") }
    // Its last line is the error; what stands before are warnings, but for an error of several lines.
    let start = text.range(of: "Error: ", options: .backwards)?.lowerBound ?? text.startIndex
    let line = String(text[start...].prefix(2_000)).replacing("\n", with: " ")
    let shown = GitFailure.shown(line.trimmingCharacters(in: .whitespaces), secrets: secrets)
    return shown.isEmpty ? "helm ended with \(result.endingText)" : shown
  }
}
