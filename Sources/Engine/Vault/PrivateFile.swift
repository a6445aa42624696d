import Glibc
import Manifest

/// Files that only the hub's user may read.
enum PrivateFile {
  /// Creates `path` with mode 0600, whatever the umask, and writes it to disk before returning.
  /// - Throws: ``Failure`` `file.exists` when there is one already, `file.not-written`.
  static func create(_ path: String, bytes: [UInt8]) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw failure(errno == EEXIST ? "file.exists" : "file.not-written", path, "cannot be created", errno)
    }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let reason = errno
        unlink(path)
        throw failure("file.not-written", path, "cannot be written", reason)
      }
      rest = rest.dropFirst(written)
    }
    guard fchmod(file, 0o600) == 0, fsync(file) == 0 else {
      throw failure("file.not-written", path, "cannot be written", errno)
    }
  }

  /// Puts a new private file in the place of `path`, or of nothing, in one step.
  static func replace(_ path: String, bytes: [UInt8]) throws {
    let temporary = path + ".new"
    unlink(temporary)
    try create(temporary, bytes: bytes)
    guard rename(temporary, path) == 0 else { throw failure("file.not-written", path, "cannot be replaced", errno) }
  }

  /// The bytes of a file that nobody else may read; nil when there is none.
  /// - Throws: ``Failure`` `file.mode-too-wide`, `file.not-read`.
  static func read(_ path: String, limit: Int) throws -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("file.not-read", path, "cannot be opened", errno)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure("file.not-read", path, "cannot be read", errno) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else {
      throw Failure(
        "file.mode-too-wide", subject: "file \(path)", stage: "read",
        "is readable by others; run 'chmod 600' on it, and replace what it holds if it was seen", retry: .never)
    }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure("file.not-read", path, "cannot be read", errno) }
      if got == 0 { break }
      count += got
    }
    guard count <= limit else { throw failure("file.not-read", path, "is larger than \(limit) bytes", 0) }
    return Array(bytes.prefix(count))
  }

  private static func failure(_ code: String, _ path: String, _ message: String, _ reason: Int32) -> Failure {
    Failure(
      code, subject: "file \(path)", stage: "access", message, retry: .never,
      cause: reason == 0 ? nil : String(cString: strerror(reason)))
  }
}
