/*
 * libcurl, and what Swift cannot call of it: functions with variable arguments.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWIFTLET_CCURL_H
#define SWIFTLET_CCURL_H

#include <curl/curl.h>

static inline CURLcode ccurl_set_number(CURL *easy, CURLoption option, long number) {
  return curl_easy_setopt(easy, option, number);
}

/** Of texts libcurl keeps a copy, of lists it does not. */
static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *text) {
  return curl_easy_setopt(easy, option, text);
}

static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
  return curl_easy_setopt(easy, option, list);
}

/** Of the body libcurl keeps a copy. */
static inline CURLcode ccurl_set_body(CURL *easy, const void *bytes, size_t count) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes) : code;
}

/** `receive` gets what comes of the response: the lines of its head, and its body. */
static inline CURLcode ccurl_set_receive(CURL *easy, curl_write_callback receive, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  return code;
}

static inline CURLcode ccurl_set_open_socket(CURL *easy, curl_opensocket_callback open,
                                             void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context) : code;
}

static inline CURLcode ccurl_get_number(CURL *easy, CURLINFO info, long *number) {
  return curl_easy_getinfo(easy, info, number);
}

static inline CURLMcode ccurl_set_multi_number(CURLM *multi, CURLMoption option, long number) {
  return curl_multi_setopt(multi, option, number);
}

#endif
