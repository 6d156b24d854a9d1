// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

/// One connection sends much work in one go: others have their turn before it is done.
@Suite(.blocking) struct TurnTests {
  private static let count = 400
  private let order = EventLog<String>()
  /// Opened when the other's request is with the server, which until then is kept at the first piece of work.
  private let begun = DispatchSemaphore(value: 0)

  private func work() {
    if order.all.isEmpty { begun.wait() }
    order.add("work")
    usleep(500)
  }

  private var routes: Routes {
    var routes = Routes()
    routes.get("/work") { _ in
      work()
      return Response(.ok, "done")
    }
    routes.webSocket("/work") { _ in
      let probe = Probe()
      probe.onMessage = { message, kind, connection in
        work()
        connection.send(message, kind: kind)
      }
      return probe
    }
    routes.get("/other") { _ in
      order.add("other")
      return Response(.ok, "done")
    }
    return routes
  }

  private func expectOtherInBetween() throws {
    try order.wait(for: Self.count + 1)
    let place = try #require(order.all.firstIndex(of: "other"))
    #expect(place < Self.count, "only after all the work")
  }

  private func ask(_ server: RunningServer) throws {
    let other = try Peer(port: server.port)
    try other.write("GET /other HTTP/1.1\r\nHost: here\r\n\r\n")
    begun.signal()
    #expect(try other.readHead().hasPrefix("HTTP/1.1 200 "))
  }

  @Test func requestsOfOneConnectionGiveWay() async throws {
    try await withServer(routes) { server in
      let busy = try Peer(port: server.port)
      let request = "GET /work HTTP/1.1\r\nHost: here\r\n\r\n"
      try busy.write(String(repeating: request, count: Self.count))
      try ask(server)
      try expectOtherInBetween()
      for _ in 0..<Self.count {
        #expect(try busy.readHead().hasPrefix("HTTP/1.1 200 "))
        #expect(try busy.read(5) == Array("done\n".utf8))
      }
    }
  }

  @Test func messagesOfOneConnectionGiveWay() async throws {
    try await withServer(routes) { server in
      let busy = try server.open("/work")
      for number in 0..<Self.count { try busy.send("\(number)") }
      try ask(server)
      try expectOtherInBetween()
      for number in 0..<Self.count { #expect(try busy.receiveText() == "\(number)") }
    }
  }

  /// What gave way is not forgotten where the connection ends behind it.
  @Test func whatWaitsIsDoneThoughNoMoreComes() async throws {
    try await withServer(routes) { server in
      let busy = try server.open("/work")
      begun.signal()
      for number in 0..<Self.count { try busy.send("\(number)") }
      busy.halfClose()
      for number in 0..<Self.count { #expect(try busy.receiveText() == "\(number)") }
    }
  }
}
