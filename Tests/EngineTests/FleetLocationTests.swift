import Testing

@testable import Engine

@Suite struct FleetLocationTests {
  @Test func relativePathsAreNeverPutBehindAnAddress() throws {
    let url = try GitURL("https://bob:hush@git.example.org/fleet.git")
    #expect(FleetRepository.Location.git(url, revision: "HEAD").base(in: "/srv") == "/srv")
    #expect(FleetRepository.Location.directory("/fleet").base(in: "/srv") == "/fleet")
  }
}
