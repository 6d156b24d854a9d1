// SPDX-License-Identifier: Apache-2.0

internal import SwiftletServer

extension LoopReference {
  /// Runs `body` on the loop and waits for it.
  func run<Result: Sendable>(
    _ body: @escaping @Sendable (borrowing LoopContext) -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      perform { continuation.resume(returning: body($0)) }
    }
  }
}
