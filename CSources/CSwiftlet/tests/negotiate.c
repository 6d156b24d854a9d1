/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

/* Fields of the given values; NULL ends them. */
static swl_http_fields extension_fields(swl_http_field *list, const char *const *values) {
  swl_http_fields fields = {list, 0};
  for (; *values; values++)
    list[fields.count++] =
        (swl_http_field){{"sec-websocket-EXTENSIONS", 24}, {*values, strlen(*values)}};
  return fields;
}

enum { FIELDS = 4 };

#if SWL_WITH_DEFLATE

static int accept_offer(const char *offer, const swl_deflate_options *options, char *extension,
                        swl_deflate_agreement *agreement) {
  swl_http_field list[FIELDS];
  swl_http_fields fields = extension_fields(list, (const char *const[]){offer, NULL});
  return swl_deflate_accept(&fields, options, extension, agreement);
}

static int confirm_response(const char *response, const swl_deflate_options *options,
                            swl_deflate_agreement *agreement) {
  swl_http_field list[FIELDS];
  swl_http_fields fields = extension_fields(list, (const char *const[]){response, NULL});
  return swl_deflate_confirm(&fields, options, agreement);
}

static void check_agreement(swl_deflate_agreement actual, swl_deflate_agreement expected) {
  CHECK_EQUAL(actual.server_window_bits, expected.server_window_bits);
  CHECK_EQUAL(actual.client_window_bits, expected.client_window_bits);
  CHECK_EQUAL(actual.server_without_takeover, expected.server_without_takeover);
  CHECK_EQUAL(actual.client_without_takeover, expected.client_without_takeover);
}

/* What the server wishes, by its fields' order. */
#define OPTIONS(server, client, server_without, client_without) \
  { sizeof(swl_deflate_options), server, client, server_without, client_without, 0, 0, 0 }

#define NAME "permessage-deflate"
#define LONG "; server_no_context_takeover; client_no_context_takeover"

