#include "CRedisSupport.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// One write's worth: hiredis moves what remains of its buffer after each partial write, so the buffer must stay small.
#define PIECE (256u * 1024u)
// A status or an error is one line; the parser seeks its end anew after every read.
#define LONGEST_LINE (16u * 1024u)
// What follows `$`, `*` or `:`.
#define LONGEST_HEADER 32u

// The parser wants an object per reply; the sink keeps the values, so one word does for all.
static char token;

static void *result(int accepted) { return accepted ? &token : NULL; }

static rps_sink_t *sink_of(const redisReadTask *task) { return task->privdata; }

// What we never ask for, and hiredis 0.14 does not know.
static void *not_resp2(rps_sink_t *sink) {
  sink->malformed = "a value is of a type that RESP2 has not";
  return NULL;
}

static void *create_string(const redisReadTask *task, char *bytes, size_t length) {
  rps_sink_t *sink = sink_of(task);
  int kind;
  switch (task->type) {
    case REDIS_REPLY_STRING:
      kind = RPS_TEXT_BULK;
      // hiredis skips two bytes there, whatever they are; a stream out of step must not go on.
      if (bytes[length] != '\r' || bytes[length + 1] != '\n') {
        sink->malformed = "a text does not end where its size says";
        return NULL;
      }
      break;
    case REDIS_REPLY_STATUS: kind = RPS_TEXT_STATUS; break;
    case REDIS_REPLY_ERROR: kind = RPS_TEXT_ERROR; break;
    default: return not_resp2(sink);
  }
  // The same limit whether a line comes whole or in pieces.
  if (kind != RPS_TEXT_BULK && length > LONGEST_LINE) return NULL;
  sink->taken += length;
  return result(sink->text(sink->context, kind, (const uint8_t *)bytes, length));
}

static void *create_integer(const redisReadTask *task, long long value) {
  rps_sink_t *sink = sink_of(task);
  sink->taken += sizeof value;
  return result(sink->integer(sink->context, value));
}

static void *create_null(const redisReadTask *task) {
  rps_sink_t *sink = sink_of(task);
  // In RESP2 it is a text or an array that is none.
  if (task->type == REDIS_REPLY_NIL) return not_resp2(sink);
  return result(sink->null(sink->context));
}

static void free_object(void *object) { (void)object; }

static void *create_any_array(const redisReadTask *task, int64_t count) {
  rps_sink_t *sink = sink_of(task);
  if (task->type != REDIS_REPLY_ARRAY) return not_resp2(sink);
  return result(sink->array(sink->context, count));
}

