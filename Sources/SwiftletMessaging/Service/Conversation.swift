// SPDX-License-Identifier: Apache-2.0

import DequeModule
import SwiftletAuthentication
import SwiftletCore
import SwiftletServer
import Synchronization

/// One client's requests and what is said in return, without any I/O: messages in, effects out.
///
/// Used on the connection's loop alone, but for ``answerCame()`` and ``page``.
final class Conversation: @unchecked Sendable {
  /// What is to be done with the connection, in the order given.
  enum Effect {
    /// The bytes are there during the call only.
    case send(UnsafeRawBufferPointer, MessageKind)
    case close(CloseCode, reason: String)
    case pauseReading
    case resumeReading
    /// Have ``Conversation/woken(_:)`` called.
    case wake(after: Duration)
    /// Have ``Conversation/begin(_:)`` called with what listens from then on.
    case subscribe([LiveSubscription])
  }

  typealias Perform = (Effect) -> Void

  let service: MessagingService
  /// What this connection subscribes as.
  private(set) lazy var subscriber = LiveSubscription.newSubscriber()
  private var identity = Identity.stranger
  /// Where the first message decides: what it decided.
  private var firstFormat: WireFormat?
  private var subscribes = false

  /// What waits for an answer that is still to come, and what must not overtake it.
  private enum Turn {
    case exchange(Exchange, WireFormat)
    case message([UInt8], MessageKind)
  }
  private var turns = Deque<Turn>()
  private var exchangesUnderWay = 0
  /// How many exchanges had to be waited for, up to now.
  private(set) var exchangesBegun = 0
  /// Why nothing more is read.
  private var pauses: Pauses = []
  /// The last queue of a post whose subscribers could not follow.
  private var slowQueue: QueueKey?

  /// Whether the connection has more to send than it should; whoever carries effects out says so.
  var isFull = false
  /// What is not sent yet of what listeners are to be told.
  var notifications: Notifications
  /// The page of the past that the store has answered. Used on any thread.
  let page = Locked<Notifications.Page?>(nil)

  private struct Pauses: OptionSet {
    let rawValue: Int
    static let answers = Pauses(rawValue: 1)
    static let slowSubscribers = Pauses(rawValue: 2)
    static let authentication = Pauses(rawValue: 4)
  }

  /// Has ``flush(_:)`` called on the loop. Called on any thread.
  private let callBack: @Sendable (Conversation) -> Void
  private let isCalledBack = Atomic(false)

  init(_ service: MessagingService, callBack: @escaping @Sendable (Conversation) -> Void) {
    self.service = service
    self.callBack = callBack
    notifications = Notifications(limit: service.settings.notificationQueueLimit)
  }

  /// Whether an answer is still to come.
  var isBusy: Bool { !turns.isEmpty }
  /// How many of ``exchangesBegun`` have been answered.
  var exchangesEnded: Int { exchangesBegun - exchangesUnderWay }

  // MARK: - Requests

  func receive(_ message: RawSpan, kind: MessageKind, _ perform: Perform) {
    let format: WireFormat = kind == .text ? .json : .messagePack
    let bytes: [UInt8]
    do throws(Answer) {
      bytes = try decode(message, format)
    } catch {
      return answer(error, to: Envelope(), format, perform)
    }
    guard let envelope = Envelope(bytes) else {
      let error = Answer.error(400, "Unexpected body type. Expected dict or dict like.")
      return answer(error, to: Envelope(), format, perform)
    }
    let echo = service.settings.masksSecrets ? envelope.withoutSecrets : envelope
    do throws(Answer) {
      let request = try Request(envelope, format: format)
      if request.action == .authenticate {
        return authenticate(request, echo.actionOnly, format, perform)
      }
      try admit(request)
      begin(Exchange(request, echo, in: self), responseFormat(to: format), perform)
    } catch {
      answer(error, to: echo, format, perform)
    }
  }

  private func decode(_ message: RawSpan, _ format: WireFormat) throws(Answer) -> [UInt8] {
    do throws(DecodeError) {
      let bytes = try message.withUnsafeBytes { bytes throws(DecodeError) in
        try format.packed(bytes)
      }
      if firstFormat == nil { firstFormat = format }
      return bytes
    } catch {
      let name = format == .json ? "text (JSON)" : "binary (MessagePack)"
      throw .error(400, "Can't decode \(name) request. \(error.kind): \(error.detail)")
    }
  }

