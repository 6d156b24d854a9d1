// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication
import SwiftletServer

/// `PUT /v2/queues/QUEUE/subscriptions/ID/confirm`: a webhook says whether it wants its subscription,
/// with the permit it was sent in the request's fields, and `{"confirmed": true}` or false as the body.
extension MessagingService {
  static let confirmationPrefix = "/v2/queues/"

  func confirm(
    _ request: SwiftletServer.Request, _ body: [UInt8]
  ) throws(Refusal) -> SwiftletServer.Response {
    let parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 7, parts[4] == "subscriptions", parts[6] == "confirm",
      let id = Identifier(String(parts[5]))
    else { throw Refusal(.notFound, "There is nothing at this path.") }
    guard let permit = Permit(confirmingBy: request), let key = authentication?.signingKey,
      let signature = request.field("URL-Signature"), now() < permit.expires.seconds * 1000,
      permit.methods.contains("PUT"), permit.paths.contains(request.path),
      key.hasSigned(permit.text, as: signature)
    else { throw Refusal(.forbidden, "There is no good permit in the request's fields.") }
    let value = body.withUnsafeBytes { try? JSON.decode($0) }
    guard case .map(let map)? = value, case .bool(let isConfirmed)? = map["confirmed"] else {
      throw Refusal(.badRequest, #"The body must be {"confirmed": true} or false."#)
    }
    let queue = QueueKey(project: permit.project, name: String(parts[3]))
    return confirm(id, of: queue, isConfirmed)
  }

  /// The loop does not wait for a store that answers later.
  private func confirm(
    _ id: Identifier, of queue: QueueKey, _ isConfirmed: Bool
  ) -> SwiftletServer.Response {
    let answer = EarlyAnswer()
    store.updateSubscription(id, of: queue, ttl: nil, options: nil, isConfirmed: isConfirmed) {
      [self] result in
      if case .failure(let error) = result { note(error) }
      if case .success(true) = result {
        webhooks.changed(queue)
        if !isConfirmed { tell(.withdrawn, id, of: queue) }
      }
      answer.set(result)
    }
    return switch answer.value {
    case nil: Response(.accepted, "This will be done.")
    case .success(true): Response(.ok, isConfirmed ? "Confirmed." : "Withdrawn.")
    case .success(false): Response(.notFound, "There is no such subscription.")
    case .failure: Response(.serviceUnavailable, "The subscription could not be updated.")
    }
  }

  /// A store's answer, if it is there before the call returns.
  private final class EarlyAnswer: Sendable {
    private let result = Locked<Result<Bool, StoreError>?>(nil)
    func set(_ value: Result<Bool, StoreError>) { result.withLock { $0 = value } }
    var value: Result<Bool, StoreError>? { result.withLock { $0 } }
  }
}

extension Permit {
  /// As the fields of an HTTP request have it, lists with commas.
  fileprivate init?(confirmingBy request: SwiftletServer.Request) {
    guard let paths = request.field("URL-Paths"), let methods = request.field("URL-Methods"),
      let project = request.field("X-Project-ID"),
      let expires = request.field("URL-Expires").flatMap({ UTCTime(iso8601: $0) })
    else { return nil }
    self.init(
      paths: paths.split(separator: ",").map { String($0) },
      methods: methods.split(separator: ",").map { String($0) }, project: project,
      expires: expires)
  }
}
