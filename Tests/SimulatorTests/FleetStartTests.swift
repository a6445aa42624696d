import Testing

@testable import Simulator

@Suite struct FleetStartTests {
  @Test func serversListenOnTheirOwnAddressesAndAnswer() async throws {
    let fleet = try await SimulatedFleet.start(clusters: ["a", "b"])
    let first = try #require(fleet["a"])
    let second = try #require(fleet["b"])
    #expect(first.host != second.host)
    #expect(first.port > 0)
    let request = APIRequest(
      method: "GET", target: "/api/v1/namespaces/default", bearerToken: first.administratorToken)
    #expect(try await first.handle(request).status == 200)
    #expect(try await second.handle(request).status == 401)
    #expect(fleet.kubeconfig.contains("server: https://\(first.host):\(first.port)\n"))
    await fleet.shutdown()
  }

  @Test func addressesSkipTheEndsOfTheirBlocks() {
    let addresses = LoopbackAddresses(first: "127.77.0.253")
    #expect((0..<4).map { addresses[$0] } == ["127.77.0.253", "127.77.0.254", "127.77.1.1", "127.77.1.2"])
  }
}
