import Glibc

/// Why a program at the other end of a channel does not answer.
enum ChannelError: Error, Sendable {
  case notStarted(reason: String)
  /// It ended or broke its protocol.
  case ended
  case deadline
}

/// A long-lived program that is asked on its standard input and answers on its standard output, synchronously.
///
/// Spawned by hand and not by Subprocess, because its readers are synchronous: they run on threads of their own and must
/// not wait for the cooperative pool. It ends by itself when our end of the channel closes, a killed hub's included.
///
/// Not Sendable: whoever owns it asks from one place at a time. After a throw it is of no more use.
final class ChannelProcess {
  let processID: pid_t
  private let channel: Int32
  private var buffer: [UInt8] = []
  private var position = 0

  /// Never waits in the call itself, which knows of no deadline.
  private static let sending = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)

  /// - Parameters:
  ///   - program: a name to look up in `PATH`, or a path.
  ///   - arguments: the program's own name first.
  init(_ program: String, _ arguments: [String], environment: [String: String]) throws(ChannelError) {
    var ends: [Int32] = [-1, -1]
    // A socket pair, for it is closed on exec from the start, and serves both directions.
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .notStarted(reason: String(cString: strerror(errno))) }
    channel = ends[0]
    let spawned = Self.spawn(program, arguments, environment: environment, channel: ends[1])
    close(ends[1])
    switch spawned {
    case .success(let pid): processID = pid
    case .failure(let error):
      processID = 0
      throw error
    }
  }

  deinit {
    close(channel)
    guard processID > 0 else { return }
    kill(processID, SIGKILL)
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0, errno == EINTR {}
  }

  func send(_ bytes: [UInt8], _ deadline: ContinuousClock.Instant) throws(ChannelError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      try wait(for: Int16(POLLOUT), deadline)
      let written = rest.withUnsafeBytes { Glibc.send(channel, $0.baseAddress, $0.count, Self.sending) }
      if written < 0, errno == EINTR || errno == EAGAIN { continue }
      guard written > 0 else { throw .ended }
      rest = rest.dropFirst(written)
    }
  }

  /// The next line, without its end.
  func line(limit: Int, _ deadline: ContinuousClock.Instant) throws(ChannelError) -> [UInt8] {
    while true {
      if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return Array(buffer[position..<end])
      }
      guard buffer.count - position < limit else { throw .ended }
      try fill(deadline)
    }
  }

  func take(_ count: Int, _ deadline: ContinuousClock.Instant) throws(ChannelError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      if position == buffer.count { try fill(deadline) }
      let part = buffer[position..<min(buffer.count, position + count - bytes.count)]
      bytes.append(contentsOf: part)
      position = part.endIndex
    }
    return bytes
  }

  func skip(_ count: Int, _ deadline: ContinuousClock.Instant) throws(ChannelError) {
    var left = count
    while left > 0 {
      if position == buffer.count { try fill(deadline) }
      let part = min(left, buffer.count - position)
      position += part
      left -= part
    }
  }

  private func fill(_ deadline: ContinuousClock.Instant) throws(ChannelError) {
    if position > 0 {
      buffer.removeFirst(position)
      position = 0
    }
    while true {
      try wait(for: Int16(POLLIN), deadline)
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      let got = chunk.withUnsafeMutableBytes { Glibc.read(channel, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { throw .ended }
      buffer.append(contentsOf: chunk.prefix(got))
      return
    }
  }

  private func wait(for events: Int16, _ deadline: ContinuousClock.Instant) throws(ChannelError) {
    while true {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { throw .deadline }
      let milliseconds =
        min(left.components.seconds, 3_600) * 1_000 + 1 + left.components.attoseconds / 1_000_000_000_000_000
      var request = pollfd(fd: channel, events: events, revents: 0)
      let ready = poll(&request, 1, Int32(milliseconds))
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw .ended }
    }
  }
}

extension ChannelProcess {
  /// In a process group of its own, so that an interrupt at the terminal is the hub's alone to handle.
  private static func spawn(
    _ program: String, _ arguments: [String], environment: [String: String], channel: Int32
  ) -> Result<pid_t, ChannelError> {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, channel, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, channel, STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    for file in openFiles() where file > STDERR_FILENO { posix_spawn_file_actions_addclose(&actions, file) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let words = CStrings(arguments)
    let variables = CStrings(environment.map { "\($0)=\($1)" }.sorted())
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, program, &actions, &attributes, words.pointers, variables.pointers)
    guard code == 0 else { return .failure(.notStarted(reason: String(cString: strerror(code)))) }
    return .success(pid)
  }
}

extension ChannelProcess {
  /// What a child would inherit. Servers' listening sockets are among it, and a child that outlives the hub, if only by a
  /// moment, would hold the hub's address. A file that is closed by the time of the spawn does no harm.
  private static func openFiles() -> [Int32] {
    guard let directory = opendir("/proc/self/fd") else { return [] }
    defer { closedir(directory) }
    var files: [Int32] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if let file = Int32(name) { files.append(file) }
    }
    return files
  }
}

/// A null-terminated array of C strings.
private final class CStrings {
  let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [String]) { pointers = texts.map { strdup($0) } + [nil] }

  deinit { for pointer in pointers { free(pointer) } }
}
