// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletAuthentication

@Suite struct AccessLevelsTests {
  private static let levels = AccessLevels(
    [
      "/": .optional, "/open": .open, "/open/but/": .token, "/folder/": .open,
      "/folder/inner": .token, "/folder/deep/er/": .optional,
    ], others: .token)

  @Test(
    arguments: [
      ("/", .optional), ("/open", .open), ("/open/", .token), ("/open/x", .token),
      ("/opener", .token), ("/open/but/x", .token), ("/folder", .token), ("/folder/", .open),
      ("/folder/x", .open), ("/folder/x/y/z", .open), ("/folder/inner", .token),
      ("/folder/inner/x", .open), ("/folder/deep/x", .open), ("/folder/deep/er/x", .optional),
      ("/x", .token), ("//", .token), ("", .token),
    ] as [(String, AccessLevels.Level)])
  func nearestFolderCounts(path: String, level: AccessLevels.Level) {
    #expect(Self.levels[path] == level)
  }
}
