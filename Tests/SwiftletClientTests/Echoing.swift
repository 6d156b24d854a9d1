// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import SwiftletTestSupport
import Testing

/// Sends messages of `size` bytes and, at the same time, checks each that comes back.
func echo(_ count: Int, messagesOf size: Int, over connection: AsyncConnection) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      for index in 0..<count { try await connection.send(pattern(size, seed: index)) }
    }
    var index = 0
    for try await message in connection {
      try #require(same(message.bytes, pattern(size, seed: index)), "message \(index)")
      index += 1
      if index == count { break }
    }
    try await group.waitForAll()
  }
}
