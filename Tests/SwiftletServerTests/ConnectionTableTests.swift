// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletServer

@Suite struct ConnectionTableTests {
  @Test func tokenFindsItsConnectionUntilTheSlotIsGivenBack() {
    var table = ConnectionTable()
    let slot = table.take()
    slot.pointee.phase = .open
    let token = slot.token
    #expect(table.find(token) == slot)
    table.give(slot)
    #expect(table.find(token) == nil)
    let next = table.take()
    next.pointee.phase = .open
    #expect(next == slot, "the slot is used again")
    #expect(table.find(token) == nil, "but not under the old name")
    #expect(table.find(next.token) == next)
    table.give(next)
    table.destroy()
  }

  @Test func slotsNeverMoveAndAreDistinct() {
    var table = ConnectionTable()
    let slots = (0..<1000).map { index in
      let slot = table.take()
      slot.pointee.phase = .open
      slot.pointee.fd = Int32(index)
      return slot
    }
    #expect(table.count == 1000 && table.capacity >= 1000)
    #expect(Set(slots.map { $0.pointee.index }).count == 1000)
    for (index, slot) in slots.enumerated() {
      #expect(slot.pointee.fd == index && table.find(slot.token) == slot)
    }
    for slot in slots { table.give(slot) }
    #expect(table.count == 0)
    table.destroy()
  }

  @Test func aSlotGivenBackForgetsEverything() {
    var table = ConnectionTable()
    let slot = table.take()
    slot.pointee.flags = [.backlogged, .held]
    slot.pointee.outputBytes = 7
    slot.pointee.closeCode = 1000
    slot.pointee.phase = .lingering
    table.give(slot)
    #expect(slot.pointee.phase == .free && slot.pointee.flags.isEmpty)
    #expect(slot.pointee.outputBytes == 0 && slot.pointee.closeCode == 1006)
    table.destroy()
  }

  @Test func lowIndicesAreTakenFirst() {
    var table = ConnectionTable()
    let slots = (0..<300).map { _ in table.take() }
    #expect(slots.map { Int($0.pointee.index) } == Array(0..<300))
    for slot in slots { table.give(slot) }
    table.destroy()
  }

  @Test(arguments: [Token.listener(0), .listener(1), .wakeup, Token(index: 0, generation: 0)])
  func namesOfNoConnectionAreNotFound(token: Token) {
    var table = ConnectionTable()
    #expect(table.find(token) == nil)
    table.give(table.take())
    #expect(table.find(token) == nil)
    table.destroy()
  }

  @Test func tokenKeepsItsPartsApart() {
    let token = Token(index: 0xdead_beef, generation: 0x1234_5678)
    #expect(token.index == 0xdead_beef && token.generation == 0x1234_5678)
    #expect(Token(rawValue: token.rawValue) == token)
  }
}
