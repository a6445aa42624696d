import Glibc

/// Reads of small local files: token files, certificates, kubeconfigs. Injected, so that tests need no disk.
package struct LocalFiles: Sendable {
  package enum Problem: Error, Sendable, Equatable {
    case missing
    case denied
    /// A folder, a pipe, a device.
    case notRegular
    case tooLarge(limit: Int)
    case unreadable(errno: Int32)

    /// Continues a sentence that names the file.
    package var words: String {
      switch self {
      case .missing: "does not exist"
      case .denied: "may not be read by this user"
      case .notRegular: "is not a regular file"
      case .tooLarge(let limit): "is larger than \(limit) bytes"
      case .unreadable(let number): "cannot be read (error \(number))"
      }
    }
  }

  /// The whole file at a path, or why not; never more than `limit` bytes.
  package let read: @Sendable (_ path: String, _ limit: Int) throws(Problem) -> [UInt8]

  package init(read: @escaping @Sendable (_ path: String, _ limit: Int) throws(Problem) -> [UInt8]) {
    self.read = read
  }

  package static let disk = LocalFiles { (path, limit) throws(Problem) in try readFile(path, limit: limit) }

  /// Opens without blocking, so that a pipe nobody writes to is refused instead of waited for.
  private static func readFile(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw problem(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw problem(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = Glibc.read(descriptor, &part, part.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw problem(errno)
      }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw .tooLarge(limit: limit) }
      bytes += part.prefix(count)
    }
  }

  private static func problem(_ number: Int32) -> Problem {
    switch number {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM: .denied
    case EISDIR, ENXIO: .notRegular
    default: .unreadable(errno: number)
    }
  }
}
