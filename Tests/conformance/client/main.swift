// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletClient
import SwiftletCore
import SwiftletServer

// The Autobahn suite's client side: asks the suite how many cases there are, echoes in each of them, a
// few cases at a time, and has the reports written.

guard CommandLine.arguments.count == 3, let jobs = Int(CommandLine.arguments[2]) else {
  FileHandle.standardError.write(Data("usage: conformance-client URL CASES_AT_A_TIME\n".utf8))
  exit(EX_USAGE)
}
let suite = CommandLine.arguments[1]

var configuration = ClientConfiguration()
configuration.maxMessageSize = 32 << 20
let client = try WebSocketClient(configuration: configuration)

/// Echoes on the loop, as each message comes: what follows it may be a breach that ends the connection,
/// and the suite wants the answer all the same.
final class Echo: ClientHandler {
  private let ended: CheckedContinuation<Void, Never>

  init(ended: CheckedContinuation<Void, Never>) { self.ended = ended }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    connection.send(message, kind: kind)
  }
  override func closed(_ connection: borrowing Connection, code: CloseCode) { ended.resume() }
  override func failed(_ error: ConnectError) {
    print(error)
    ended.resume()
  }
}

@Sendable func echo(_ index: Int) async {
  var options = ConnectOptions()
  options.compression = .shared
  await withCheckedContinuation { [options] ended in
    do {
      try client.connect(
        "\(suite)/runCase?case=\(index)&agent=swiftlet", options, handler: Echo(ended: ended))
    } catch {
      print(error)
      ended.resume()
    }
  }
}

let counting = try await client.connect("\(suite)/getCaseCount")
var count = 0
for try await message in counting { count = Int(message.text) ?? 0 }

await withTaskGroup(of: Void.self) { group in
  for index in 1...max(count, 1) {
    if index > jobs { await group.next() }
    group.addTask { await echo(index) }
  }
}

let reporting = try await client.connect("\(suite)/updateReports?agent=swiftlet")
for try await _ in reporting {}
await client.shutDown()
