import Glibc

/// This program again, as the server; it ends when its standard input does, that is, with us.
final class ServerProcess {
  let url: String
  private let process: pid_t
  private let input: Int32

  enum Failure: Error { case cannotStart }

  init() throws {
    var toChild: [Int32] = [0, 0]
    var fromChild: [Int32] = [0, 0]
    guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw Failure.cannotStart }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    for descriptor in toChild + fromChild { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var words: [UnsafeMutablePointer<CChar>?] = [strdup("bench-http"), strdup("serve"), nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    guard posix_spawn(&process, "/proc/self/exe", &actions, nil, &words, environ) == 0 else {
      throw Failure.cannotStart
    }
    close(toChild[0])
    close(fromChild[1])
    self.process = process
    input = toChild[1]
    url = Self.line(fromChild[0])
    close(fromChild[0])
    guard url.hasPrefix("https://") else { throw Failure.cannotStart }
  }

  func stop() {
    close(input)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }

  private static func line(_ descriptor: Int32) -> String {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != 10 { text.append(byte) }
    return String(decoding: text, as: UTF8.self)
  }
}
