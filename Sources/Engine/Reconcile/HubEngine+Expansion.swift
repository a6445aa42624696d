import Fleet
import Manifest

// MARK: - From ApplicationSets to Applications

extension HubEngine {
  /// Expands the fleet and takes in what became of it.
  func expand(_ registry: Registry, _ snapshot: FleetSnapshot, isWhole: Bool) async {
    let content = snapshot.content
    let (results, open) = await expander.expand(
      content.applicationSets, registry: registry, objects: content.objects + control.objects(logger))
    let expanded = ExpandedFleet(sets: results, plain: content.applications, isComplete: isWhole)
    for inquiry in open { post.yield { await self.ask(inquiry, fresh: false) } }
    if !open.isEmpty { expansionAlarm.ring() }
    let update = roster.update(expanded, registry: registry, approvals: approvals)
    for (application, owner) in update.upserts { await upsert(application, owner: owner) }
    for removal in update.removals { await remove(removal) }
    for refusal in update.refusals {
      logger.warning("removal refused", metadata: ["applicationset": "\(refusal.set)", "reason": "\(refusal.reason)"])
    }
  }

  /// Asks what generators want to know, and expands again where the answer is news.
  func ask(_ inquiry: Inquiry, fresh: Bool) async {
    let isNew = await expander.ask(inquiry, fresh: fresh)
    expansionAlarm.ring()
    if isNew { await refreshFleet() }
  }

  /// Asks again by the clock what somebody wants to be asked again, and what failed.
  func followExpansions() async {
    while !Task.isCancelled {
      let now = Seconds.now
      for inquiry in await expander.overdue(now: now) { post.yield { await self.ask(inquiry, fresh: true) } }
      let next = await expander.nextTime ?? .infinity
      await expansionAlarm.wait(upTo: .seconds(min(max(next - now, 0.2), 3_600)))
    }
  }

  /// Branches or tags of these repositories moved.
  func reread(_ identities: Set<String>) async {
    for inquiry in await expander.inquiries(into: identities) { await ask(inquiry, fresh: false) }
  }
}
