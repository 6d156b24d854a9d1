/*
 * libswiftlet: WebSocket frames, handshake, UTF-8 and image statistics as plain functions over
 * memory. No sockets, no threads, no global state beyond the CPU dispatch resolved on first use.
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
#else
#define SWL_API
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
  SWL_ERROR_CRYPTO = -3,   /**< the cryptographic library failed */
  SWL_ERROR_SPACE = -4,    /**< the output buffer is too small */

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

  /* HTTP request head (RFC 9112). */
  SWL_ERROR_HTTP_SYNTAX = -50,  /**< malformed request line or field: answer 400 */
  SWL_ERROR_HTTP_SIZE = -51,    /**< head larger, or with more fields, than allowed: answer 431 */
  SWL_ERROR_HTTP_VERSION = -52, /**< HTTP version other than 1.0 and 1.1: answer 505 */

  /* Image statistics. */
  SWL_ERROR_EMPTY = -70,       /**< no pixels */
  SWL_ERROR_LAYOUT = -71,      /**< size does not fit rows, columns, channels, stride and format */
  SWL_ERROR_UNSUPPORTED = -72, /**< a method this build or this format does not have */
} swl_error;

/** A short English sentence for an error, without a full stop; static storage, never NULL. */
SWL_API const char *swl_strerror(int error);

/** The RFC 6455 §7.4.1 close code for a protocol error: 1002, 1007 or 1009; 1011 for others. */
SWL_API uint16_t swl_error_close_code(int error);

/**
 * Memory functions for objects that allocate. `release` must accept NULL. All three pointers are
 * needed; a NULL allocator means malloc, realloc, free. Must outlive the objects made with it.
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
 * or SWL_ERROR_FRAME_LENGTH. Opcode, RSV and mask rules belong to the reader: see swl_conn.
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
static inline size_t swl_frame_write_whole(void *out, swl_opcode opcode, uint64_t length) {
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

/** A parsed request head; slices point into the buffer that was parsed. */
typedef struct swl_http_request {
  swl_slice method;
  swl_slice target;  /**< as sent: origin form "/path?query" is all a server here needs */
  int minor_version; /**< 0 or 1 */
  size_t field_count;
  swl_http_field *fields; /**< caller owned array given to swl_http_parse() */
} swl_http_request;

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
 * The value of the only field called `name` (ASCII case ignored). Returns how many fields have
 * that name; `value` is the first one's, or empty when there is none.
 */
SWL_API size_t swl_http_field_find(const swl_http_request *request, const char *name,
                                   swl_slice *value);

/** Whether the comma-separated lists of all fields called `name` hold `token`, ASCII case ignored.
 */
SWL_API bool swl_http_list_contains(const swl_http_request *request, const char *name,
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
 * be field values without control characters. Returns its size, SWL_ERROR_SPACE, SWL_ERROR_ARGUMENT
 * or SWL_ERROR_CRYPTO. 256 bytes and the lengths of both strings always suffice.
 */
SWL_API int swl_handshake_respond(const char *key, const char *subprotocol, const char *extensions,
                                  void *out, size_t capacity);

/* ------------------------------------------------------------- connection */

typedef enum swl_role { SWL_ROLE_SERVER = 0, SWL_ROLE_CLIENT = 1 } swl_role;

/** Limits, shared by any number of connections; must outlive them. Zero means no limit. */
typedef struct swl_conn_limits {
  size_t size; /**< sizeof(swl_conn_limits), so that later versions can add fields */
  uint64_t max_message_size;
  uint32_t max_fragments; /**< frames in one message */
} swl_conn_limits;

/**
 * The receiving half of an RFC 6455 connection after the handshake: a machine that turns bytes into
 * events. Caller owned; fields are for the library only. Set it up with swl_conn_init().
 */
typedef struct swl_conn {
  const swl_conn_limits *limits;
  uint64_t remaining;    /* payload bytes left of the data frame being read */
  uint64_t message_size; /* bytes promised by the frames of this message so far */
  uint32_t mask;         /* key for the next payload byte */
  swl_utf8 utf8;
  uint32_t fragments;
  uint8_t state;
  uint8_t opcode; /* of the message being read */
  uint8_t role;
  uint8_t flags;
} swl_conn;

typedef enum swl_event_kind {
  SWL_EVENT_NONE = 0, /**< more bytes are needed */
  SWL_EVENT_MESSAGE,  /**< a whole message that lay in the input in one frame */
  SWL_EVENT_BEGIN,    /**< a message begins; DATA events and an END follow */
  SWL_EVENT_DATA,     /**< the next piece of the message */
  SWL_EVENT_END,      /**< the message is complete */
  SWL_EVENT_PING,
  SWL_EVENT_PONG,
  SWL_EVENT_CLOSE, /**< nothing may follow: later input is consumed and ignored */
} swl_event_kind;

/** An event; `data` points into the caller's input and is unmasked there, in place. */
typedef struct swl_event {
  uint8_t *data; /**< payload of MESSAGE, DATA, PING, PONG; reason of CLOSE */
  size_t size;
  uint64_t frame_size; /**< with BEGIN: payload bytes its first frame promises, not to be trusted */
  uint16_t close_code; /**< with CLOSE: 1005 when the frame had none */
  uint8_t opcode;      /**< with MESSAGE, BEGIN, DATA, END: SWL_OPCODE_TEXT or SWL_OPCODE_BINARY */
} swl_event;

/** Sets up a connection. `limits` may be NULL for none. */
SWL_API void swl_conn_init(swl_conn *conn, swl_role role, const swl_conn_limits *limits);

/**
 * Reads one event from the front of `data` and says in `consumed` how many bytes are done with.
 * Call it again with the rest until it returns SWL_EVENT_NONE; what is then not consumed is the
 * start of a frame header or of a control frame (at most SWL_FRAME_HEADER_MAX +
 * SWL_CONTROL_PAYLOAD_MAX - 1 bytes): hand it in again with more bytes after it. Payload is never
 * held back, so no copy of it is needed.
 *
 * A message that is whole in the input comes as MESSAGE; any other as BEGIN, DATA..., END. Text is
 * validated before it is handed out; DATA may end inside a character.
 *
 * Returns an swl_event_kind, or a negative error: the peer broke the protocol. After an error, or
 * after CLOSE, every call consumes all input and returns SWL_EVENT_NONE.
 */
SWL_API int swl_conn_receive(swl_conn *conn, void *data, size_t size, size_t *consumed,
                             swl_event *event);

/**
 * Payload bytes of the current data frame that have not been received; 0 outside one. Exactly that
 * many can be read from the socket straight into the message's own buffer and be given to
 * swl_conn_receive() there.
 */
SWL_API uint64_t swl_conn_remaining(const swl_conn *conn);

/** Whether a message has begun and not ended. */
SWL_API bool swl_conn_in_message(const swl_conn *conn);

/** Whether an endpoint may send `code` in a close frame (§7.4: 1000-1003, 1007-1014, 3000-4999). */
SWL_API bool swl_close_code_valid(uint16_t code);

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
