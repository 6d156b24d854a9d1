/*
 * Introselect (D. R. Musser, "Introspective sorting and selection algorithms", 1997): quickselect
 * that goes over to heapsort when its pivots turn out bad too often.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "internal.h"

#define SELECT_TYPE uint8_t
#define SELECT_NAME(name) name##_u8
#include "select_template.h"

#define SELECT_TYPE uint16_t
#define SELECT_NAME(name) name##_u16
#include "select_template.h"

#define SELECT_TYPE float
#define SELECT_NAME(name) name##_f32
#include "select_template.h"

#define SELECT_TYPE double
#define SELECT_NAME(name) name##_f64
#include "select_template.h"