TEST(negotiate_accepts) {
  static const struct {
    swl_deflate_options options;
    const char *offer, *response;
    swl_deflate_agreement agreement;
  } cases[] = {
      {OPTIONS(0, 0, 0, 0), NAME, NAME, {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0), "Permessage-Deflate", NAME, {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0), NAME "; client_max_window_bits", NAME, {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0), NAME ";client_max_window_bits", NAME, {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0), NAME " ;\tclient_max_window_bits = 15 ", NAME, {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0),
       NAME "; client_max_window_bits=10",
       NAME "; client_max_window_bits=10",
       {15, 10, 0, 0}},
      {OPTIONS(0, 0, 0, 0),
       NAME "; client_max_window_bits=8",
       NAME "; client_max_window_bits=8",
       {15, 8, 0, 0}},
      {OPTIONS(0, 0, 0, 0),
       NAME "; client_max_window_bits=\"1\\0\"",
       NAME "; client_max_window_bits=10",
       {15, 10, 0, 0}},
      {OPTIONS(0, 0, 0, 0),
       NAME "; server_max_window_bits=15",
       NAME "; server_max_window_bits=15",
       {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0),
       NAME "; server_max_window_bits=\"9\"",
       NAME "; server_max_window_bits=9",
       {9, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0), NAME LONG, NAME LONG, {15, 15, 1, 1}},
      {OPTIONS(0, 0, 0, 0),
       NAME "; SERVER_no_context_takeover",
       NAME "; server_no_context_takeover",
       {15, 15, 1, 0}},
      /* What the server wishes for. */
      {OPTIONS(0, 0, 1, 1), NAME, NAME LONG, {15, 15, 1, 1}},
      {OPTIONS(10, 0, 0, 0), NAME, NAME "; server_max_window_bits=10", {10, 15, 0, 0}},
      {OPTIONS(10, 0, 0, 0),
       NAME "; server_max_window_bits=12",
       NAME "; server_max_window_bits=10",
       {10, 15, 0, 0}},
      {OPTIONS(12, 0, 0, 0),
       NAME "; server_max_window_bits=10",
       NAME "; server_max_window_bits=10",
       {10, 15, 0, 0}},
      {OPTIONS(0, 10, 0, 0), NAME, NAME, {15, 15, 0, 0}},
      {OPTIONS(0, 10, 0, 0),
       NAME "; client_max_window_bits",
       NAME "; client_max_window_bits=10",
       {15, 10, 0, 0}},
      {OPTIONS(0, 10, 0, 0),
       NAME "; client_max_window_bits=9",
       NAME "; client_max_window_bits=9",
       {15, 9, 0, 0}},
      {OPTIONS(9, 10, 1, 1),
       NAME "; client_max_window_bits=12; server_max_window_bits=15",
       NAME LONG "; server_max_window_bits=9; client_max_window_bits=10",
       {9, 10, 1, 1}},
      /* The first offer that can be met. */
      {OPTIONS(0, 0, 0, 0), NAME "; server_max_window_bits=8, " NAME, NAME, {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0),
       "x-webkit-deflate-frame; a=b, , " NAME "; mux=1," NAME "; server_no_context_takeover," NAME,
       NAME "; server_no_context_takeover",
       {15, 15, 1, 0}},
      {OPTIONS(0, 0, 0, 0), ",foo; bar=\"b\\a\\z\" ,\t" NAME ", ", NAME, {15, 15, 0, 0}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu: %s", i, cases[i].offer);
    char extension[SWL_DEFLATE_EXTENSION_MAX];
    swl_deflate_agreement agreement, confirmed;
    CHECK_EQUAL(accept_offer(cases[i].offer, &cases[i].options, extension, &agreement), 1);
    CHECK_STRING(extension, cases[i].response);
    check_agreement(agreement, cases[i].agreement);
    /* A client that offers everything and demands nothing agrees to all of it. */
    swl_deflate_options all = OPTIONS(0, 0, 0, 0);
    CHECK_EQUAL(confirm_response(extension, &all, &confirmed), 1);
    check_agreement(confirmed, agreement);
  }
}

TEST(negotiate_declines) {
  static const char *const offers[] = {
      "",
      " , ",
      "foo",
      "permessage-deflat",
      "permessage-deflatee",
      NAME "; server_max_window_bits=8",
      NAME "; server_max_window_bits",
      NAME "; server_max_window_bits=7",
      NAME "; server_max_window_bits=16",
      NAME "; server_max_window_bits=015",
      NAME "; server_max_window_bits=09",
      NAME "; server_max_window_bits=1",
      NAME "; server_max_window_bits=100",
      NAME "; server_max_window_bits=1x",
      NAME "; server_max_window_bits=99999999999999999999999",
      NAME "; client_max_window_bits=7",
      NAME "; client_max_window_bits=16",
      NAME "; client_max_window_bits=0x9",
      NAME "; client_max_window_bits; client_max_window_bits",
      NAME "; client_max_window_bits=9; client_max_window_bits",
      NAME "; client_max_window_bits; client_max_window_bits=9",
      NAME "; server_max_window_bits=9; server_max_window_bits=9",
      NAME "; server_no_context_takeover; server_no_context_takeover",
      NAME "; client_no_context_takeover; client_no_context_takeover",
      NAME "; server_no_context_takeover=1",
      NAME "; client_no_context_takeover=true",
      NAME "; client_no_context_takeover; unknown",
      NAME "; unknown=1, foo",
  };
  for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
    TEST_NOTE("offer %s", offers[i]);
    char extension[SWL_DEFLATE_EXTENSION_MAX];
    swl_deflate_agreement agreement;
    CHECK_EQUAL(accept_offer(offers[i], NULL, extension, &agreement), 0);
  }
  swl_http_fields none = {NULL, 0};
  char extension[SWL_DEFLATE_EXTENSION_MAX];
  swl_deflate_agreement agreement;
  CHECK_EQUAL(swl_deflate_accept(&none, NULL, extension, &agreement), 0);
}

TEST(negotiate_reads_all_fields_as_one_list) {
  swl_http_field list[FIELDS];
  swl_http_fields fields = extension_fields(
      list, (const char *const[]){"foo", NAME "; bad", NAME "; client_max_window_bits=9", NULL});
  list[0].name = (swl_slice){"Sec-WebSocket-Protocol", 22};
  list[0].value = (swl_slice){NAME, sizeof NAME - 1};
  char extension[SWL_DEFLATE_EXTENSION_MAX];
  swl_deflate_agreement agreement;
  CHECK_EQUAL(swl_deflate_accept(&fields, NULL, extension, &agreement), 1);
  CHECK_STRING(extension, NAME "; client_max_window_bits=9");
  list[2].value = (swl_slice){"foo bar", 7};
  CHECK_EQUAL(swl_deflate_accept(&fields, NULL, extension, &agreement), SWL_ERROR_HTTP_SYNTAX);
}

