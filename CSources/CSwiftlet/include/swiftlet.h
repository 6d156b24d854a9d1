/*
 * libswiftlet: WebSocket connections (RFC 6455, with compression by RFC 7692) and image statistics
 * as plain functions over memory. No sockets, no threads, no global state beyond the CPU dispatch
 * resolved on first use.
 *
 * Who writes a server or a client uses swl_handshake_... and swl_conn, the whole protocol in one
 * object. Who has buffers and queues of his own builds on the parts that swl_conn is made of:
 * swl_receiver (bytes to events), swl_frame_write, swl_deflater and swl_inflater.
 *
 * Conventions, true of every function unless its comment says otherwise:
 *  - Sizes are bytes. Buffers are pairs of pointer and length; a NULL pointer is allowed where the
 *    length is 0. Exactly the given range is read and written, never a byte beyond it.
 *  - Functions return a negative swl_error on failure. Partial input is not an error.
 *  - No function prints, aborts, touches errno or keeps a pointer it was given after it returns.
 *  - Functions are thread-safe on distinct objects. An object must be used by one thread at a time.
 *  - Structs named "caller owned" are plain memory: copy, move or discard them freely.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SWIFTLET_H
#define SWIFTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWL_VERSION_MAJOR 0
#define SWL_VERSION_MINOR 1
#define SWL_VERSION_PATCH 0
#define SWL_VERSION_STRING "0.1.0"

#if defined(__GNUC__)
#define SWL_API __attribute__((visibility("default")))
#define SWL_INLINE static inline __attribute__((unused))
#else
#define SWL_API
#define SWL_INLINE static inline
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- library */

/** The version of the library linked, as "MAJOR.MINOR.PATCH"; static storage. */
SWL_API const char *swl_version(void);

typedef enum swl_error {
  SWL_OK = 0,
  SWL_ERROR_ARGUMENT = -1, /**< an argument is outside what the function's comment allows */
  SWL_ERROR_MEMORY = -2,   /**< the allocator returned NULL */
  SWL_ERROR_CRYPTO = -3,   /**< the cryptographic library, or the system's random numbers, failed */
  SWL_ERROR_SPACE = -4,    /**< the output buffer is too small */
  SWL_ERROR_STATE = -5,    /**< not now: after a close frame, or inside a fragmented message */
  SWL_ERROR_QUEUE = -6,    /**< more output waits than the limit allows; nothing was queued */

  /* Breaches of RFC 6455 by the peer; swl_error_close_code() gives the code to close with. */
  SWL_ERROR_RESERVED_BITS = -20,  /**< RSV bit set without an extension that defines it (§5.2) */
  SWL_ERROR_OPCODE = -21,         /**< reserved opcode (§5.2) */
  SWL_ERROR_MASK = -22,           /**< unmasked client frame or masked server frame (§5.1) */
  SWL_ERROR_FRAME_LENGTH = -23,   /**< length not in its minimal form, or its top bit set (§5.2) */
  SWL_ERROR_CONTROL_LENGTH = -24, /**< control frame over 125 bytes (§5.5) */
  SWL_ERROR_CONTROL_FRAGMENT = -25, /**< fragmented control frame (§5.4) */
  SWL_ERROR_CONTINUATION =
      -26, /**< continuation without a start, or a start inside a message (§5.4) */
  SWL_ERROR_CLOSE_PAYLOAD = -27, /**< close payload of one byte (§5.5.1) */
  SWL_ERROR_CLOSE_CODE = -28,    /**< close code that must not be sent (§7.4) */
  SWL_ERROR_UTF8 = -29,          /**< text or close reason is not UTF-8 (§8.1) */
  SWL_ERROR_MESSAGE_SIZE = -30,  /**< message larger than the limit */
  SWL_ERROR_FRAGMENTS = -31,     /**< more fragments in a message than the limit */
  SWL_ERROR_FRAME_SIZE = -32,    /**< frame larger than the limit */
  SWL_ERROR_CONTROL_RATE = -33,  /**< more pings and pongs in a second than the limit */
  SWL_ERROR_DEFLATE = -34,       /**< compressed data that is not DEFLATE (RFC 7692 §7.2.2) */

  /* HTTP heads (RFC 9112). */
  SWL_ERROR_HTTP_SYNTAX = -50,  /**< malformed request line or field: answer 400 */
  SWL_ERROR_HTTP_SIZE = -51,    /**< head larger, or with more fields, than allowed: answer 431 */
  SWL_ERROR_HTTP_VERSION = -52, /**< HTTP version other than 1.0 and 1.1: answer 505 */

  /* A response that is no opening handshake's (RFC 6455 §4.1): the client must not go on. */
  SWL_ERROR_RESPONSE_STATUS = -60,    /**< status other than 101 */
  SWL_ERROR_RESPONSE_UPGRADE = -61,   /**< Upgrade or Connection missing or wrong */
  SWL_ERROR_RESPONSE_ACCEPT = -62,    /**< Sec-WebSocket-Accept missing, twice, or not our key's */
  SWL_ERROR_RESPONSE_PROTOCOL = -63,  /**< a subprotocol that was not asked for */
  SWL_ERROR_RESPONSE_EXTENSION = -64, /**< an extension, or a parameter, that was not offered */

  /* Image statistics. */
  SWL_ERROR_EMPTY = -70,       /**< no pixels */
  SWL_ERROR_LAYOUT = -71,      /**< size does not fit rows, columns, channels, stride and format */
  SWL_ERROR_UNSUPPORTED = -72, /**< a method this build or this format does not have */
} swl_error;

