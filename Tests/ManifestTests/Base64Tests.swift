import Manifest
import Testing

struct Base64Tests {
  @Test func encodesAndDecodes() {
    for (plain, text) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ] {
      #expect(Base64.encode(Array(plain.utf8)) == text)
      #expect(Base64.decode(text) == Array(plain.utf8))
    }
    let all = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(all)) == all)
    #expect(Base64.decode("Zm9v\nYg==\n") == Array("foob".utf8))
    for bad in ["Z", "Zg", "Zg=", "Z===", "Zh==", "Zg==Zg==", "Zm9_", "=Zg=", "Zm9v="] {
      #expect(Base64.decode(bad) == nil, "\(bad)")
    }
  }
}
