// SPDX-License-Identifier: Apache-2.0

import SwiftletCore

/// The recorded statistics of one image that was acknowledged first.
struct ImageResult: Sendable {
  var id: UInt64
  /// When it arrived, nanoseconds since 1970.
  var time: Int64
  var bytes: Int
  var shape: StatsOptions.Shape?
  var format: PixelFormat
  var statistics: ImageStatistics
  /// What computing them took.
  var nanoseconds: Int64
}

extension ByteWriter {
  /// Room that one result in either form needs no more than.
  static let resultCapacity = 512

  /// One line of JSON.
  mutating func jsonLine(_ result: ImageResult) {
    text("{\"id\":")
    integer(result.id)
    text(",\"time\":\"")
    timestamp(result.time)
    text("\",\"bytes\":")
    integer(result.bytes)
    text(",\"shape\":")
    jsonShape(result.shape, count: result.statistics.count)
    text(",\"min\":")
    plain(result.statistics.min, result.format, missing: "null")
    text(",\"max\":")
    plain(result.statistics.max, result.format, missing: "null")
    text(",\"mean\":")
    number(result.statistics.mean)
    text(",\"median\":")
    number(result.statistics.median)
    text(",\"stddev\":")
    number(result.statistics.standardDeviation)
    text(",\"compute_ns\":")
    integer(result.nanoseconds)
    text("}\n")
  }

  static let csvHead: StaticString = "id,time,bytes,shape,min,max,mean,median,stddev,compute_ns\n"

  /// One line of CSV; what is not finite is `nan`.
  mutating func csvLine(_ result: ImageResult) {
    integer(result.id)
    text(",")
    timestamp(result.time)
    text(",")
    integer(result.bytes)
    text(",")
    if let shape = result.shape {
      integer(shape.rows)
      text("x")
      integer(shape.columns)
    } else {
      integer(result.statistics.count)
    }
    text(",")
    plain(result.statistics.min, result.format, missing: "nan")
    text(",")
    plain(result.statistics.max, result.format, missing: "nan")
    text(",")
    number(result.statistics.mean, missing: "nan")
    text(",")
    number(result.statistics.median, missing: "nan")
    text(",")
    number(result.statistics.standardDeviation, missing: "nan")
    text(",")
    integer(result.nanoseconds)
    text("\n")
  }

  /// RFC 3339 in UTC with microseconds. The date by Hinnant's "chrono-compatible low-level date
  /// algorithms", which needs no tables.
  mutating func timestamp(_ nanoseconds: Int64) {
    let seconds = nanoseconds / 1_000_000_000
    let days = seconds / 86400 + 719_468
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    digits(UInt64(year), atLeast: 4)
    text("-")
    digits(UInt64(month), atLeast: 2)
    text("-")
    digits(UInt64(day), atLeast: 2)
    text("T")
    digits(UInt64(seconds / 3600 % 24), atLeast: 2)
    text(":")
    digits(UInt64(seconds / 60 % 60), atLeast: 2)
    text(":")
    digits(UInt64(seconds % 60), atLeast: 2)
    text(".")
    digits(UInt64(nanoseconds % 1_000_000_000 / 1000), atLeast: 6)
    text("Z")
  }
}
