/// Hands out the addresses and ports that a cluster gives to Services, Pods and load balancers, one after the other.
struct AddressAllocator: Sendable {
  private var services = 0
  private var pods = 0
  private var balancers = 0
  private var ports = 0

  mutating func clusterIP() -> String {
    services += 1
    return "10.96.\(services / 250 % 256).\(services % 250 + 1)"
  }

  mutating func podIP() -> String {
    pods += 1
    return "10.244.\(pods / 250 % 256).\(pods % 250 + 2)"
  }

  mutating func loadBalancerIP() -> String {
    balancers += 1
    return "198.51.100.\(balancers % 250 + 1)"
  }

  mutating func nodePort() -> Int64 {
    ports += 1
    return Int64(30_000 + ports % 2768)
  }
}