TEST(negotiate_refuses_what_is_no_list) {
  static const char *const values[] = {
      NAME ";",
      NAME "; ",
      NAME ";;client_max_window_bits",
      NAME "; =9",
      NAME "; client_max_window_bits=",
      NAME "; client_max_window_bits=;",
      NAME "; client_max_window_bits=\"\"",
      NAME "; client_max_window_bits=\"9",
      NAME "; client_max_window_bits=\"9\\\"",
      NAME "; client_max_window_bits=\"9 \"",
      NAME "; client_max_window_bits=\"9\"9",
      NAME "; client_max_window_bits=9\"",
      NAME "; client_max_window_bits=9=9",
      NAME "; client_max_window_bits=\\9",
      NAME "; client_max_window_bits 9",
      NAME " client_max_window_bits",
      NAME "=9",
      NAME ", ;a",
      "\"" NAME "\"",
      NAME ", foo; a=\"b c\"",
      NAME ", foo\x01",
      NAME ", f\xC3\xB6o",
  };
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    TEST_NOTE("value %s", values[i]);
    char extension[SWL_DEFLATE_EXTENSION_MAX];
    swl_deflate_agreement agreement;
    CHECK_EQUAL(accept_offer(values[i], NULL, extension, &agreement), SWL_ERROR_HTTP_SYNTAX);
    swl_deflate_options all = OPTIONS(0, 0, 0, 0);
    CHECK_EQUAL(confirm_response(values[i], &all, &agreement), SWL_ERROR_RESPONSE_EXTENSION);
  }
}