/** A short English sentence for an error, without a full stop; static storage, never NULL. */
SWL_API const char *swl_strerror(int error);

/**
 * The RFC 6455 §7.4.1 close code for a breach by the peer: 1002, 1007, 1008 (control rate) or 1009;
 * 1011 for other errors.
 */
SWL_API uint16_t swl_error_close_code(int error);

/**
 * Memory functions for objects that allocate. `reallocate` and `release` must accept NULL as
 * realloc and free do. All three pointers are needed; a NULL allocator means malloc, realloc, free.
 * Must outlive the objects made with it.
 */
typedef struct swl_allocator {
  void *(*allocate)(void *context, size_t size);
  void *(*reallocate)(void *context, void *memory, size_t size);
  void (*release)(void *context, void *memory);
  void *context;
} swl_allocator;

/* -------------------------------------------------------------------- cpu */

/** Instruction sets the kernels are written for, in rising order on each architecture. */
typedef enum swl_cpu {
  SWL_CPU_SCALAR = 0,
  SWL_CPU_SSE2 = 1,
  SWL_CPU_AVX2 = 2,   /**< with BMI2 and POPCNT */
  SWL_CPU_AVX512 = 3, /**< F, BW, VL, DQ; the OS saves ZMM state */
  SWL_CPU_NEON = 4,
} swl_cpu;

/** The level in use: the best the machine has, held down by SWIFTLET_CPU and swl_cpu_limit(). */
SWL_API swl_cpu swl_cpu_active(void);

/** The best level this machine and build have, whatever the limit. */
SWL_API swl_cpu swl_cpu_best(void);

/**
 * Holds dispatch at `level` or the best the machine has below it, and returns the level now in
 * use. For tests and measurements: call it while no other thread is inside the library.
 */
SWL_API swl_cpu swl_cpu_limit(swl_cpu level);

/** "scalar", "sse2", "avx2", "avx512" or "neon"; "unknown" for any other value. */
SWL_API const char *swl_cpu_name(swl_cpu level);

/* ------------------------------------------------------------------ frame */

/** RFC 6455 §5.2 opcodes. */
typedef enum swl_opcode {
  SWL_OPCODE_CONTINUATION = 0x0,
  SWL_OPCODE_TEXT = 0x1,
  SWL_OPCODE_BINARY = 0x2,
  SWL_OPCODE_CLOSE = 0x8,
  SWL_OPCODE_PING = 0x9,
  SWL_OPCODE_PONG = 0xA,
} swl_opcode;

/** The longest frame header: 2 bytes, 8 of extended length, 4 of masking key. */
#define SWL_FRAME_HEADER_MAX 14

/** The longest payload of a control frame (§5.5). */
#define SWL_CONTROL_PAYLOAD_MAX 125

/** A frame header. `mask` holds the key's bytes in wire order as they lie in memory. */
typedef struct swl_frame {
  uint64_t length;     /**< payload bytes */
  uint32_t mask;       /**< masking key; 0 when not masked */
  uint8_t opcode;      /**< 0 to 15, not checked against swl_opcode */
  uint8_t header_size; /**< bytes the header takes, 2 to 14 */
  bool fin;
  bool masked;
  uint8_t reserved; /**< RSV1 is 4, RSV2 is 2, RSV3 is 1 */
} swl_frame;

/**
 * Parses a frame header. Returns its size (2 to 14), 0 when `size` bytes are not the whole header,
 * or SWL_ERROR_FRAME_LENGTH. Opcode, RSV and mask rules belong to the reader: see swl_receiver.
 */
SWL_API int swl_frame_parse(const void *data, size_t size, swl_frame *frame);

/**
 * Writes a header for `frame` (fin, reserved, opcode, masked, mask, length) in its minimal form and
 * returns its size. `out` must have SWL_FRAME_HEADER_MAX bytes. Sets nothing in `frame`.
 */
SWL_API size_t swl_frame_write(void *out, const swl_frame *frame);

/**
 * Writes the header of a whole, unmasked message or control frame, what a server sends most, and
 * returns its size. `out` must have SWL_FRAME_HEADER_MAX bytes. Inline, since for small messages it
 * is two bytes.
 */
SWL_INLINE size_t swl_frame_write_whole(void *out, swl_opcode opcode, uint64_t length) {
  if (length <= SWL_CONTROL_PAYLOAD_MAX) {
    unsigned char *bytes = (unsigned char *)out;
    bytes[0] = (unsigned char)(0x80u | (unsigned)opcode);
    bytes[1] = (unsigned char)length;
    return 2;
  }
  swl_frame frame = {length, 0, (uint8_t)opcode, 0, true, false, 0};
  return swl_frame_write(out, &frame);
}

/**
 * XORs `size` bytes in place with the repeated key (§5.3), `key` being four bytes as they lie in
 * memory, its first byte meeting data[0]. Returns the key rotated so that it continues right after
 * these bytes. Any alignment.
 */
SWL_API uint32_t swl_mask(void *data, size_t size, uint32_t key);

/** As swl_mask(), from `source` to `target`; they must not overlap unless they are equal. */
SWL_API uint32_t swl_mask_copy(void *target, const void *source, size_t size, uint32_t key);

/* ------------------------------------------------------------------- utf8 */

/**
 * State of an incremental UTF-8 validation (RFC 3629), caller owned; 0 to begin and between
 * characters. Anything else is inside a character.
 */
typedef uint32_t swl_utf8;

#define SWL_UTF8_START 0u
#define SWL_UTF8_INVALID UINT32_MAX

