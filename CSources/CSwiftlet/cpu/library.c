/*
 * The library's version and errors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "swiftlet.h"

const char *swl_version(void) { return SWL_VERSION_STRING; }

const char *swl_strerror(int error) {
  switch ((swl_error)error) {
    case SWL_OK:
      return "No error";
    case SWL_ERROR_ARGUMENT:
      return "An argument is outside what the function allows";
    case SWL_ERROR_MEMORY:
      return "The allocator has no memory left";
    case SWL_ERROR_CRYPTO:
      return "The cryptographic library, which must provide SHA-1, or the system's generator of "
             "random "
             "numbers failed";
    case SWL_ERROR_SPACE:
      return "The output buffer is too small";
    case SWL_ERROR_STATE:
      return "Nothing can be sent after a close frame, or inside a message sent in fragments";
    case SWL_ERROR_QUEUE:
      return "More output waits for the peer than the limit allows";
    case SWL_ERROR_RESERVED_BITS:
      return "The peer set a reserved bit that no negotiated extension defines";
    case SWL_ERROR_OPCODE:
      return "The peer sent a frame with a reserved opcode";
    case SWL_ERROR_MASK:
      return "The peer broke the masking rule: clients mask every frame, servers none";
    case SWL_ERROR_FRAME_LENGTH:
      return "The peer sent a frame length that is not minimal or has its top bit set";
    case SWL_ERROR_CONTROL_LENGTH:
      return "The peer sent a control frame of more than 125 bytes";
    case SWL_ERROR_CONTROL_FRAGMENT:
      return "The peer sent a fragmented control frame";
    case SWL_ERROR_CONTINUATION:
      return "The peer continued a message that was not begun, or began one inside another";
    case SWL_ERROR_CLOSE_PAYLOAD:
      return "The peer sent a close frame with a payload of one byte";
    case SWL_ERROR_CLOSE_CODE:
      return "The peer sent a close code that must not be sent";
    case SWL_ERROR_UTF8:
      return "The peer sent a text or close reason that is not UTF-8";
    case SWL_ERROR_MESSAGE_SIZE:
      return "The peer sent a message larger than the limit";
    case SWL_ERROR_FRAGMENTS:
      return "The peer sent a message of more fragments than the limit";
    case SWL_ERROR_FRAME_SIZE:
      return "The peer sent a frame larger than the limit";
    case SWL_ERROR_CONTROL_RATE:
      return "The peer sent more pings and pongs in a second than the limit";
    case SWL_ERROR_DEFLATE:
      return "The peer sent compressed data that is not DEFLATE";
    case SWL_ERROR_HTTP_SYNTAX:
      return "The HTTP head is malformed";
    case SWL_ERROR_HTTP_SIZE:
      return "The HTTP head is larger or has more fields than allowed";
    case SWL_ERROR_HTTP_VERSION:
      return "The HTTP version is neither 1.0 nor 1.1";
    case SWL_ERROR_RESPONSE_STATUS:
      return "The server did not answer the opening handshake with status 101";
    case SWL_ERROR_RESPONSE_UPGRADE:
      return "The server's answer lacks Upgrade: websocket or Connection: Upgrade";
    case SWL_ERROR_RESPONSE_ACCEPT:
      return "The server's Sec-WebSocket-Accept does not belong to the key that was sent";
    case SWL_ERROR_RESPONSE_PROTOCOL:
      return "The server chose a subprotocol that was not asked for";
    case SWL_ERROR_RESPONSE_EXTENSION:
      return "The server chose an extension or a parameter that was not offered";
    case SWL_ERROR_EMPTY:
      return "The image has no pixels";
    case SWL_ERROR_LAYOUT:
      return "The size does not fit the image's rows, columns, channels, stride and format";
    case SWL_ERROR_UNSUPPORTED:
      return "This build or this pixel format does not have the method asked for";
  }
  return "Unknown error";
}

uint16_t swl_error_close_code(int error) {
  switch ((swl_error)error) {
    case SWL_ERROR_RESERVED_BITS:
    case SWL_ERROR_OPCODE:
    case SWL_ERROR_MASK:
    case SWL_ERROR_FRAME_LENGTH:
    case SWL_ERROR_CONTROL_LENGTH:
    case SWL_ERROR_CONTROL_FRAGMENT:
    case SWL_ERROR_CONTINUATION:
    case SWL_ERROR_CLOSE_PAYLOAD:
    case SWL_ERROR_CLOSE_CODE:
      return 1002;
    case SWL_ERROR_UTF8:
    case SWL_ERROR_DEFLATE:
      return 1007;
    case SWL_ERROR_CONTROL_RATE:
      return 1008;
    /* A message in too many pieces is, like one of too many bytes, too big to process. */
    case SWL_ERROR_MESSAGE_SIZE:
    case SWL_ERROR_FRAGMENTS:
    case SWL_ERROR_FRAME_SIZE:
      return 1009;
    default:
      return 1011;
  }
}