  private func begin(_ exchange: Exchange, _ format: WireFormat, _ perform: Perform) {
    if exchange.request.action == .subscriptionCreate { subscribes = true }
    service.run(exchange)
    if exchange.request.action == .messagePost { waitForSubscribers(exchange, perform) }
    let outcome = exchange.outcomeOrWait()
    if turns.isEmpty, let outcome { return conclude(outcome, exchange, format, perform) }
    turns.append(.exchange(exchange, format))
    exchangesUnderWay += 1
    exchangesBegun += 1
    if exchangesUnderWay >= service.settings.maxRequestsUnderWay { pause(for: .answers, perform) }
  }

  /// Reads nothing more while those who are told of a post cannot follow.
  private func waitForSubscribers(_ post: Exchange, _ perform: Perform) {
    guard slowQueue == nil, service.hub.holds(self, postingTo: post.request.queue) else { return }
    slowQueue = post.request.queue
    pause(for: .slowSubscribers, perform)
  }

  private func pause(for reason: Pauses, _ perform: Perform) {
    if pauses.isEmpty { perform(.pauseReading) }
    pauses.insert(reason)
  }

  private func resume(_ reason: Pauses, _ perform: Perform) {
    guard pauses.remove(reason) != nil else { return }
    if pauses.isEmpty { perform(.resumeReading) }
  }

  private func conclude(
    _ outcome: Exchange.Outcome, _ exchange: Exchange, _ format: WireFormat, _ perform: Perform
  ) {
    if exchange.request.action == .authenticate {
      if let grant = outcome.grant { admit(grant, perform) }
      resume(.authentication, perform)
    }
    if !outcome.subscriptions.isEmpty { perform(.subscribe(outcome.subscriptions)) }
    format.response(outcome.answer, to: exchange.echo)
      .withBytes { perform(.send($0, format.kind)) }
    if !outcome.subscriptions.isEmpty {
      readReplays()
      setAlarm(perform)
    }
  }

  /// Answers what no action is begun for.
  private func answer(
    _ answer: Answer, to echo: Envelope, _ format: WireFormat, _ perform: Perform
  ) {
    let format = responseFormat(to: format)
    format.response(answer, to: echo).withBytes { say($0, format.kind, perform) }
  }

  // MARK: - Answers in order

  /// Sends a message behind what is still to come.
  func say(_ message: UnsafeRawBufferPointer, _ kind: MessageKind, _ perform: Perform) {
    if turns.isEmpty {
      perform(.send(message, kind))
    } else {
      turns.append(.message(Array(message), kind))
    }
  }

  /// An exchange that was waited for has its answer.
  func answerCame() {
    if !isCalledBack.exchange(true, ordering: .acquiringAndReleasing) { callBack(self) }
  }

  /// Sends the answers that have come, up to the first that has not.
  func flush(_ perform: Perform) {
    // An exchange, so that what came with a call back that is not made any more is seen below.
    _ = isCalledBack.exchange(false, ordering: .acquiringAndReleasing)
    sending: while let turn = turns.first {
      switch turn {
      case .message(let message, let kind):
        message.withUnsafeBytes { perform(.send($0, kind)) }
      case .exchange(let exchange, let format):
        guard let outcome = exchange.outcomeIfThere else { break sending }
        exchangesUnderWay -= 1
        conclude(outcome, exchange, format, perform)
      }
      turns.removeFirst()
      sendNotifications(perform)
    }
    takePage(perform)
    if exchangesUnderWay <= service.settings.maxRequestsUnderWay / 2 { resume(.answers, perform) }
    if let queue = slowQueue, !service.hub.holds(self, postingTo: queue) {
      slowQueue = nil
      resume(.slowSubscribers, perform)
    }
  }

  /// The connection is gone.
  func end() {
    turns.removeAll()
    endNotifications()
    if subscribes { service.forget(subscriber) }
  }

  // MARK: - Formats