/**
 * Validates the next `size` bytes of a text. Returns the new state, or SWL_UTF8_INVALID as soon as
 * the bytes seen so far cannot begin any UTF-8 text (fail-fast: a character is refused at its first
 * impossible byte). A text is complete and valid when the state after its end is SWL_UTF8_START.
 * SWL_UTF8_INVALID is kept once reached.
 */
SWL_API swl_utf8 swl_utf8_update(swl_utf8 state, const void *data, size_t size);

/** Whether the whole of `data` is valid UTF-8. */
SWL_API bool swl_utf8_valid(const void *data, size_t size);

/**
 * Unmasks in place as swl_mask() does (`key` is read and replaced by the rotated key) and validates
 * the result as swl_utf8_update() does, in one pass. On SWL_UTF8_INVALID the data is unmasked
 * nevertheless.
 */
SWL_API swl_utf8 swl_utf8_unmask(swl_utf8 state, void *data, size_t size, uint32_t *key);

/* -------------------------------------------------------------- handshake */

/** A piece of somebody else's buffer. */
typedef struct swl_slice {
  const char *data;
  size_t size;
} swl_slice;

typedef struct swl_http_field {
  swl_slice name;
  swl_slice value; /**< without white space around it */
} swl_http_field;

/** The fields of a head, in order. */
typedef struct swl_http_fields {
  swl_http_field *list; /**< caller owned array given to the parser */
  size_t count;
} swl_http_fields;

/** A parsed request head; slices point into the buffer that was parsed. */
typedef struct swl_http_request {
  swl_slice method;
  swl_slice target;  /**< as sent: origin form "/path?query" is all a server here needs */
  int minor_version; /**< 0 or 1 */
  swl_http_fields fields;
} swl_http_request;

/** A parsed response head; slices point into the buffer that was parsed. */
typedef struct swl_http_response {
  int status;        /**< 100 to 999 */
  swl_slice reason;  /**< may be empty */
  int minor_version; /**< 0 or 1 */
  swl_http_fields fields;
} swl_http_response;

/**
 * Parses an HTTP/1.x request head (RFC 9112), strictly: CRLF line ends only, no white space before
 * the colon, no line folding, no control characters, token method and field names, a target of
 * visible ASCII (and no bytes over 0x7E).
 * `fields`/`capacity` is the caller's array. `seen` is how many of the `size` bytes were there at
 * the last call that returned 0 for this head (else 0), so that bytes arriving one by one do not
 * cost a scan of everything each time.
 * Returns the bytes of the head including its empty line, 0 when it is not all there yet, or
 * SWL_ERROR_HTTP_SYNTAX, SWL_ERROR_HTTP_SIZE (more than `capacity` fields), SWL_ERROR_HTTP_VERSION.
 * The limit on bytes is the caller's buffer. Heads over INT_MAX bytes are SWL_ERROR_HTTP_SIZE.
 */
SWL_API int swl_http_parse(const void *data, size_t size, size_t seen, swl_http_field *fields,
                           size_t capacity, swl_http_request *request);

/**
 * As swl_http_parse(), for a response head (RFC 9112 §4). A status line that ends behind the status
 * code, without the space that a missing reason leaves, is taken too.
 */
SWL_API int swl_http_parse_response(const void *data, size_t size, size_t seen,
                                    swl_http_field *fields, size_t capacity,
                                    swl_http_response *response);

/**
 * The value of the only field called `name` (ASCII case ignored). Returns how many fields have
 * that name; `value` is the first one's, or empty when there is none.
 */
SWL_API size_t swl_http_field_find(const swl_http_fields *fields, const char *name,
                                   swl_slice *value);

/** Whether the comma-separated lists of all fields called `name` hold `token`, ASCII case ignored.
 */
SWL_API bool swl_http_list_contains(const swl_http_fields *fields, const char *name,
                                    const char *token);

/** The lengths of Sec-WebSocket-Key and Sec-WebSocket-Accept in base64, no terminator. */
#define SWL_KEY_SIZE 24
#define SWL_ACCEPT_SIZE 28

/** What a request head asks for. */
typedef enum swl_upgrade {
  SWL_UPGRADE_NONE = 0, /**< plain HTTP: there is no "Upgrade: websocket" */
  SWL_UPGRADE_ACCEPT,   /**< a correct opening handshake (§4.2.1) */
  SWL_UPGRADE_BAD,      /**< wrong or missing key, Host, Connection or HTTP version: answer 400 */
  SWL_UPGRADE_METHOD,   /**< not GET: answer 405 */
  SWL_UPGRADE_VERSION,  /**< Sec-WebSocket-Version is not 13: answer 426 with version 13 */
} swl_upgrade;

/**
 * Classifies a request by the rules of RFC 6455 §4.2.1. On SWL_UPGRADE_ACCEPT `key` points to the
 * SWL_KEY_SIZE characters of Sec-WebSocket-Key, proved to be base64 of 16 bytes.
 */
SWL_API swl_upgrade swl_handshake_check(const swl_http_request *request, const char **key);

/**
 * Sec-WebSocket-Accept for a key (§4.2.2 step 5.4): base64 of SHA-1 of the key and the RFC's GUID.
 * Reads SWL_KEY_SIZE characters, writes SWL_ACCEPT_SIZE, no terminator. 0 or SWL_ERROR_CRYPTO.
 */
SWL_API int swl_accept_key(const char *key, char *accept);

/**
 * Picks the first of the server's `offers` (in the server's order) that the client's
 * Sec-WebSocket-Protocol lists (case-sensitive, §4.2.2). Returns its index, or -1 for none.
 */
SWL_API int swl_subprotocol_choose(const swl_http_request *request, const char *const *offers,
                                   size_t count);

