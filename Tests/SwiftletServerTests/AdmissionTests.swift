// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import SwiftletServer

struct AdmissionTests {
  @Test func holdsItsLimitInTotal() {
    let admission = Admission(.init(connections: 2))
    #expect(admission.enter(.unknown) == nil && admission.enter(v4(1)) == nil)
    #expect(admission.enter(v4(2)) == .connections)
    admission.leave(v4(1))
    #expect(admission.enter(v4(2)) == nil)
    #expect(Admission(.init(connections: 0)).enter(.unknown) == .connections)
  }

  @Test func holdsItsLimitOfEachOrigin() {
    let admission = Admission(.init(connectionsPerOrigin: 2))
    for origin in [v4(1), v4(2)] {
      #expect(admission.enter(origin) == nil && admission.enter(origin) == nil)
      #expect(admission.enter(origin) == .connectionsPerAddress)
    }
    admission.leave(v4(1))
    #expect(admission.enter(v4(2)) == .connectionsPerAddress)
    #expect(admission.enter(v4(1)) == nil)
    #expect(admission.enter(v4(1)) == .connectionsPerAddress)
  }

  @Test func peersWithoutAnAddressAreNotCounted() {
    let admission = Admission(.init(connectionsPerOrigin: 1))
    for _ in 0..<3 { #expect(admission.enter(.unknown) == nil) }
  }

  @Test func aRefusalTakesNoPlaceOfTheTotal() {
    let admission = Admission(.init(connections: 2, connectionsPerOrigin: 1))
    #expect(admission.enter(v4(1)) == nil)
    for _ in 0..<3 { #expect(admission.enter(v4(1)) == .connectionsPerAddress) }
    #expect(admission.enter(v4(2)) == nil)
  }

  @Test func originsAreIPv4AddressesAndIPv6Networks() {
    #expect(v4(1) != v4(2))
    #expect(origin("10.0.0.1") == origin("::ffff:10.0.0.1"))
    #expect(origin("2001:db8:0:1::1") == origin("2001:db8:0:1:ffff::2"))
    #expect(origin("2001:db8:0:1::1") != origin("2001:db8:0:2::1"))
    #expect(origin("::1") != .unknown && origin("::1") != origin("127.0.0.1"))
    #expect(Origin(sockaddr_storage()) == .unknown)
  }

  private func v4(_ last: Int) -> Origin { origin("10.0.0.\(last)") }

  private func origin(_ text: String) -> Origin {
    var storage = sockaddr_storage()
    let isV6 = text.contains(":")
    storage.ss_family = sa_family_t(isV6 ? AF_INET6 : AF_INET)
    withUnsafeMutableBytes(of: &storage) {
      let parsed = inet_pton(
        isV6 ? AF_INET6 : AF_INET, text, $0.baseAddress! + (isV6 ? 8 : 4))
      #expect(parsed == 1)
    }
    return Origin(storage)
  }
}

struct AcceptRateTests {
  private let second: UInt64 = 1_000_000_000
  private let start: UInt64 = 1_000_000_000_000

  /// How many may come at a time.
  private func taken(_ rate: AcceptRate, at now: UInt64) -> Int {
    var count = 0
    while rate.hasRoom(at: now) {
      rate.take(at: now)
      count += 1
    }
    return count
  }

  @Test(arguments: [1, 10, 333, 20_000])
  func secondsWorthComesAtOnceAndThenTheRate(perSecond: Int) {
    let rate = AcceptRate(perSecond: perSecond)
    #expect(taken(rate, at: start) == perSecond)
    #expect(taken(rate, at: start) == 0)
    var total = 0
    for step in 1...100 { total += taken(rate, at: start + UInt64(step) * second / 10) }
    // Ten seconds; the interval is whole nanoseconds.
    #expect(abs(total - 10 * perSecond) <= 1 + perSecond / 100)
  }

  @Test func restEarnsNoMoreThanASecondsWorth() {
    let rate = AcceptRate(perSecond: 5)
    #expect(taken(rate, at: start) == 5)
    #expect(taken(rate, at: start + 3600 * second) == 5)
  }

  @Test func holdsFromTheClocksBeginning() {
    let rate = AcceptRate(perSecond: 4)
    #expect(taken(rate, at: 0) == 0)
    #expect(taken(rate, at: second / 2) == 2)
  }
}