  private func responseFormat(to format: WireFormat) -> WireFormat {
    switch service.settings.notificationFormat {
    case .subscription, .accept: format
    case .firstMessage: firstFormat ?? format
    case .fixed(let format): format
    }
  }

  /// In what a subscription's notifications are encoded that `accept` was said of.
  func notificationFormat(for request: Request, accept: WireFormat?) -> WireFormat {
    switch service.settings.notificationFormat {
    case .subscription: accept ?? request.format
    case .accept: accept ?? .json
    case .firstMessage: firstFormat ?? request.format
    case .fixed(let format): format
    }
  }
}

extension WireFormat {
  var kind: MessageKind { self == .json ? .text : .binary }
}

// MARK: - Authentication

extension Conversation {
  /// Whom the client has proved to be.
  enum Identity {
    case stranger
    case member(Grant)
  }

  /// The client has proved at the upgrade what an authenticate would.
  func admit(_ grant: Grant, _ perform: Perform) {
    guard service.authentication != nil else { return }
    identity = .member(grant)
    setAlarm(perform)
  }

  private func authenticate(
    _ request: Request, _ echo: Envelope, _ format: WireFormat, _ perform: Perform
  ) {
    guard let authentication = service.authentication else {
      return answer(.authentified, to: echo, format, perform)
    }
    let token = request.header("X-Auth-Token")
    switch try? authentication.check(token, at: service.now()) {
    case .jwt(let keys)?: verify(token, keys, Exchange(request, echo, in: self), format, perform)
    case .done(let grant?)?:
      admit(grant, perform)
      answer(.authentified, to: echo, format, perform)
    case .done(nil)?, nil: answer(.authenticationFailed, to: echo, format, perform)
    }
  }

  /// Off the loop. What follows depends on it, and is not read before.
  private func verify(
    _ token: String, _ keys: JWTKeys, _ exchange: Exchange, _ format: WireFormat,
    _ perform: Perform
  ) {
    pause(for: .authentication, perform)
    turns.append(.exchange(exchange, responseFormat(to: format)))
    exchangesUnderWay += 1
    exchangesBegun += 1
    _ = exchange.outcomeOrWait()
    Task { [now = service.now] in
      if let grant = try? await keys.verify(token, at: now()) {
        exchange.answer(.authentified, admitting: grant)
      } else {
        exchange.answer(.authenticationFailed)
      }
    }
  }

  private func admit(_ request: Request) throws(Answer) {
    guard let authentication = service.authentication, request.action.needsAuthentication else {
      return
    }
    let now = service.now()
    switch identity {
    case .member(let grant) where grant.isGood(at: now):
      guard request.project.hasSameBytes(as: grant.project) else {
        throw .error(403, "Not authenticated.")
      }
    case .member, .stranger:
      guard let key = authentication.signingKey, key.hasSigned(request, at: now) else {
        throw .error(403, "Not authentified.")
      }
    }
  }

  /// Closes the connection when what the client may do has ended; not when it has authenticated anew
  /// meanwhile. True when it has been closed.
  private func closeIfExpired(_ perform: Perform) -> Bool {
    guard case .member(let grant) = identity, !grant.isGood(at: service.now()) else { return false }
    perform(.close(CloseCode(rawValue: 4003), reason: "Authentication expired."))
    return true
  }

  /// The time asked for has come.
  func woken(_ perform: Perform) {
    if closeIfExpired(perform) || closeIfBlockingTooLong(perform) { return }
    if notifications.areAcknowledged {
      notifications.areAcknowledged = service.hub.look(for: subscriber)
    }
    setAlarm(perform)
  }

  /// Asks for the next time at which there is something to be done.
  func setAlarm(_ perform: Perform) {
    var wait: Milliseconds?
    if case .member(let grant) = identity, let expires = grant.expires {
      wait = expires - service.now()
    }
    if notifications.areAcknowledged {
      wait = min(wait ?? .max, ClaimDispatcher.lookInterval)
    }
    if let end = notifications.blocksUntil { wait = min(wait ?? .max, end - service.now()) }
    if let wait { perform(.wake(after: .milliseconds(wait))) }
  }
}