TEST(negotiate_offers) {
  static const struct {
    swl_deflate_options options;
    const char *offer;
  } cases[] = {
      {OPTIONS(0, 0, 0, 0), NAME "; client_max_window_bits"},
      {OPTIONS(15, 15, 0, 0), NAME "; client_max_window_bits"},
      {OPTIONS(9, 10, 0, 0), NAME "; server_max_window_bits=9; client_max_window_bits=10"},
      {OPTIONS(14, 9, 1, 1), NAME LONG "; server_max_window_bits=14; client_max_window_bits=9"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    char offer[SWL_DEFLATE_EXTENSION_MAX];
    CHECK_EQUAL(swl_deflate_offer(&cases[i].options, offer), 1);
    CHECK_STRING(offer, cases[i].offer);
  }
}

TEST(negotiate_confirms) {
  static const struct {
    swl_deflate_options options;
    const char *response;
    int result;
    swl_deflate_agreement agreement;
  } cases[] = {
      {OPTIONS(0, 0, 0, 0), NAME, 1, {15, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0), NAME "; client_max_window_bits=8", 1, {15, 8, 0, 0}},
      {OPTIONS(0, 0, 0, 0), NAME "; server_max_window_bits=8", 1, {8, 15, 0, 0}},
      {OPTIONS(0, 0, 0, 0), NAME LONG, 1, {15, 15, 1, 1}},
      /* Our own hints are kept whatever the server says to them. */
      {OPTIONS(0, 10, 0, 1), NAME, 1, {15, 10, 0, 1}},
      {OPTIONS(0, 10, 0, 0), NAME "; client_max_window_bits=12", 1, {15, 10, 0, 0}},
      {OPTIONS(0, 10, 0, 0), NAME "; client_max_window_bits=9", 1, {15, 9, 0, 0}},
      /* Our demands the server must meet. */
      {OPTIONS(10, 0, 0, 0), NAME "; server_max_window_bits=10", 1, {10, 15, 0, 0}},
      {OPTIONS(10, 0, 0, 0), NAME "; server_max_window_bits=9", 1, {9, 15, 0, 0}},
      {OPTIONS(10, 0, 0, 0), NAME "; server_max_window_bits=11", -1, {0}},
      {OPTIONS(10, 0, 0, 0), NAME, -1, {0}},
      {OPTIONS(0, 0, 1, 0), NAME "; server_no_context_takeover", 1, {15, 15, 1, 0}},
      {OPTIONS(0, 0, 1, 0), NAME, -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME "; client_max_window_bits", -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME "; client_max_window_bits=16", -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME "; client_max_window_bits=7", -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME "; server_max_window_bits", -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME "; server_max_window_bits=010", -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME "; server_no_context_takeover=1", -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME LONG LONG, -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME "; other", -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME ", " NAME, -1, {0}},
      {OPTIONS(0, 0, 0, 0), NAME ", other", -1, {0}},
      {OPTIONS(0, 0, 0, 0), "other, " NAME, -1, {0}},
      {OPTIONS(0, 0, 0, 0), "other", -1, {0}},
      {OPTIONS(0, 0, 0, 0), "", 0, {0}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu: %s", i, cases[i].response);
    swl_deflate_agreement agreement = {0};
    int expected = cases[i].result < 0 ? SWL_ERROR_RESPONSE_EXTENSION : cases[i].result;
    CHECK_EQUAL(confirm_response(cases[i].response, &cases[i].options, &agreement), expected);
    check_agreement(agreement, cases[i].agreement);
    if (*cases[i].response)
      CHECK_EQUAL(confirm_response(cases[i].response, NULL, &agreement),
                  SWL_ERROR_RESPONSE_EXTENSION);
  }
  swl_http_fields none = {NULL, 0};
  swl_deflate_options all = OPTIONS(0, 0, 0, 0);
  swl_deflate_agreement agreement;
  CHECK_EQUAL(swl_deflate_confirm(&none, &all, &agreement), 0);
  CHECK_EQUAL(swl_deflate_confirm(&none, NULL, &agreement), 0);
}

/* What the two of them agree on is the same for both, whatever each of them wishes. */
TEST(negotiate_agrees_with_itself) {
  static const int bits[] = {0, 9, 12, 15};
  char offer[SWL_DEFLATE_EXTENSION_MAX], response[SWL_DEFLATE_EXTENSION_MAX];
  for (unsigned i = 0; i < 1u << 12; i++) {
    swl_deflate_options client = OPTIONS(bits[i & 3], bits[i >> 2 & 3], i >> 4 & 1, i >> 5 & 1);
    swl_deflate_options server =
        OPTIONS(bits[i >> 6 & 3], bits[i >> 8 & 3], i >> 10 & 1, i >> 11 & 1);
    TEST_NOTE("case %u", i);
    swl_deflate_agreement ours, theirs;
    CHECK_EQUAL(swl_deflate_offer(&client, offer), 1);
    CHECK_EQUAL(accept_offer(offer, &server, response, &ours), 1);
    CHECK_EQUAL(confirm_response(response, &client, &theirs), 1);
    check_agreement(ours, theirs);
  }
}

TEST(negotiate_refuses_options_out_of_range) {
  const swl_deflate_options cases[] = {
      OPTIONS(8, 0, 0, 0),
      OPTIONS(16, 0, 0, 0),
      OPTIONS(0, 8, 0, 0),
      OPTIONS(0, -9, 0, 0),
      {.size = sizeof cases[0], .level = 10},
      {.size = sizeof cases[0], .level = -1},
      {.size = sizeof cases[0], .memory_level = 10},
      {.size = sizeof(size_t) - 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_NOTE("case %zu", i);
    char extension[SWL_DEFLATE_EXTENSION_MAX];
    swl_deflate_agreement agreement;
    CHECK_EQUAL(accept_offer(NAME, &cases[i], extension, &agreement), SWL_ERROR_ARGUMENT);
    CHECK_EQUAL(swl_deflate_offer(&cases[i], extension), SWL_ERROR_ARGUMENT);
    CHECK_EQUAL(confirm_response(NAME, &cases[i], &agreement), SWL_ERROR_ARGUMENT);
  }
}

#else

TEST(negotiate_nothing_without_deflate) {
  swl_http_field list[FIELDS];
  swl_http_fields fields =
      extension_fields(list, (const char *const[]){"permessage-deflate", NULL});
  swl_http_fields none = {NULL, 0};
  swl_deflate_options options = {.size = sizeof options};
  swl_deflate_agreement agreement;
  char extension[SWL_DEFLATE_EXTENSION_MAX];
  CHECK_EQUAL(swl_deflate_accept(&fields, NULL, extension, &agreement), 0);
  CHECK_EQUAL(swl_deflate_offer(&options, extension), 0);
  CHECK_EQUAL(swl_deflate_confirm(&none, &options, &agreement), 0);
  CHECK_EQUAL(swl_deflate_confirm(&fields, &options, &agreement), SWL_ERROR_RESPONSE_EXTENSION);
  list[0].value = (swl_slice){"permessage-deflate;", 19};
  CHECK_EQUAL(swl_deflate_accept(&fields, NULL, extension, &agreement), SWL_ERROR_HTTP_SYNTAX);
}

#endif
