// SPDX-License-Identifier: Apache-2.0

/// Who may come in: asked of each request that has a route before the route sees it and before its body is
/// received, for HTTP and upgrades alike. Runs on the connection's loop, so it must not wait for anything. Where
/// it needs to, it takes the question's reference and returns nil; the connection is not read until the decision
/// has come, for at most the handshake timeout.
public typealias AccessRule = @Sendable (Request, borrowing AccessQuestion) -> AccessDecision?

public enum AccessDecision: Sendable {
  /// The route has it.
  case allow(Clearance)
  /// It is answered so in the route's place, and the connection ends: its body, if any, is not read. A refusal
  /// says as what it is counted.
  case answer(Response, failure: HandshakeFailure? = nil)
}

/// How a request comes in.
public struct Clearance: Sendable {
  /// As its route is to see it: with the caller's grant, without what proved it.
  public var request: Request
  /// What the response to an upgrade names of the subprotocols that the client offers.
  public var subprotocol: String?
  /// Further fields of the response to any other request. Names and values must not hold line ends.
  public var fields: [(name: String, value: String)]

  public init(
    _ request: Request, subprotocol: String? = nil, fields: [(name: String, value: String)] = []
  ) {
    self.request = request
    self.subprotocol = subprotocol
    self.fields = fields
  }
}

/// What a caller has proved to be let in for.
public struct Grant: Sendable, Hashable {
  public var project: String
  /// Milliseconds since 1970; nil when it never ends.
  public var expires: Int64?

  public init(project: String, expires: Int64? = nil) {
    self.project = project
    self.expires = expires
  }

  public func isGood(at now: Int64) -> Bool { expires.map { now < $0 } ?? true }
}

/// A request that waits for its decision, as the rule sees it: only during the call.
public struct AccessQuestion: ~Copyable {
  let loop: Loop
  let slot: Slot

  /// Names it for a decision that comes later.
  public var reference: AccessReference {
    AccessReference(
      loop: loop.state.pointee.owner.takeUnretainedValue(), token: slot.token,
      number: slot.pointee.exchange)
  }
}

/// The name of a request that waits for its decision, valid for ever; once it is decided, or its connection is
/// gone, a decision on it does nothing.
public struct AccessReference: Sendable {
  let loop: EventLoop
  let token: Token
  let number: UInt32

  /// Decides, from any thread.
  public func decide(_ decision: AccessDecision) {
    LoopReference(loop: loop).perform { $0.loop.decide(self, decision) }
  }
}

extension Loop {
  /// How a request comes in; nil when it has been answered, or is held until that is decided. A decision that
  /// was made before is taken instead of asking again.
  func admit(_ slot: Slot, _ request: Request, _ route: Routes.Route?) -> Clearance? {
    guard let rule = state.pointee.routes.access, route != nil else { return Clearance(request) }
    var decision = state.pointee.decisions.removeValue(forKey: slot.pointee.index)
    if decision == nil { decision = rule(request, AccessQuestion(loop: self, slot: slot)) }
    switch decision {
    case .allow(let clearance)?:
      if !clearance.fields.isEmpty {
        state.pointee.responseFields[slot.pointee.index] = clearance.fields
      }
      return clearance
    case .answer(let response, let failure)?:
      if let failure {
        state.pointee.counters.pointee.refused.add(1)
        state.pointee.counters.pointee.failed(failure)
      }
      sendLast(slot, response, isHead: request.method == "HEAD")
    case nil:
      slot.pointee.flags.insert(.awaitsAccess)
      slot.pointee.phaseBegan = state.pointee.now
    }
    return nil
  }

  /// What a response is to hold besides its route's fields.
  func takeResponseFields(_ slot: Slot) -> [(name: String, value: String)] {
    if state.pointee.responseFields.isEmpty { return [] }
    return state.pointee.responseFields.removeValue(forKey: slot.pointee.index) ?? []
  }

  /// The connection is gone, or has become a WebSocket.
  func forgetAccess(_ slot: Slot) {
    if !state.pointee.decisions.isEmpty {
      state.pointee.decisions.removeValue(forKey: slot.pointee.index)
    }
    _ = takeResponseFields(slot)
  }

  /// Lets a request come in once its body is there.
  func keepClearance(_ slot: Slot, _ clearance: Clearance) {
    if state.pointee.routes.access != nil {
      state.pointee.decisions[slot.pointee.index] = .allow(clearance)
    }
  }

  fileprivate func decide(_ question: AccessReference, _ decision: AccessDecision) {
    guard let slot = state.pointee.table.find(question.token),
      slot.pointee.flags.contains(.awaitsAccess), slot.pointee.exchange == question.number
    else { return }
    state.pointee.decisions[slot.pointee.index] = decision
    slot.pointee.flags.remove(.awaitsAccess)
    perform(on: slot) { resume(slot) }
  }
}
