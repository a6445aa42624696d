import Manifest

/// The short name of a Pod template, as it stands in the names of what controllers make of it.
enum RevisionHash {
  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

  static func text(of template: Node) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in JSON.write(template, .init(sortsKeys: true)) {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    var text: [UInt8] = []
    for _ in 0..<10 {
      text.append(alphabet[Int(hash % UInt64(alphabet.count))])
      hash /= UInt64(alphabet.count)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