/**
 * Writes the complete 101 response for `key`. `subprotocol` and `extensions` may be NULL; they must
 * be field values without control characters but tab. Returns its size, SWL_ERROR_SPACE,
 * SWL_ERROR_ARGUMENT or SWL_ERROR_CRYPTO. 256 bytes and the lengths of both strings always suffice.
 */
SWL_API int swl_handshake_respond(const char *key, const char *subprotocol, const char *extensions,
                                  void *out, size_t capacity);

/* ---------------------------------------------------------------- deflate */

/*
 * permessage-deflate, RFC 7692, over zlib. A build without it (SWIFTLET_DEFLATE=OFF) agrees on no
 * compression and answers SWL_ERROR_UNSUPPORTED where a context is asked for.
 */

/** What one end wishes for and how it compresses. NULL, or zero in a field, is the default. */
typedef struct swl_deflate_options {
  size_t size;                  /**< sizeof(swl_deflate_options) */
  int server_window_bits;       /**< most the server compresses with, 9 to 15; 0 = 15 */
  int client_window_bits;       /**< most the client compresses with, 9 to 15; 0 = 15 */
  bool server_without_takeover; /**< the server forgets its window after each message */
  bool client_without_takeover; /**< the client forgets its window after each message */
  int level;                    /**< 1 (fast) to 9 (small); 0 = 6 */
  int memory_level;             /**< 1 to 9 as zlib's memLevel; 0 = 8 */
  size_t threshold;             /**< smaller messages are sent as they are; 0 = 64 */
} swl_deflate_options;

/**
 * What both ends have agreed on (RFC 7692 §7.1). An end whose own window is 8 bits, which zlib does
 * not compress with, sends its messages as they are.
 */
typedef struct swl_deflate_agreement {
  uint8_t server_window_bits; /**< 8 to 15 */
  uint8_t client_window_bits; /**< 8 to 15 */
  bool server_without_takeover;
  bool client_without_takeover;
} swl_deflate_agreement;

/** Room for what swl_deflate_accept() and swl_deflate_offer() write, terminator included. */
#define SWL_DEFLATE_EXTENSION_MAX 160

/**
 * Server: answers the offers of a request's Sec-WebSocket-Extensions (§5.1, §7.1) with the first
 * one that can be met: writes the response's value to `extension` (SWL_DEFLATE_EXTENSION_MAX bytes,
 * for swl_handshake_respond()) and fills `agreement`. Returns 1, or 0 when there is no such offer
 * (send no such field), or SWL_ERROR_HTTP_SYNTAX (RFC 6455 §9.1: answer 400) or SWL_ERROR_ARGUMENT.
 *
 * Unknown extensions are passed over; an offer with an unknown, repeated or invalid parameter, or
 * one that zlib cannot meet (server_max_window_bits=8), is declined. A client that does not offer
 * client_max_window_bits cannot be held to a smaller window: the agreement then says 15.
 */
SWL_API int swl_deflate_accept(const swl_http_fields *fields, const swl_deflate_options *options,
                               char *extension, swl_deflate_agreement *agreement);

/**
 * Client: writes the offer that `options` make (SWL_DEFLATE_EXTENSION_MAX bytes). Returns 1, 0 in a
 * build without deflate, or SWL_ERROR_ARGUMENT.
 */
SWL_API int swl_deflate_offer(const swl_deflate_options *options, char *extension);

/**
 * Client: reads the response to swl_deflate_offer(options). `options` NULL means nothing was
 * offered. Returns 1 and fills `agreement`, 0 when the server agreed on no extension,
 * SWL_ERROR_RESPONSE_EXTENSION: the client must fail the connection (§7.1), or SWL_ERROR_ARGUMENT.
 */
SWL_API int swl_deflate_confirm(const swl_http_fields *fields, const swl_deflate_options *options,
                                swl_deflate_agreement *agreement);

/** How far a call of swl_deflate() or swl_inflate() came. */
typedef struct swl_progress {
  size_t consumed; /**< bytes of input taken */
  size_t written;  /**< bytes of output made */
} swl_progress;

/**
 * A compressing context: about swl_deflater_memory() bytes. One that is made without takeover holds
 * nothing between messages, so that any number of connections can share it, a message at a time.
 */
typedef struct swl_deflater swl_deflater;

typedef struct swl_deflater_options {
  size_t size;      /**< sizeof(swl_deflater_options) */
  int window_bits;  /**< 9 to 15 */
  bool takeover;    /**< keeps its window from message to message */
  int level;        /**< 1 to 9; 0 = 6 */
  int memory_level; /**< 1 to 9; 0 = 8 */
  const swl_allocator *allocator;
} swl_deflater_options;

/** 0, SWL_ERROR_ARGUMENT, SWL_ERROR_MEMORY or SWL_ERROR_UNSUPPORTED. */
SWL_API int swl_deflater_new(swl_deflater **deflater, const swl_deflater_options *options);
/** NULL does nothing. */
SWL_API void swl_deflater_free(swl_deflater *deflater);
/** Bytes a context takes, by zlib's own reckoning. 0 when an option is out of range. */
SWL_API size_t swl_deflater_memory(const swl_deflater_options *options);

/**
 * Compresses the next piece of a message, `last` being its last, to payload as §7.2.1 wants it: the
 * closing 00 00 FF FF is left out. Returns 1 when the piece is taken and everything it gives for
 * now is written (for the last piece: the message is complete), 0 when `out` is full: call again
 * with the input that is left, be it none, and room for more. An empty piece that is not the last
 * is nothing; an empty message is one byte (§7.2.3.6). SWL_ERROR_ARGUMENT when more input follows
 * the last piece. After an error the message cannot be completed: swl_deflater_reset().
 */
