/// Bytes at one address for as long as this lives, for libcurl to read without copying.
final class PinnedBytes {
  private let buffer: UnsafeMutableRawBufferPointer

  init(_ bytes: [UInt8]) {
    buffer = .allocate(byteCount: max(1, bytes.count), alignment: 1)
    buffer.copyBytes(from: bytes)
    count = bytes.count
  }

  deinit {
    // It may have been a key.
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  let count: Int
  var address: UnsafeMutableRawPointer? { buffer.baseAddress }
}