#if HIREDIS_MAJOR >= 1
static void *create_array(const redisReadTask *task, size_t count) {
  return create_any_array(task, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}
static void *create_double(const redisReadTask *task, double value, char *text, size_t length) {
  (void)value, (void)text, (void)length;
  return not_resp2(sink_of(task));
}
static void *create_bool(const redisReadTask *task, int value) {
  (void)value;
  return not_resp2(sink_of(task));
}
static redisReplyObjectFunctions functions = {
    .createString = create_string, .createArray = create_array, .createInteger = create_integer,
    .createDouble = create_double, .createNil = create_null, .createBool = create_bool, .freeObject = free_object};

static const redisReadTask *current_task(const redisReader *reader) { return reader->task[reader->ridx]; }
int rps_deepest_reply(void) { return 32; }
#else
static void *create_array(const redisReadTask *task, int count) { return create_any_array(task, count); }
static redisReplyObjectFunctions functions = {
    .createString = create_string, .createArray = create_array, .createInteger = create_integer,
    .createNil = create_null, .freeObject = free_object};

static const redisReadTask *current_task(const redisReader *reader) { return &reader->rstack[reader->ridx]; }
// Its stack has nine places, and the innermost value takes one.
int rps_deepest_reply(void) { return 8; }
#endif

#define TEXT_OF(x) #x
#define VERSION(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)
const char *rps_hiredis_version(void) { return VERSION(HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH); }

rps_transport_t *rps_transport_open(int descriptor, rps_sink_t *sink) {
  redisContext *context = redisConnectFd(descriptor);
  if (!context) {
    close(descriptor);
    return NULL;
  }
  if (!context->reader || !context->obuf) {
    redisFree(context);
    return NULL;
  }
  context->flags &= ~REDIS_BLOCK;
  context->reader->fn = &functions;
  rps_transport_set_sink(context, sink);
  return context;
}

void rps_transport_close(rps_transport_t *transport) { redisFree(transport); }

int rps_transport_descriptor(const rps_transport_t *transport) { return (int)transport->fd; }

void rps_transport_set_sink(rps_transport_t *transport, rps_sink_t *sink) {
  sink->malformed = NULL;
  transport->reader->privdata = sink;
}

size_t rps_transport_unsent(const rps_transport_t *transport) { return sdslen(transport->obuf); }

int rps_transport_send(rps_transport_t *transport, const uint8_t *bytes, size_t length, int64_t *taken) {
  if (sdslen(transport->obuf) == 0 && length > 0) {
    size_t piece = length < PIECE ? length : PIECE;
    if (redisAppendFormattedCommand(transport, (const char *)bytes, piece) != REDIS_OK) return -1;
    *taken += (int64_t)piece;
  }
  int done = 0;
  // hiredis 1.0.0 calls a full socket an error, but one without a reason.
  return redisBufferWrite(transport, &done) == REDIS_OK || transport->err == 0 ? 0 : -1;
}

int64_t rps_transport_receive(rps_transport_t *transport) {
  size_t before = transport->reader->len;
  if (redisBufferRead(transport) != REDIS_OK) return -1;
  return (int64_t)(transport->reader->len - before);
}

static int malformed(redisReader *reader, const char *reason) {
  reader->err = REDIS_ERR_PROTOCOL;
  snprintf(reader->errstr, sizeof reader->errstr, "%s", reason);
  return RPS_REPLY_MALFORMED;
}

// hiredis calls its create functions only when a value is whole. What was merely announced is judged here, so that
// thirteen bytes cannot make us wait for two gigabytes.
static int judge_unfinished(redisReader *reader, size_t most_bytes) {
  if (reader->ridx < 0) return RPS_REPLY_PARTIAL;
  int type = current_task(reader)->type;
  size_t unread = reader->len - reader->pos;
  if (type != REDIS_REPLY_STRING && type != REDIS_REPLY_ARRAY && type != REDIS_REPLY_INTEGER)
    // A line may wait for the last byte of its end.
    return unread > LONGEST_LINE + 1 ? RPS_REPLY_REFUSED : RPS_REPLY_PARTIAL;

  const char *text = reader->buf + reader->pos;
  uint64_t announced = 0;
  int is_negative = unread > 0 && text[0] == '-';
  for (size_t i = is_negative ? 1 : 0; i < unread; i++) {
    if (text[i] == '\r' && i + 1 == unread) return RPS_REPLY_PARTIAL;
    if (text[i] == '\r' && text[i + 1] == '\n')
      return announced > most_bytes ? RPS_REPLY_REFUSED : RPS_REPLY_PARTIAL;
    if (i >= LONGEST_HEADER || text[i] < '0' || text[i] > '9') return malformed(reader, "a number is none");
    announced = announced > most_bytes ? announced : announced * 10 + (uint64_t)(text[i] - '0');
  }
  return RPS_REPLY_PARTIAL;
}

int rps_transport_parse(rps_transport_t *transport, size_t most_bytes) {
  redisReader *reader = transport->reader;
  rps_sink_t *sink = reader->privdata;
  sink->taken = 0;
  void *reply = NULL;
  if (redisReaderGetReply(reader, &reply) == REDIS_OK)
    return reply ? RPS_REPLY_COMPLETE
                 : judge_unfinished(reader, most_bytes > sink->taken ? most_bytes - sink->taken : 0);
  if (sink->malformed) return malformed(reader, sink->malformed);
  // A create function that answers NULL is out of memory in the parser's eyes; the sink knows better.
  return reader->err == REDIS_ERR_OOM ? RPS_REPLY_REFUSED : RPS_REPLY_MALFORMED;
}

const char *rps_transport_reason(const rps_transport_t *transport) {
  if (transport->err == REDIS_ERR_EOF) return "the server closed the connection";
  if (transport->err) return transport->errstr;
  return transport->reader->err ? transport->reader->errstr : "no reason given";
}

int rps_transport_wait(const rps_transport_t *transport, int for_write, int milliseconds) {
  struct pollfd watched = {.fd = (int)transport->fd, .events = for_write ? POLLOUT : POLLIN};
  return poll(&watched, 1, milliseconds) > 0;
}
