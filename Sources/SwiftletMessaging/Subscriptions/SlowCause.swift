// SPDX-License-Identifier: Apache-2.0

/// Why posters may have to wait.
enum SlowCause: Hashable, Sendable {
  /// A connection that takes its notifications too slowly.
  case subscriber(String)
  /// A loop that has not come to telling what was posted.
  case desk(ObjectIdentifier)
}
