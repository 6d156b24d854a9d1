// SPDX-License-Identifier: Apache-2.0

#include <simdjson.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <vector>

#include "CSimdjson.h"

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

class Reader {
 public:
  json_result read(const void *text, size_t size, const char **message) {
    // What a large text took is given back.
    if (parser.capacity() > kept_capacity && size <= kept_capacity) *this = Reader();
    element root;
    simdjson::error_code error = simdjson::SUCCESS;
    if (size > parser.capacity()) {
      // The text itself is a level to the parser.
      error = parser.allocate(std::max(size, kept_capacity), JSON_MAX_DEPTH + 1);
    }
    if (!error) error = parser.parse(static_cast<const uint8_t *>(text), size).get(root);
    if (error) {
      *message = simdjson::error_message(error);
      return result(error);
    }
    tokens.clear();
    append(root);
    return JSON_RESULT_VALUE;
  }

  std::vector<json_token> tokens;

 private:
  static constexpr size_t kept_capacity = 64 * 1024;
  simdjson::dom::parser parser;

  static json_result result(simdjson::error_code error) {
    switch (error) {
      case simdjson::DEPTH_ERROR:
        return JSON_RESULT_TOO_DEEP;
      case simdjson::CAPACITY:
      case simdjson::MEMALLOC:
        return JSON_RESULT_TOO_LARGE;
      case simdjson::UTF8_ERROR:
        return JSON_RESULT_NOT_UTF8;
      default:
        return JSON_RESULT_INVALID;
    }
  }

  // The values of an element are there, since its type was asked for.
  void append(element value) {
    switch (value.type()) {
      case element_type::NULL_VALUE:
        return append(JSON_KIND_NULL);
      case element_type::BOOL:
        return append(value.get_bool().value_unsafe() ? JSON_KIND_TRUE : JSON_KIND_FALSE);
      case element_type::INT64:
        append(JSON_KIND_INT);
        tokens.back().value.number = value.get_int64().value_unsafe();
        return;
      case element_type::UINT64:
        append(JSON_KIND_UINT);
        tokens.back().value.magnitude = value.get_uint64().value_unsafe();
        return;
      case element_type::DOUBLE:
        append(JSON_KIND_DOUBLE);
        tokens.back().value.real = value.get_double().value_unsafe();
        return;
      case element_type::STRING:
        return append(value.get_string().value_unsafe());
      case element_type::ARRAY: {
        simdjson::dom::array elements = value.get_array().value_unsafe();
        append(JSON_KIND_ARRAY, elements.size());
        for (element each : elements) append(each);
        return append(JSON_KIND_END);
      }
      case element_type::OBJECT: {
        simdjson::dom::object members = value.get_object().value_unsafe();
        append(JSON_KIND_OBJECT, members.size());
        for (simdjson::dom::key_value_pair each : members) {
          append(each.key);
          append(each.value);
        }
        return append(JSON_KIND_END);
      }
    }
  }

  void append(json_kind kind, size_t size = 0) {
    tokens.push_back({kind, static_cast<uint32_t>(size), {0}});
  }

  void append(std::string_view text) {
    append(JSON_KIND_STRING, text.size());
    tokens.back().value.text = text.data();
  }
};

}  // namespace

json_result json_parse(const void *text, size_t size, const json_token **tokens,
                       const char **message) {
  thread_local Reader reader;
  try {
    json_result result = reader.read(text, size, message);
    *tokens = reader.tokens.data();
    return result;
  } catch (const std::bad_alloc &) {
    *message = "out of memory";
    return JSON_RESULT_TOO_LARGE;
  }
}
