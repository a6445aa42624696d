import Glibc

/// Data for programs, unbuffered; nothing but data goes there.
enum StandardOutput {
  static func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written <= 0 && errno != EINTR { return }
      rest = rest.dropFirst(max(written, 0))
    }
  }
}