SWL_API int swl_deflate(swl_deflater *deflater, const void *data, size_t size, bool last, void *out,
                        size_t capacity, swl_progress *progress);
/** Forgets the message in progress and the window. */
SWL_API void swl_deflater_reset(swl_deflater *deflater);
/** A `capacity` with which a whole message of `size` bytes nearly always takes one call. */
SWL_API size_t swl_deflate_bound(size_t size);

/** A decompressing context: about swl_inflater_memory() bytes; shared as a swl_deflater may be. */
typedef struct swl_inflater swl_inflater;

typedef struct swl_inflater_options {
  size_t size;               /**< sizeof(swl_inflater_options) */
  int window_bits;           /**< 8 to 15, at least what the peer compresses with */
  bool takeover;             /**< keeps its window from message to message */
  uint64_t max_message_size; /**< bytes a message may inflate to; 0 = no limit */
  const swl_allocator *allocator;
} swl_inflater_options;

/** 0, SWL_ERROR_ARGUMENT, SWL_ERROR_MEMORY or SWL_ERROR_UNSUPPORTED. */
SWL_API int swl_inflater_new(swl_inflater **inflater, const swl_inflater_options *options);
/** NULL does nothing. */
SWL_API void swl_inflater_free(swl_inflater *inflater);
/** Bytes a context takes, by zlib's own reckoning. 0 when an option is out of range. */
SWL_API size_t swl_inflater_memory(const swl_inflater_options *options);

/**
 * Decompresses the next piece of a message's payload, `last` being its last (§7.2.2). Returns 1
 * when the piece is taken and everything it holds is written, 0 when `out` is full: call again with
 * the input that is left, be it none, and room for more. SWL_ERROR_DEFLATE, also when the last
 * piece does not end a block, SWL_ERROR_MESSAGE_SIZE as soon as the message is larger than allowed,
 * SWL_ERROR_MEMORY, SWL_ERROR_ARGUMENT when more input follows the last piece. After an error:
 * swl_inflater_reset().
 *
 * Blocks with BFINAL set may stand anywhere (§7.2.3.4); the window is kept over the first 64 of a
 * message.
 */
SWL_API int swl_inflate(swl_inflater *inflater, const void *data, size_t size, bool last, void *out,
                        size_t capacity, swl_progress *progress);
/** Forgets the message in progress and the window. */
SWL_API void swl_inflater_reset(swl_inflater *inflater);

/* ----------------------------------------------------------------- client */

/**
 * A pool of random bytes from the operating system, caller owned; all zero to begin. Drawing four
 * bytes for a masking key then seldom costs a system call. Not shared across fork().
 */
typedef struct swl_random {
  uint32_t left;
  uint8_t bytes[2044];
} swl_random;

/** Fills `out` with unpredictable bytes (RFC 6455 §10.3). 0 or SWL_ERROR_CRYPTO. */
SWL_API int swl_random_fill(swl_random *pool, void *out, size_t size);

/** Makes a fresh Sec-WebSocket-Key: SWL_KEY_SIZE characters, no terminator. 0 or SWL_ERROR_CRYPTO.
 */
SWL_API int swl_key_new(swl_random *pool, char *key);

/** What a client asks for. Zero in a field is its default; only `host` has none. */
typedef struct swl_client_options {
  size_t size;        /**< sizeof(swl_client_options) */
  const char *host;   /**< value of Host: with ":port" unless that is the scheme's own */
  const char *target; /**< "/path?query", percent-encoded; NULL = "/" */
  const char *origin; /**< value of Origin, or NULL */
  const char *const *subprotocols; /**< in the order of preference; may be NULL */
  size_t subprotocol_count;
  const swl_deflate_options *deflate; /**< compression to offer, or NULL for none */
  const swl_http_field *fields;       /**< further fields, such as Authorization; may be NULL */
  size_t field_count;
} swl_client_options;

/**
 * Writes the complete request head of an opening handshake (§4.1) with `key` from swl_key_new().
 * Returns its size, SWL_ERROR_SPACE, or SWL_ERROR_ARGUMENT when a value could not be sent as it is:
 * a control character but tab; an empty host, or one that is not visible ASCII; a target that does
 * not begin with "/", is not visible ASCII or has a fragment; a subprotocol that is no token or
 * stands twice; a further field without a name, or called as one that is written here or gives the
 * request a body (Host, Upgrade, Connection, Origin, Sec-WebSocket-..., Content-Length,
 * Transfer-Encoding).
 */
SWL_API int swl_handshake_request(const char *key, const swl_client_options *options, void *out,
                                  size_t capacity);

/** What a server's response grants. */
typedef struct swl_client_agreement {
  int subprotocol; /**< index of the one chosen, or -1 */
  bool compressed; /**< whether `deflate` holds */
  swl_deflate_agreement deflate;
} swl_client_agreement;

/**
 * Checks a response by every rule of §4.1 against the request's key and options. 0, or one of
 * SWL_ERROR_RESPONSE_...; with SWL_ERROR_RESPONSE_STATUS the response is a plain HTTP one (401, a
 * redirect, an interim one that another head follows), the caller's to handle. HTTP/1.0 has no
 * status 101. Also SWL_ERROR_ARGUMENT and SWL_ERROR_CRYPTO.
 */
SWL_API int swl_handshake_verify(const swl_http_response *response, const char *key,
                                 const swl_client_options *options,
                                 swl_client_agreement *agreement);

/* --------------------------------------------------------------- receiver */

typedef enum swl_role { SWL_ROLE_SERVER = 0, SWL_ROLE_CLIENT = 1 } swl_role;

