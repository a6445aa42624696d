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

  /// What changes when a file does.
  package struct Stamp: Sendable, Equatable {
    var device: UInt
    var inode: UInt
    var bytes: Int
    /// Of the last change to its content, since 1970.
    var seconds: Int
    var nanoseconds: Int

    package init(device: UInt = 0, inode: UInt = 0, bytes: Int, seconds: Int, nanoseconds: Int = 0) {
      self.device = device
      self.inode = inode
      self.bytes = bytes
      self.seconds = seconds
      self.nanoseconds = nanoseconds
    }
  }

  /// The whole file at a path, or why not; never more than `limit` bytes.
  package let read: @Sendable (_ path: String, _ limit: Int) throws(Problem) -> [UInt8]

  /// Costs less than reading; nil where it is not known, and the file must be read to see whether it changed.
  package let stamp: @Sendable (_ path: String) -> Stamp?

  package init(
    read: @escaping @Sendable (_ path: String, _ limit: Int) throws(Problem) -> [UInt8],
    stamp: @escaping @Sendable (_ path: String) -> Stamp? = { _ in nil }
  ) {
    self.read = read
    self.stamp = stamp
  }

  package static let disk = LocalFiles(
    read: { (path, limit) throws(Problem) in try readFile(path, limit: limit) }, stamp: { stampOf($0) })

  private static func stampOf(_ path: String) -> Stamp? {
    var status = stat()
    guard fstatat(AT_FDCWD, path, &status, 0) == 0 else { return nil }
    return Stamp(
      device: UInt(status.st_dev), inode: UInt(status.st_ino), bytes: Int(status.st_size),
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }

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
