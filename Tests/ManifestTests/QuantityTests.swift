import Manifest
import Testing

struct QuantityTests {
  @Test func writesTheCanonicalForm() throws {
    for (text, canonical) in [
      ("0", "0"), ("-0", "0"), ("0Ki", "0"), ("1", "1"), ("+1", "1"), ("1000m", "1"), ("0.5", "500m"), (".5", "500m"),
      ("1.", "1"),
      ("100m", "100m"), ("1.5k", "1500"), ("1000k", "1M"), ("1000000", "1M"), ("1500", "1500"), ("0.0001", "100u"),
      ("1n", "1n"), ("0.1n", "1n"), ("1.00000000001", "1000000001n"), ("-1.00000000001", "-1000000001n"),
      ("1Ki", "1Ki"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("0.5Ki", "512"), ("0.5Mi", "512Ki"),
      ("1000Ki", "1000Ki"),
      ("1.1Ki", "1126400m"), ("-1Gi", "-1Gi"), ("12e6", "12e6"), ("1e3", "1e3"), ("1e2", "100"), ("1e4", "10e3"),
      ("12345e-3", "12345e-3"), ("1E3", "1e3"), ("1E", "1E"), ("1000E", "1e21"), ("134217728", "134217728"),
      ("9223372036854775807", "9223372036854775807"), ("16Ei", "9223372036854775807"), ("1e-999999999", "1e-9"),
      ("1e999999999", "1e999999999"), ("1e1000000000", "10e999999999"), ("0e999999999", "0"), ("001", "1"),
      ("0.1Ki", "102400m"),
      ("999999999.9999999999", "1G"),
    ] {
      #expect(Quantity(text)?.canonical == canonical, "\(text)")
      if let quantity = Quantity(text) { #expect(Quantity(quantity.canonical) == quantity, "\(text)") }
    }
  }

  @Test func comparesAmounts() throws {
    for (a, b) in [
      ("1Gi", "1024Mi"), ("1000m", "1"), ("128Mi", "134217728"), ("1e3", "1k"), ("0.5", "500m"), ("0", "-0"),
      ("2000000u", "2"),
    ] {
      #expect(Quantity(a) == Quantity(b), "\(a) \(b)")
    }
    let ascending = [
      "-1e9", "-1", "-1n", "0", "1e-999999999", "2n", "1m", "0.5", "1", "1.000000001", "1k", "1Ki", "1M", "1Mi", "1E",
      "1e999",
    ]
    for (a, b) in zip(ascending, ascending.dropFirst()) {
      let (a, b) = (try #require(Quantity(a)), try #require(Quantity(b)))
      #expect(a < b && !(b < a) && a != b, "\(a) \(b)")
    }
  }

  @Test func refusesOtherTexts() {
    for text in [
      "", " 1", "1 ", "m", ".", "-", "1.2.3", "1kk", "1K", "1ki", "1e", "1e+", "1e1.5", "1e99999999999", "0x1", "1,5",
      "--1",
      "NaN", "1Mi2", "ten", String(repeating: "9", count: 300),
    ] {
      #expect(Quantity(text) == nil, "\(text.prefix(20))")
    }
  }

  @Test func readsNodes() {
    #expect(Quantity(Node(2))?.canonical == "2")
    #expect(Quantity(Node(0.25))?.canonical == "250m")
    #expect(Quantity(Node("1Gi"))?.canonical == "1Gi")
    #expect(Quantity(Node(.double(.infinity))) == nil)
    #expect(Quantity(Node(true)) == nil)
  }
}
