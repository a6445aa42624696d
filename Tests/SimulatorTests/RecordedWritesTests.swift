import Manifest
import Testing

@testable import Simulator

struct RecordedWritesTests {
  @Test func writesAreAnsweredAsRecorded() {
    #expect(!RecordedWrites.flows.isEmpty)
    var writes = RecordedWrites()
    for flow in RecordedWrites.flows { writes.play(flow) }
    #expect(writes.compared > 60)
    for mismatch in writes.mismatches { Issue.record(Comment(rawValue: mismatch)) }
  }

  @Test func builtInTypesAreAllRead() {
    for entry in BuiltInTypes.index {
      for kind in entry.kinds.split(separator: " ") {
        let gvk = GroupVersionKind(group: entry.group, version: entry.version, kind: String(kind))
        #expect(ObjectSchema.builtIn(gvk) != nil, "\(gvk)")
      }
    }
  }
}
