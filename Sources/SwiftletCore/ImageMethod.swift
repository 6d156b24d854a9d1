// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// How image statistics are computed; the raw value is the name routes and commands use. For u8 and
/// u16 all methods give the same bits.
public enum ImageMethod: String, CaseIterable, Sendable {
  /// The fastest measured for the format and size.
  case auto
  /// Plain C, the reference.
  case scalar
  /// Vector kernels of the active ``CPULevel``.
  case simd
  /// Mean by OpenBLAS; the rest as ``auto``.
  case blas
  /// Median from counts, u8 and u16 only; the rest as ``auto``.
  case histogram
  /// Median by selection; the rest as ``auto``.
  case quickselect

  var imported: swl_image_method {
    switch self {
    case .auto: SWL_METHOD_AUTO
    case .scalar: SWL_METHOD_SCALAR
    case .simd: SWL_METHOD_SIMD
    case .blas: SWL_METHOD_BLAS
    case .histogram: SWL_METHOD_HISTOGRAM
    case .quickselect: SWL_METHOD_QUICKSELECT
    }
  }
}

extension ImageMethod {
  /// Whether the BLAS library in use keeps a pool of threads.
  public static var blasHasThreads: Bool { swl_blas_threading() == 1 }
}
