// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Logging
import SwiftletAuthentication
import SwiftletMessaging
import SwiftletServer

/// The options of the messaging service.
struct MessagingOptions: ParsableArguments {
  @Option(
    help: """
      Where messages are kept: memory, or sqlite:PATH, a file in which all that was answered lasts. \
      (default: memory)
      """)
  var store: String?
  @Option(
    help: """
      What notifications are encoded as: subscription (as the request that subscribed), accept (as \
      its accept says), first-message (as a connection's first message), json or msgpack. The last \
      three hold for responses too. (default: subscription)
      """)
  var notificationFormat: String?
  @Option(
    help: """
      What becomes of a connection for which more than --send-queue-limit of notifications or of a \
      topic's messages wait: close (it is closed with 1013), drop-oldest (it loses what waited longest) \
      or block (those who post to it are not read, for ten seconds at most). (default: close)
      """)
  var slowConsumer: String?
  @Option(
    help: """
      Post messages to subscribers in this network (10.1.0.0/16), at this address or of this host \
      too, though it is not on the public Internet; may be repeated.
      """)
  var webhookAllow: [String] = []
  @Flag(
    help: """
      Post nothing to a URL that has not confirmed its subscription. Needs --signing-key. Elsewhere: \
      on or off.
      """)
  var requireConfirmation = false

  /// `sendQueueLimit` bounds what waits for a connection here as it does in the server's queue.
  func plan(
    _ settings: Settings, sendQueueLimit: Int, authentication: Authentication?
  ) throws(StartFailure) -> MessagingPlan {
    var plan = MessagingPlan()
    try settings.read(
      "notification-format", notificationFormat, into: &plan.settings.notificationFormat)
    try settings.read(
      "webhook-allow", webhookAllow.isEmpty ? nil : webhookAllow.joined(separator: ","),
      into: &plan.settings.webhooks.addresses)
    plan.settings.notificationQueueLimit = sendQueueLimit
    try settings.read("slow-consumer", slowConsumer, into: &plan.settings.slowConsumer)
    try settings.read(
      "require-confirmation", requireConfirmation ? "on" : nil,
      into: &plan.settings.webhooks.requiresConfirmation)
    try settings.read("store", store, into: &plan.store)
    if plan.settings.webhooks.requiresConfirmation && authentication?.signingKey == nil {
      throw StartFailure("--require-confirmation needs --signing-key", status: EX_USAGE)
    }
    plan.authentication = authentication
    return plan
  }
}

/// What the options come to, with the store still closed.
struct MessagingPlan {
  var settings = MessagingSettings()
  var authentication: Authentication?
  var store = StoreChoice.memory

  func open(_ logger: Logger) throws(StartFailure) -> MessagingService {
    MessagingService(
      settings: settings, authentication: authentication, store: try store.open(settings),
      logger: logger)
  }
}

enum StoreChoice: Setting {
  case memory
  case sqlite(path: String)

  static func parse(_ text: String) -> StoreChoice? {
    if text == "memory" { return .memory }
    guard text.hasPrefix("sqlite:"), text != "sqlite:" else { return nil }
    return .sqlite(path: String(text.dropFirst("sqlite:".count)))
  }

  static var form: String { "a store: memory or sqlite:PATH" }

  func open(_ settings: MessagingSettings) throws(StartFailure) -> any MessageStore {
    switch self {
    case .memory:
      return MemoryStore(defaultMessageTTL: settings.defaultMessageTTL, clock: wallClock)
    case .sqlite(let path):
      do throws(StoreFileError) {
        return try SQLiteStore(
          path: path, defaultMessageTTL: settings.defaultMessageTTL, clock: wallClock)
      } catch {
        throw StartFailure("\(error)", status: error.reason.exitStatus)
      }
    }
  }
}

extension StoreFileError.Reason {
  fileprivate var exitStatus: Int32 {
    switch self {
    case .inaccessible: EX_CANTCREAT
    case .unusable: EX_DATAERR
    case .inUse: EX_TEMPFAIL
    }
  }
}

extension SlowConsumerPolicy: Setting {
  static func parse(_ text: String) -> SlowConsumerPolicy? { SlowConsumerPolicy(rawValue: text) }

  static var form: String { "close, drop-oldest or block" }
}

extension NotificationFormat: Setting {
  static func parse(_ text: String) -> NotificationFormat? {
    switch text {
    case "subscription": .subscription
    case "accept": .accept
    case "first-message": .firstMessage
    default: WireFormat(rawValue: text).map { .fixed($0) }
    }
  }

  static var form: String { "subscription, accept, first-message, json or msgpack" }
}

/// Networks, addresses and hosts with commas between them.
extension AddressRule: Setting {
  static func parse(_ text: String) -> AddressRule? {
    var rule = AddressRule()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard rule.allow(String(part)) else { return nil }
    }
    return rule
  }

  static var form: String {
    "a network such as 10.1.0.0/16, an address or a host, or several with commas"
  }
}
