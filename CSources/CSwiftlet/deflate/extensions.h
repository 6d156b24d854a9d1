/*
 * Reading Sec-WebSocket-Extensions, RFC 6455 §9.1:
 *
 *     while ((result = swl_extension_next(&reader, &name)) == 1)
 *       while ((result = swl_extension_parameter_next(&reader, &parameter)) == 1) ...
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWL_DEFLATE_EXTENSIONS_H
#define SWL_DEFLATE_EXTENSIONS_H

#include "swiftlet.h"

#pragma GCC visibility push(hidden)

/* Goes through all fields of that name, which are one list. Begins with the fields, the rest zero.
 */
typedef struct swl_extension_reader {
  const swl_http_fields *fields;
  size_t field;   /* the next to look at */
  swl_slice rest; /* of the field being read */
} swl_extension_reader;

typedef struct swl_extension_parameter {
  swl_slice name;
  bool has_value;
  char value[4];     /* its first characters, without the quotes it may have had */
  size_t value_size; /* of the whole value */
} swl_extension_parameter;

/* The next extension: 1 and its name, 0 when there is none, or SWL_ERROR_HTTP_SYNTAX. Call it after
 * the parameters of the one before have been read to their end. */
int swl_extension_next(swl_extension_reader *reader, swl_slice *name);

/* The extension's next parameter: 1, 0 when there is none, or SWL_ERROR_HTTP_SYNTAX. */
int swl_extension_parameter_next(swl_extension_reader *reader, swl_extension_parameter *parameter);

#pragma GCC visibility pop

#endif