/** Limits on what a peer may send. Zero means no limit. */
typedef struct swl_limits {
  size_t size;               /**< sizeof(swl_limits), so that later versions can add fields */
  uint64_t max_message_size; /**< bytes of payload; of a compressed message also once inflated */
  uint64_t max_frame_size;   /**< bytes of payload of a data frame */
  uint32_t max_fragments;    /**< frames in one message */
  uint32_t max_controls;     /**< pings and pongs from one swl_receiver_tick() to the next */
} swl_limits;

/**
 * The receiving half of an RFC 6455 connection after the handshake: a machine that turns bytes into
 * events, without memory of its own. Caller owned; fields are for the library only. Set it up with
 * swl_receiver_init().
 */
typedef struct swl_receiver {
  const swl_limits *limits;
  uint64_t remaining;    /* payload bytes left of the data frame being read */
  uint64_t message_size; /* bytes promised by the frames of this message so far */
  uint32_t mask;         /* key for the next payload byte */
  swl_utf8 utf8;
  uint32_t fragments;
  uint32_t controls; /* pings and pongs since the last tick */
  uint8_t state;
  uint8_t opcode; /* of the message being read */
  uint8_t role;
  uint8_t flags;
} swl_receiver;

typedef enum swl_event_kind {
  SWL_EVENT_NONE = 0, /**< more bytes are needed */
  SWL_EVENT_MESSAGE,  /**< a whole message */
  SWL_EVENT_BEGIN,    /**< a message begins; DATA events and an END follow */
  SWL_EVENT_DATA,     /**< the next piece of the message */
  SWL_EVENT_END,      /**< the message is complete */
  SWL_EVENT_PING,
  SWL_EVENT_PONG,
  SWL_EVENT_CLOSE, /**< nothing may follow: later input is consumed and ignored */
} swl_event_kind;

/** What happened, and with which bytes. */
typedef struct swl_event {
  uint8_t *data; /**< payload of MESSAGE, DATA, PING, PONG; reason of CLOSE */
  size_t size;
  uint64_t frame_size; /**< with BEGIN: payload bytes its first frame promises, not to be trusted */
  uint16_t close_code; /**< with CLOSE: 1005 when the frame had none */
  uint8_t opcode;      /**< with MESSAGE, BEGIN, DATA, END: SWL_OPCODE_TEXT or SWL_OPCODE_BINARY */
  bool compressed;     /**< from swl_receiver, with the same: the payload is still compressed */
} swl_event;

/**
 * Sets up a receiver. With `compression` (agreed on in the handshake) messages may be compressed.
 * `limits` may be NULL for none; it may be shared by any number of receivers and must outlive them.
 */
SWL_API void swl_receiver_init(swl_receiver *receiver, swl_role role, bool compression,
                               const swl_limits *limits);

/**
 * Reads one event from the front of `data` and says in `consumed` how many bytes are done with.
 * Call it again with the rest until it returns SWL_EVENT_NONE; what is then not consumed is the
 * start of a frame header or of a control frame (at most SWL_FRAME_HEADER_MAX +
 * SWL_CONTROL_PAYLOAD_MAX - 1 bytes): hand it in again with more bytes after it. Payload is never
 * held back, so no copy of it is needed.
 *
 * A message that is whole in the input in one frame comes as MESSAGE; any other as BEGIN, DATA...,
 * END. The event's data lies in the input and is unmasked there, in place. Text is validated before
 * it is handed out, unless it is compressed; DATA may end inside a character.
 *
 * Returns an swl_event_kind, or a negative error: the peer broke the protocol. After an error, or
 * after CLOSE, every call consumes all input and returns SWL_EVENT_NONE.
 */
SWL_API int swl_receiver_read(swl_receiver *receiver, void *data, size_t size, size_t *consumed,
                              swl_event *event);

/**
 * Payload bytes of the current data frame that have not been received; 0 outside one. Exactly that
 * many can be read from the socket straight into the message's own buffer and be given to
 * swl_receiver_read() there.
 */
SWL_API uint64_t swl_receiver_remaining(const swl_receiver *receiver);

/** Whether a message has begun and not ended. */
SWL_API bool swl_receiver_in_message(const swl_receiver *receiver);

/** Counts control frames anew: called once a second it makes max_controls a limit a second. */
SWL_API void swl_receiver_tick(swl_receiver *receiver);

/** Whether an endpoint may send `code` in a close frame (§7.4: 1000-1003, 1007-1014, 3000-4999). */
SWL_API bool swl_close_code_valid(uint16_t code);

/* ------------------------------------------------------------- connection */

/**
 * A whole RFC 6455 connection after the handshake, for either role: bytes in, events out, frames
 * queued out. It answers pings and close frames, assembles messages, compresses and keeps the
 * close handshake's rules. Not for two threads at a time.
 *
 *   read:   swl_conn_receive() with what the socket gave until it returns SWL_EVENT_NONE
 *   write:  swl_conn_send(), swl_conn_ping(), swl_conn_close() queue frames
 *   socket: swl_conn_output() is what waits to be written, swl_conn_sent() says how much was
 *   end:    in SWL_STATE_CLOSED write what waits, then close the socket (a client first waits,
 *           for a while, for the server to do so: RFC 6455 §7.1.1)
 *
 * Memory: the object, the queue of output, and a buffer for a message that does not lie whole in
 * one frame of the input, which grows with what has arrived and never by what a header promises.
 * With compression also its contexts. The two buffers are given back when they are empty and large.
 */
typedef struct swl_conn swl_conn;

