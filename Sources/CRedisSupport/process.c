#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "CRedisSupport.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/random.h>
#endif

static uint32_t fork_generation = 0;

static void count_fork(void) { __atomic_add_fetch(&fork_generation, 1, __ATOMIC_RELEASE); }

__attribute__((constructor)) static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }

uint32_t rps_fork_generation(void) { return __atomic_load_n(&fork_generation, __ATOMIC_ACQUIRE); }

typedef struct {
  void (*body)(void *);
  void *argument;
  char name[16];
} start_t;

static void *run(void *boxed) {
  start_t start = *(start_t *)boxed;
  free(boxed);
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
#if defined(__linux__)
  pthread_setname_np(pthread_self(), start.name);
#else
  pthread_setname_np(start.name);
#endif
  start.body(start.argument);
  return NULL;
}

int rps_thread_start(const char *name, void (*body)(void *), void *argument) {
  start_t *start = calloc(1, sizeof *start);
  if (!start) return ENOMEM;
  start->body = body;
  start->argument = argument;
  strncpy(start->name, name, sizeof start->name - 1);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // The users' own tasks may run on this thread, so it gets the size of a main thread.
  pthread_attr_setstacksize(&attributes, 8u << 20);
  pthread_t thread;
  int reason = pthread_create(&thread, &attributes, run, start);
  pthread_attr_destroy(&attributes);
  if (reason) free(start);
  return reason;
}

uintptr_t rps_thread_id(void) { return (uintptr_t)pthread_self(); }

uint64_t rps_random(void) {
  uint64_t bits = 0;
#if defined(__linux__)
  if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != sizeof bits) bits = rps_now();
#else
  arc4random_buf(&bits, sizeof bits);
#endif
  return bits;
}
