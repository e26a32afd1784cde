/* The load of `scripts/bench client` on plain hiredis: one blocking connection, batches of DEPTH commands in flight.
 * usage: hiredis_load PORT COUNT DEPTH COMMAND ARGS…   prints one JSON line */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 5) return 64;
  long count = atol(argv[2]);
  long depth = atol(argv[3]);
  redisContext *c = redisConnect("127.0.0.1", atoi(argv[1]));
  if (!c || c->err) {
    fprintf(stderr, "connect: %s\n", c ? c->errstr : "no memory");
    return 3;
  }
  const char **command = (const char **)argv + 4;
  double start = now();
  double start_cpu = cpu();
  for (long done = 0; done < count; done += depth) {
    for (long i = 0; i < depth; i++) redisAppendCommandArgv(c, argc - 4, command, NULL);
    for (long i = 0; i < depth; i++) {
      redisReply *reply = NULL;
      if (redisGetReply(c, (void **)&reply) != REDIS_OK || reply->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "reply: %s\n", reply ? reply->str : c->errstr);
        return 1;
      }
      freeReplyObject(reply);
    }
  }
  printf("{\"ops\": %ld, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", count, now() - start, cpu() - start_cpu);
  redisFree(c);
  return 0;
}