typedef struct swl_conn_options {
  size_t size; /**< sizeof(swl_conn_options) */
  swl_role role;
  bool streaming; /**< hand messages on as BEGIN, DATA, END as their bytes come, no buffer */
  const swl_limits *limits; /**< copied; NULL for none */
  size_t max_queue;         /**< sends are refused while more bytes of output wait; 0 = no limit */
  const swl_deflate_agreement *deflate; /**< from the handshake, copied; NULL: no compression */
  const swl_deflate_options *deflate_options; /**< level, memory, threshold; copied; may be NULL */
  swl_random *random; /**< where a client's masks come from, may be shared by connections of one
                           thread; NULL: a pool of its own */
  const swl_allocator *allocator;
} swl_conn_options;

typedef enum swl_state {
  SWL_STATE_OPEN = 0,
  SWL_STATE_CLOSING, /**< our close frame is queued or sent; the peer's has not come yet */
  SWL_STATE_CLOSED,  /**< nothing more is received, nothing more can be queued */
} swl_state;

/** 0, SWL_ERROR_ARGUMENT, SWL_ERROR_MEMORY or SWL_ERROR_UNSUPPORTED. `options` NULL: a server's. */
SWL_API int swl_conn_new(swl_conn **conn, const swl_conn_options *options);
/** NULL does nothing. */
SWL_API void swl_conn_free(swl_conn *conn);

/**
 * Reads one event from `data` and says in `consumed` how many bytes are done with; call it again
 * with the rest until it returns SWL_EVENT_NONE, when all has been consumed. The input is unmasked
 * in place. An event's data lies in the input or in the connection and holds until the next
 * swl_conn_receive() or swl_conn_free().
 *
 * Messages come as MESSAGE, or with `streaming` also as BEGIN, DATA..., END, always inflated; text
 * is proved UTF-8. PING and CLOSE have been answered when they are reported; but while more than
 * max_queue, or 64 KiB, of output waits, only the latest ping will be, once there is room
 * (§5.5.3): hostile pings take no memory. No allocation while a message lies whole, in one frame
 * and not compressed, in the input and the queue has room.
 *
 * Returns an swl_event_kind or a negative error. After a breach by the peer a close frame with
 * swl_error_close_code() is queued, and the connection is SWL_STATE_CLOSED; so it is, with 1011,
 * after SWL_ERROR_MEMORY and SWL_ERROR_CRYPTO (without random bytes a client cannot send even
 * that). After our own close frame only CLOSE and errors are reported, and nothing is queued.
 */
SWL_API int swl_conn_receive(swl_conn *conn, void *data, size_t size, size_t *consumed,
                             swl_event *event);

/**
 * Queues a message (`opcode` TEXT, which must be UTF-8 and is not checked, or BINARY) in one frame.
 * 0, SWL_ERROR_STATE, SWL_ERROR_QUEUE, SWL_ERROR_MEMORY, SWL_ERROR_CRYPTO or SWL_ERROR_ARGUMENT;
 * after an error nothing was queued.
 */
SWL_API int swl_conn_send(swl_conn *conn, swl_opcode opcode, const void *data, size_t size);

/**
 * Queues a frame of a message that is sent in several, `opcode` being the message's in each of
 * them. Between the first and the one with `fin` no other message can be sent, control frames can.
 * With compression a frame may hold less than its piece; the rest comes with a later one.
 * Errors as swl_conn_send(). When memory runs out while a later frame is being compressed the
 * message cannot be completed, and a close frame with 1011 is queued.
 */
SWL_API int swl_conn_send_fragment(swl_conn *conn, swl_opcode opcode, const void *data, size_t size,
                                   bool fin);

/** Queues a ping of at most SWL_CONTROL_PAYLOAD_MAX bytes. Errors as swl_conn_send(). */
SWL_API int swl_conn_ping(swl_conn *conn, const void *data, size_t size);

/** Queues a pong nobody asked for, which §5.5.3 allows as a sign of life. Errors as above. */
SWL_API int swl_conn_pong(swl_conn *conn, const void *data, size_t size);

/**
 * Queues a close frame; nothing can be sent after it. `code` as swl_close_code_valid() or 0 for
 * none; `reason` of at most 123 bytes of UTF-8. A message in fragments is left unfinished. Not held
 * to max_queue. 0, SWL_ERROR_STATE when one was queued before, SWL_ERROR_ARGUMENT,
 * SWL_ERROR_MEMORY or SWL_ERROR_CRYPTO.
 */
SWL_API int swl_conn_close(swl_conn *conn, uint16_t code, const void *reason, size_t size);

/** What waits to be written to the socket, and how much; holds until the next call. */
SWL_API const void *swl_conn_output(const swl_conn *conn, size_t *size);

/** Takes `size` bytes, which were written, from the front of the output. */
SWL_API void swl_conn_sent(swl_conn *conn, size_t size);

SWL_API swl_state swl_conn_state(const swl_conn *conn);

/** To be called once a second where limits->max_controls is set. */
SWL_API void swl_conn_tick(swl_conn *conn);

/* ------------------------------------------------------------------ image */

typedef enum swl_pixel {
  SWL_PIXEL_U8 = 0,
  SWL_PIXEL_U16 = 1, /**< little endian */
  SWL_PIXEL_F32 = 2, /**< IEEE 754 binary32, little endian */
  SWL_PIXEL_F64 = 3, /**< IEEE 754 binary64, little endian */
} swl_pixel;

/** Where the pixels lie. Any alignment. */
typedef struct swl_image_layout {
  size_t rows;
  size_t columns;
  size_t stride; /**< bytes from row to row; 0 = columns x channels x bytes of a sample */
  swl_pixel pixel;
  uint32_t channels; /**< interleaved, 1 to 4 */
} swl_image_layout;

