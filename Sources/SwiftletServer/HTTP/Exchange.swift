// SPDX-License-Identifier: Apache-2.0

/// A request that waits for its answer, as its route sees it: only during a call, on the connection's loop.
/// Take a ``reference`` to answer later or from elsewhere.
public struct Exchange: ~Copyable {
  let loop: Loop
  let slot: Slot
  let request: ExchangeReference.Request

  /// Answers. Only the first answer is sent.
  public func respond(_ response: Response) {
    response.body.withUnsafeBytes {
      respond(
        response.status, contentType: response.contentType, fields: response.fields, body: $0.bytes)
    }
  }

  /// Answers with a body that is not copied when it is large and that of the request. Names and values of
  /// fields must not hold line ends.
  public func respond(
    _ status: Status = .ok, contentType: String, fields: [(name: String, value: String)] = [],
    body: RawSpan
  ) {
    guard slot.pointee.exchange == request.number else { return }
    body.withUnsafeBytes {
      loop.send(slot, request, status, contentType: contentType, fields: fields, body: $0)
    }
  }

  public var reference: ExchangeReference {
    ExchangeReference(
      loop: loop.state.pointee.owner.takeUnretainedValue(), token: slot.token, request: request)
  }
}

/// The name of a request that waits for its answer, valid for ever; once it is answered, or its connection is
/// gone, an answer to it does nothing.
public struct ExchangeReference: Sendable {
  /// What of a request its answer depends on.
  struct Request: Sendable {
    /// Counts the connection's exchanges.
    let number: UInt32
    let keepsAlive: Bool
    /// A HEAD is answered without the body.
    let isHead: Bool
  }

  let loop: EventLoop
  let token: Token
  let request: Request

  /// The loop of the connection.
  public var home: LoopReference { LoopReference(loop: loop) }

  /// Answers, from any thread.
  public func respond(_ response: Response) {
    home.perform { loop in loop.with(self) { $0.respond(response) } }
  }
}

extension LoopContext {
  /// Runs `body` with an exchange. False when it has been answered or its connection is gone, or it is another
  /// loop's.
  @discardableResult
  public func with(
    _ exchange: ExchangeReference, _ body: (borrowing Exchange) -> Void
  ) -> Bool {
    guard exchange.loop === loop.state.pointee.owner.takeUnretainedValue(),
      let slot = loop.state.pointee.table.find(exchange.token),
      slot.pointee.flags.contains(.awaitsAnswer),
      slot.pointee.exchange == exchange.request.number
    else { return false }
    loop.perform(on: slot) {
      body(Exchange(loop: loop, slot: slot, request: exchange.request))
      // What the client has sent meanwhile is its turn now.
      loop.resume(slot)
    }
    return true
  }
}
