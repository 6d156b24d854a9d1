// SPDX-License-Identifier: Apache-2.0

import Foundation
public import SwiftletClient
public import SwiftletMessaging

/// Who a ``MessagingClient`` is, and how it connects.
public struct MessagingConfiguration: Sendable {
  /// MessagePack is smaller and keeps all values as they are; JSON can be read by people.
  public var format = WireFormat.messagePack
  /// The project that queues belong to.
  public var project = ""
  /// A UUID, which the server knows this client's own messages by.
  public var clientID = UUID().uuidString.lowercased()
  /// Gives the token to sign in with, anew for every connection; nil for servers that want none. What
  /// it throws ends the client.
  public var token: (@Sendable () async throws -> String)?
  /// The waits before connecting again; with nil the client ends with its connection.
  public var backoff: Backoff? = Backoff()
  /// What the handshake asks for.
  public var connect = ConnectOptions()

  public init() {}
}
