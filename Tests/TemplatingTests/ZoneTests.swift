import Testing

@testable import Templating

@Suite struct ZoneTests {
  @Test func rulesForEveryYear() throws {
    let table: [(String, Int64, Int64, String)] = [
      ("CET-1CEST,M3.5.0,M10.5.0/3", 1_720_051_200, 7200, "CEST"),
      ("CET-1CEST,M3.5.0,M10.5.0/3", 4_720_000_000, 7200, "CEST"),
      ("CET-1CEST,M3.5.0,M10.5.0/3", 1_711_846_799, 3600, "CET"),
      ("CET-1CEST,M3.5.0,M10.5.0/3", 1_711_846_800, 7200, "CEST"),
      ("CET-1CEST,M3.5.0,M10.5.0/3", 1_729_990_800, 3600, "CET"),
      ("EST5EDT,M3.2.0,M11.1.0", 1_720_000_000, -14_400, "EDT"),
      ("<-03>3", 1_720_000_000, -10_800, "-03"), ("IST-5:30", 0, 19_800, "IST"),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", 1_704_067_200, 39_600, "AEDT"),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", 1_720_000_000, 36_000, "AEST"),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_720_000_000, 3600, "IST"), ("XXX3YYY,J60/0,J300", 1_709_251_199, -10_800, "XXX"),
    ]
    for (text, seconds, offset, name) in table {
      let local = try #require(ZoneRule(text)).local(at: seconds)
      #expect(local.offset == offset && local.name == name, "\(text) at \(seconds): \(local)")
    }
    for bad in ["", "AB1", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "<ab"] {
      #expect(ZoneRule(bad) == nil, "\(bad)")
    }
  }

  /// A file with one change, from LMT to a rule.
  private var file: [UInt8] {
    func word(_ value: Int64, _ size: Int) -> [UInt8] {
      (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
    }
    let names = Array("LMT\0CET\0".utf8)
    func block(_ wordSize: Int) -> [UInt8] {
      Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
        + [0, 0, 0, 1, 2, Int64(names.count)].flatMap { word($0, 4) } + word(-1000, wordSize) + [1]
        + word(3208, 4) + [0, 0] + word(3600, 4) + [0, 4] + names
    }
    return block(4) + block(8) + Array("\nCET-1CEST,M3.5.0,M10.5.0/3\n".utf8)
  }

  @Test func files() throws {
    let zone = try #require(ZoneFile(file))
    #expect(zone.local(at: -2000) == ZoneFile.Local(offset: 3208, isDaylight: false, name: "LMT"))
    #expect(zone.local(at: 1_720_000_000).name == "CEST")
    for count in [0, 4, 44, 60, 100] { #expect(ZoneFile(Array(file.prefix(count))) == nil, "\(count) bytes") }
    var seed: UInt64 = 7
    for _ in 0..<2000 {
      var bytes = file
      for _ in 0..<4 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 20)
      }
      _ = ZoneFile(bytes)?.local(at: Int64(truncatingIfNeeded: seed))
    }
  }

  @Test func templatesAskTheWorld() throws {
    let bytes = file
    let world = TemplateWorld(now: { 0 }, zone: { $0 == "Europe/Berlin" ? bytes : nil })
    let template = try GoTemplate(
      #"{{dateInZone "15:04 MST" 1720000000 "Europe/Berlin"}} {{dateInZone "15:04 MST -0700" 0 "No/Where"}}"#)
    let text = try template.render(TemplateData(Parameters(), world: world))
    #expect(text == "11:46 CEST 00:00 UTC +0000")
  }
}