/** How a value is computed. For u8 and u16 all methods give the same bits. */
typedef enum swl_image_method {
  SWL_METHOD_AUTO = 0,    /**< the fastest measured for the format and size */
  SWL_METHOD_SCALAR,      /**< plain C, the reference */
  SWL_METHOD_SIMD,        /**< vector kernels of the active CPU level */
  SWL_METHOD_BLAS,        /**< mean by OpenBLAS dot products; the rest as AUTO */
  SWL_METHOD_HISTOGRAM,   /**< median from counts: u8 and u16; the rest as AUTO */
  SWL_METHOD_QUICKSELECT, /**< median by introselect; the rest as AUTO */
} swl_image_method;

/** What to compute; what is not asked for is left 0. */
enum {
  SWL_STATS_RANGE = 1,    /**< min and max */
  SWL_STATS_MEAN = 2,     /**< sum and mean */
  SWL_STATS_VARIANCE = 4, /**< population variance, as numpy.var; implies MEAN */
  SWL_STATS_MEDIAN = 8,
  SWL_STATS_HISTOGRAM = 16,
  SWL_STATS_BASIC = SWL_STATS_RANGE | SWL_STATS_MEAN | SWL_STATS_MEDIAN,
  SWL_STATS_ALL = 31,
};

typedef struct swl_image_options {
  size_t size;   /**< sizeof(swl_image_options) */
  uint32_t want; /**< SWL_STATS_...; 0 means SWL_STATS_BASIC */
  swl_image_method method;
  void *scratch;       /**< memory for the call, any alignment; NULL: from `allocator` if needed */
  size_t scratch_size; /**< at least swl_image_scratch_size() when `scratch` is given */
  const swl_allocator *allocator;
} swl_image_options;

/**
 * Statistics of one channel, numpy's semantics: an even count's median is the mean of the two
 * middle values, a NaN makes min, max, sum, mean, variance and median NaN, variance divides by
 * the count. Integer formats are exact (sum, mean and variance correctly rounded). For f32 and f64
 * sums are taken in double over 16 interleaved lanes, the same bits at every CPU level.
 */
typedef struct swl_image_result {
  uint64_t count;
  double min, max, sum, mean, variance, median;
  /**
   * u8: one bin a value; u16: bin = value >> 8; f32, f64: 256 equal bins over [min, max] as
   * numpy.histogram(bins=256) does, all 0 when a value is NaN or infinite.
   */
  uint64_t histogram[256];
} swl_image_result;

/** Scratch bytes swl_image_stats() needs for this layout and options; 0 when none, or on a bad
 * layout. */
SWL_API size_t swl_image_scratch_size(const swl_image_layout *layout,
                                      const swl_image_options *options);

/**
 * Statistics of an image, one result a channel. `options` may be NULL. Allocates only when it needs
 * scratch memory and was given none; u8 with AUTO, SCALAR, SIMD or HISTOGRAM never does. `size`
 * must be at least the last row's end. Only the image's own bytes are read, not the gap behind a
 * row. Returns 0, SWL_ERROR_EMPTY, SWL_ERROR_LAYOUT, SWL_ERROR_UNSUPPORTED, SWL_ERROR_MEMORY,
 * SWL_ERROR_SPACE (scratch too small) or SWL_ERROR_ARGUMENT.
 */
SWL_API int swl_image_stats(const void *pixels, size_t size, const swl_image_layout *layout,
                            const swl_image_options *options, swl_image_result *results);

/**
 * Statistics of `count` images of one layout, each packed at `pixels[i]` with layout's size.
 * `results` has count x channels elements. Stops at the first error and returns it.
 */
SWL_API int swl_image_stats_batch(const void *const *pixels, size_t count,
                                  const swl_image_layout *layout, const swl_image_options *options,
                                  swl_image_result *results);

/** Statistics of an image that arrives in pieces of any size. */
typedef struct swl_image_stream swl_image_stream;

/**
 * Begins a stream; `layout->stride` must be 0 or packed. u8 and u16 keep counts only (2 KiB and
 * 512 KiB a channel); f32 and f64 keep the pixels, growing with what has arrived.
 * 0, SWL_ERROR_LAYOUT, SWL_ERROR_EMPTY, SWL_ERROR_UNSUPPORTED, SWL_ERROR_MEMORY or
 * SWL_ERROR_ARGUMENT. Of the options the scratch memory is not used.
 */
SWL_API int swl_image_stream_begin(const swl_image_layout *layout, const swl_image_options *options,
                                   swl_image_stream **stream);

/** Adds the next bytes. SWL_ERROR_LAYOUT when there are more than the layout has; SWL_ERROR_MEMORY.
 */
SWL_API int swl_image_stream_update(swl_image_stream *stream, const void *data, size_t size);

/**
 * Writes the results (one a channel), equal to swl_image_stats() over the same bytes, and makes the
 * stream ready for another image. SWL_ERROR_LAYOUT when bytes are missing, SWL_ERROR_MEMORY; the
 * stream is then as it was.
 */
SWL_API int swl_image_stream_finish(swl_image_stream *stream, swl_image_result *results);

/** Frees the stream; NULL does nothing. */
SWL_API void swl_image_stream_free(swl_image_stream *stream);

/**
 * How the BLAS this library was linked with runs: 0 sequential, 1 with a thread pool of its own,
 * -1 when built without BLAS. A server wants 0: see docs/decisions.md.
 */
SWL_API int swl_blas_threading(void);

#ifdef __cplusplus
}
#endif
#endif
