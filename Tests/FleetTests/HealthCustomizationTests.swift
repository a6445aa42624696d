import Manifest
import Testing

@testable import Fleet

@Suite struct HealthCustomizationTests {
  private func read(_ yaml: String) throws -> (HealthCustomizations, [Diagnostic]) {
    let node = try #require(try YAML.parse(Array(yaml.utf8), options: YAML.Options(schema: .yaml11)).first)
    let (customizations, problems) = HealthCustomizations.read([node])
    return (customizations, problems)
  }

  @Test func bothFormsAndWildcards() throws {
    let (customizations, problems) = try read(
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: argocd-cm}
      data:
        unrelated: x
        resource.customizations.health.cert-manager.io_Certificate: one
        resource.customizations.health.Pod: pod
        resource.customizations.useOpenLibs.cert-manager.io_Certificate: "true"
        resource.customizations.ignoreDifferences.apps_Deployment: |
          jsonPointers: [/spec/replicas]
        resource.customizations: |
          cert-manager.io/Certificate:
            health.lua: two
          apps/Deployment:
            health.lua: |
              return {}
            health.lua.useOpenLibs: true
          argoproj.io/Application:
            ignoreDifferences: "x"
          "*.crossplane.io/*":
            health.lua: wild
          "a*.crossplane.io/*":
            health.lua: wilder
      """)
    #expect(problems.isEmpty)
    let table: [(String, String, String?)] = [
      ("cert-manager.io", "Certificate", "one"), ("", "Pod", "pod"), ("apps", "Deployment", "return {}\n"),
      ("argoproj.io", "Application", nil), ("s3.aws.crossplane.io", "Bucket", "wild"),
      // Of patterns that fit, the first in the order of their texts.
      ("aws.crossplane.io", "Bucket", "wild"), ("crossplane.io", "Bucket", nil), ("", "Secret", nil),
    ]
    for (group, kind, script) in table {
      #expect(customizations.script(for: GroupKind(group: group, kind: kind))?.text == script, "\(group)/\(kind)")
    }
  }

  @Test func allKinds() throws {
    let (customizations, _) = try read(
      "kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata: {resource.customizations.health.all: x}\n")
    #expect(customizations.script(for: GroupKind(group: "apps", kind: "Deployment"))?.text == "x")
    #expect(customizations.script(for: GroupKind(group: "", kind: "Pod")) == nil)
  }

  @Test func whatCannotBeReadIsSaidAndLeftOut() throws {
    let table: [(String, String)] = [
      ("resource.customizations.health.a_b_c: x", "names no kind"),
      ("resource.customizations.health.a_: x", "names no kind"),
      ("resource.customizations.health.A: [x]", "is no text"), ("resource.customizations: 'a: {b'", "cannot be read"),
      ("resource.customizations: 'a/B: {health.lua: [x]}'", "is no text"),
    ]
    for (data, words) in table {
      let (customizations, problems) = try read(
        "kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  \(data)\n  resource.customizations.health.Good: x\n")
      #expect(problems.count == 1 && problems.first?.message.contains(words) == true, "\(data): \(problems)")
      #expect(customizations.script(for: GroupKind(group: "", kind: "Good")) != nil)
    }
    let (other, _) = try read(
      "kind: ConfigMap\nmetadata: {name: another}\ndata: {resource.customizations.health.Good: x}\n")
    #expect(other.isEmpty)
  }
}

@Suite struct ScriptQueueTests {
  private let slow = HealthScript("slow")
  private let fast = HealthScript("fast")

  private func object(_ number: Int64) -> Node { .mapping(["n": Node(.int(number))]) }

  @Test func newestStateWinsAndKeepsItsPlace() {
    var queue = ScriptQueue<String>(limit: 10)
    let first = queue.add("a", slow, object(1))
    _ = queue.add("b", slow, object(2))
    let second = queue.add("a", slow, object(3))
    #expect(queue.count == 2 && first != second)
    let job = queue.next()
    #expect(job?.key == "a" && job?.object == object(3) && job?.ticket == second)
    #expect(queue.next()?.key == "b" && queue.next() == nil && queue.isEmpty)
  }

  @Test func itIsBounded() {
    var queue = ScriptQueue<Int>(limit: 3)
    for key in 0..<3 { #expect(queue.add(key, slow, object(0)) != nil) }
    #expect(queue.add(3, slow, object(0)) == nil)
    // What waits already may still become newer.
    #expect(queue.add(1, slow, object(1)) != nil)
    queue.remove { $0 < 2 }
    #expect(queue.count == 1 && queue.add(3, slow, object(0)) != nil)
  }

  @Test func scriptsTakeTurnsByTheTimeThatTheyUse() {
    var queue = ScriptQueue<Int>(limit: 10_000)
    for key in 0..<100 { _ = queue.add(key, slow, object(0)) }
    var order: [String] = []
    func step() {
      guard let job = queue.next() else { return }
      order.append(job.script.text)
      queue.charge(job.script, seconds: job.script == slow ? 1 : 0.01)
    }
    for _ in 0..<5 { step() }
    for key in 100..<150 { _ = queue.add(key, fast, object(0)) }
    for _ in 0..<60 { step() }
    // The newcomer's fifty are through although ninety-five slow ones came before.
    #expect(order.count(where: { $0 == "fast" }) == 50)
  }

  @Test func anObjectWhoseScriptChangedWaitsForTheNewOne() {
    var queue = ScriptQueue<String>(limit: 10)
    _ = queue.add("a", slow, object(1))
    _ = queue.add("a", fast, object(2))
    #expect(queue.next()?.script == fast && queue.next() == nil)
  }

  /// No state is lost, none is given twice, whatever comes in whichever order.
  @Test func everyObjectComesOnceForItsNewestState() {
    var random = SystemRandomNumberGenerator()
    let seed = random.next()
    var state = seed
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    var queue = ScriptQueue<UInt64>(limit: 50)
    var waiting: [UInt64: UInt64] = [:]
    for _ in 0..<20_000 {
      if next(2) == 0 {
        let key = next(80)
        if let ticket = queue.add(key, next(2) == 0 ? slow : fast, object(0)) {
          waiting[key] = ticket
        } else {
          #expect(waiting.count == 50, "seed \(seed)")
        }
      } else if let job = queue.next() {
        #expect(waiting.removeValue(forKey: job.key) == job.ticket, "seed \(seed)")
        queue.charge(job.script, seconds: Double(next(100)) / 100)
      } else {
        #expect(waiting.isEmpty, "seed \(seed)")
      }
      #expect(queue.count == waiting.count)
    }
  }
}
