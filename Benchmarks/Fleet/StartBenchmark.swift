import ArgumentParser
import BenchmarkSupport
import Foundation

/// How long a command takes that does next to nothing.
struct StartBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Time of a `muster render` of one object, and of a program that does nothing.")

  @OptionGroup var programs: Programs
  @Option var runs = 60

  func run() async throws {
    let workspace = try Workspace()
    defer { workspace.remove() }
    let folder = workspace.root + "/one"
    try workspace.write("resources: [one.yaml]\n", folder + "/kustomization.yaml")
    try workspace.write("{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n", folder + "/one.yaml")
    var render: [Double] = []
    var nothing: [Double] = []
    for _ in 0..<runs {
      render.append(try time(programs.muster, ["render", folder]))
      nothing.append(try time("/bin/true", []))
    }
    var result = Result("start")
    result["renderMs"] = render.quantile(0.5) * 1000
    result["renderBestMs"] = (render.min() ?? .nan) * 1000
    result["nothingMs"] = nothing.quantile(0.5) * 1000
    result.print()
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
