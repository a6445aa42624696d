import ArgumentParser
import BenchmarkSupport
import Foundation
import HTTPClient

/// How long a command takes that does next to nothing.
struct StartBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Time of a `muster render` of one object, and of a program that does nothing.")

  @OptionGroup var programs: Programs
  @Option var runs = 60

  func run() async throws { try await programs.measure(measure) }

  private func measure(_ workspace: Workspace, _ transport: CurlTransport) async throws -> Report {
    let folder = workspace.root + "/one"
    try workspace.write("resources: [one.yaml]\n", folder + "/kustomization.yaml")
    try workspace.write("{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n", folder + "/one.yaml")
    var render: [Double] = []
    var nothing: [Double] = []
    for _ in 0..<runs {
      render.append(try time(programs.muster, ["render", folder]))
      nothing.append(try time("/bin/true", []))
    }
    var report = Report("start")
    report.add("renderMs", render.quantile(0.5) * 1000)
    report.add("renderBestMs", (render.min() ?? .nan) * 1000)
    report.add("nothingMs", nothing.quantile(0.5) * 1000)
    return report
  }

  private func time(_ program: String, _ arguments: [String]) throws -> Double {
    let began = Usage.wall()
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    var process = pid_t()
    guard posix_spawn(&process, program, &actions, nil, &words, environ) == 0 else {
      throw BenchmarkError("\(program) cannot be started")
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    guard status == 0 else { throw BenchmarkError("\(program) ended with \(status)") }
    return Usage.wall() - began
  }
}
