// Feeds replies to the transport through a socket, and says on a line each what the sink was given and how it ended.
// Compiled by test_hiredis_versions.py against several versions of hiredis.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CRedisSupport.h"

static int text(void *context, int kind, const uint8_t *bytes, size_t length) {
  (void)context;
  printf(" %c%.*s", kind == RPS_TEXT_BULK ? '$' : kind == RPS_TEXT_STATUS ? '+' : '-', (int)length, (const char *)bytes);
  return 1;
}
static int integer(void *context, int64_t value) {
  (void)context;
  printf(" :%" PRId64, value);
  return 1;
}
static int null(void *context) {
  (void)context;
  printf(" null");
  return 1;
}
static int array(void *context, int64_t count) {
  (void)context;
  printf(" *%" PRId64, count);
  return count <= 1000;
}

static const char *const REPLIES[] = {
    "+OK\r\n", "-ERR no\r\n", ":-7\r\n", "$3\r\nabc\r\n", "$0\r\n\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n",
    "*2\r\n:1\r\n*1\r\n$1\r\na\r\n", "$3\r\nab",
    // Announced, not sent; out of step; not RESP2; not RESP.
    "$2147483647\r\n", "*2147483647\r\n", "$3\r\nabcde\r\n", ",1.5\r\n", "#t\r\n", "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n",
    ">1\r\n+a\r\n", "(12345678901234567890\r\n", "=7\r\ntxt:abc\r\n", "_\r\n", "HTTP/1.1 400\r\n",
};

int main(void) {
  printf("hiredis %s, depth %d\n", rps_hiredis_version(), rps_deepest_reply());
  for (size_t i = 0; i < sizeof REPLIES / sizeof *REPLIES; i++) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
    rps_sink_t sink = {.context = &sink, .text = text, .integer = integer, .null = null, .array = array};
    rps_transport_t *transport = rps_transport_open(ends[0], &sink);
    if (!transport || write(ends[1], REPLIES[i], strlen(REPLIES[i])) < 0) return 1;
    rps_transport_receive(transport);
    int end = rps_transport_parse(transport, 1000000);
    const char *how = end == RPS_REPLY_COMPLETE  ? "complete"
                      : end == RPS_REPLY_PARTIAL ? "partial"
                      : end == RPS_REPLY_REFUSED ? "refused"
                                                 : "malformed";
    printf(" %s\n", how);
    rps_transport_close(transport);
    close(ends[1]);
  }
  return 0;
}
