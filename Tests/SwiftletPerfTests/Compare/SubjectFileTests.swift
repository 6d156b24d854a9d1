// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct SubjectFileTests {
  @Test func stringsArraysAndTablesAreRead() throws {
    let file = try SubjectFile(
      """
      # A comment
      name = "a \\"b\\" \\\\ \\u00e9" # another
      'url' = 'c:\\d'
      command = [ "x", # the program
        "y z",
      ]
      empty = []
      inline = { A = "1", B = '2' }

      [environment]
      GOGC = "200"
      """)
    #expect(
      file.values == [
        "name": .string("a \"b\" \\ \u{e9}"), "url": .string("c:\\d"),
        "command": .strings(["x", "y z"]), "empty": .strings([]),
        "inline": .table(["A": "1", "B": "2"]), "environment": .table(["GOGC": "200"]),
      ])
  }

  @Test(arguments: [
    "a = 1", "a = true", "a = \"x", "a = \"\"\"x\"\"\"", "a = \"\\q\"", "a = \"\\ud800\"",
    "a = [\"x\" \"y\"]", "a = [1]", "a = [\"x\"", "a = { b = [] }", "a = \"x\" b = \"y\"",
    "a = \"x\"\na = \"y\"", "[a]\nb = \"x\"\nb = \"y\"", "[a", "[[a]]", "a.b = \"x\"", "= \"x\"",
    "a",
  ])
  func whatIsNotUnderstoodIsRefused(text: String) throws {
    #expect(throws: SubjectError.self) { try SubjectFile(text) }
  }

  @Test func linesAreNamed() throws {
    let error = #expect(throws: SubjectError.self) { try SubjectFile("\r\n# x\r\na = 1") }
    #expect("\(try #require(error))".hasPrefix("line 3: "))
  }
}
