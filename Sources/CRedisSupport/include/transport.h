#pragma once
#include <stddef.h>
#include <stdint.h>

// A connection's bytes: dialling, and a non-blocking redisContext that sends, receives and parses.
// The context is opaque, so that hiredis' versions differ in transport.c only.
typedef struct redisContext rps_transport_t;

enum { RPS_TEXT_BULK = 1, RPS_TEXT_STATUS = 2, RPS_TEXT_ERROR = 3 };

// Takes the parts of a reply as the parser meets them. A function answers 0 to refuse (a limit); the connection is lost then.
typedef struct {
  void *_Nonnull context;
  int (*_Nonnull text)(void *_Nonnull context, int kind, const uint8_t *_Nonnull bytes, size_t length);
  int (*_Nonnull integer)(void *_Nonnull context, int64_t value);
  int (*_Nonnull null)(void *_Nonnull context);
  int (*_Nonnull array)(void *_Nonnull context, int64_t count);
  // Set by the parser: why the stream is no RESP2, if it is not, and the bytes of the values since it was called.
  const char *_Nullable malformed;
  size_t taken;
} rps_sink_t;

// Opens a connected, non-blocking socket that no child inherits, within the time given.
// -1 on failure, with the reason as text. Name resolution may block longer: call it on a thread of its own.
int rps_dial_tcp(const char *_Nonnull host, int port, int milliseconds, char *_Nonnull reason, size_t capacity);
int rps_dial_unix(const char *_Nonnull path, int milliseconds, char *_Nonnull reason, size_t capacity);

// Owns the socket from then on, also when it fails (NULL: no memory).
rps_transport_t *_Nullable rps_transport_open(int descriptor, rps_sink_t *_Nonnull sink);
void rps_transport_close(rps_transport_t *_Nonnull transport);
int rps_transport_descriptor(const rps_transport_t *_Nonnull transport);
// Replies go there from now on; only between two replies.
void rps_transport_set_sink(rps_transport_t *_Nonnull transport, rps_sink_t *_Nonnull sink);

// Sends what it holds; when that is nothing, takes one piece first and adds its length to `taken`. 0, or -1 when the
// connection failed; `taken` is right in both cases. What was taken and has not left is `rps_transport_unsent`.
int rps_transport_send(rps_transport_t *_Nonnull transport, const uint8_t *_Nonnull bytes, size_t length,
                       int64_t *_Nonnull taken);
size_t rps_transport_unsent(const rps_transport_t *_Nonnull transport);

// Reads once, at most 16 KiB (more at a time makes the parser slow). The number of bytes, 0 for none at the moment,
// -1 when the connection failed or was closed.
int64_t rps_transport_receive(rps_transport_t *_Nonnull transport);

enum {
  RPS_REPLY_COMPLETE = 1,
  RPS_REPLY_PARTIAL = 0,
  RPS_REPLY_MALFORMED = -1,
  // A size was announced that exceeds `most_bytes`, or the sink refused.
  RPS_REPLY_REFUSED = -2,
};
int rps_transport_parse(rps_transport_t *_Nonnull transport, size_t most_bytes);

// Why the last call failed, as text.
const char *_Nonnull rps_transport_reason(const rps_transport_t *_Nonnull transport);
// Waits until bytes are there (or can be sent); 1, or 0 after the time.
int rps_transport_wait(const rps_transport_t *_Nonnull transport, int for_write, int milliseconds);

// The levels of arrays inside arrays that this hiredis can read.
int rps_deepest_reply(void);
const char *_Nonnull rps_hiredis_version(void);
