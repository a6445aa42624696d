import Testing

@testable import Simulator

/// The simulator's fidelity: what a real Kubernetes 1.36 API server answered is what it answers.
@Suite struct RecordingTests {
  @Test func everyRecordedExchangeIsAnsweredAlike() {
    #expect(!RecordingReplay.flows.isEmpty)
    var replay = RecordingReplay()
    for flow in RecordingReplay.flows { replay.play(flow) }
    for mismatch in replay.mismatches { Issue.record("\(mismatch)") }
  }
}
