// SPDX-License-Identifier: Apache-2.0

// A loop that computes the same thing again and again is one the optimiser would like to run once,
// or not at all. It cannot see through these two: where the input comes from, and that the result
// is used.

@inline(never) @_optimize(none)
func opaque(_ pointer: UnsafeRawPointer) -> UnsafeRawPointer { pointer }

@inline(never) @_optimize(none)
func consume(_ result: UInt64) {}
