// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication

/// What a webhook is told when someone subscribes it, and it is to say whether it wants that, or when
/// that is withdrawn: with a permit to confirm the subscription.
struct Confirmation {
  enum Occasion: String {
    case subscribed = "SubscriptionConfirmation"
    case withdrawn = "UnsubscribeConfirmation"
  }

  /// Seconds a permit is good for.
  static let lifetime: Int64 = 86400

  let occasion: Occasion
  let subscription: Identifier
  let queue: QueueKey

  func json(signedBy key: SigningKey, at now: Milliseconds) -> [UInt8] {
    let end = UTCTime(seconds: now / 1000 + Confirmation.lifetime)
    let permit = Permit(confirming: subscription, of: queue, expires: end)
    let sentence =
      switch occasion {
      case .subscribed: "You have chosen to subscribe to the queue: \(queue.name)"
      case .withdrawn: "The subscription to the queue \(queue.name) is withdrawn."
      }
    return WireFormat.json.encode([
      "Message_Type": .string(occasion.rawValue), "Message": .string(sentence),
      "URL-Signature": .string(String(decoding: key.signature(of: permit.text), as: UTF8.self)),
      "URL-Methods": .string(permit.methods[0]), "URL-Paths": .string(permit.paths[0]),
      "X-Project-ID": .string(queue.project), "URL-Expires": .string(end.text),
      "SubscribeBody": ["confirmed": true], "UnsubscribeBody": ["confirmed": false],
      "queue_name": .string(queue.name),
    ])
  }
}

extension Permit {
  init(confirming subscription: Identifier, of queue: QueueKey, expires: UTCTime) {
    self.init(
      paths: [Permit.confirmationPath(subscription.description, queue.name)], methods: ["PUT"],
      project: queue.project, expires: expires)
  }

  static func confirmationPath(_ subscription: String, _ queue: String) -> String {
    "/v2/queues/\(queue)/subscriptions/\(subscription)/confirm"
  }
}

extension MessagingService {
  /// Where webhooks must confirm, only who has the permit they were sent can say that they have.
  func checkConfirmation(_ request: Request) throws(Answer) {
    guard settings.webhooks.requiresConfirmation, request.flag("confirmed") == true else { return }
    guard let key = authentication?.signingKey, key.hasSigned(request, at: now()) else {
      throw .failure(403, "A subscription is confirmed with the permit that its URL was sent.")
    }
  }

  /// Tells a webhook of its subscription, where it must confirm.
  func tell(
    _ occasion: Confirmation.Occasion, _ subscription: Identifier, of queue: QueueKey
  ) {
    guard settings.webhooks.requiresConfirmation, let key = authentication?.signingKey,
      webhooks.generation(of: queue) != nil
    else { return }
    let confirmation = Confirmation(occasion: occasion, subscription: subscription, queue: queue)
    webhooks.tell(.confirmation(confirmation.json(signedBy: key, at: now()), subscription, queue))
  }
}
