#ifdef __linux__
#define _GNU_SOURCE /* pthread_setname_np, gettid */
#endif
#include "CPythonSupport.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  void (*body)(void);
  char name[16]; /* Linux keeps 15 characters */
} thread_start;

static void *run(void *argument) {
  thread_start start = *(thread_start *)argument;
  free(argument);
  /* A thread inherits the mask of its maker, and libdispatch's workers block everything; Python's children inherit it
     from here. SIGPIPE stays blocked: without its own handlers Python would let a closed socket end the process. */
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGPIPE);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
#ifdef __APPLE__
  pthread_setname_np(start.name);
#else
  pthread_setname_np(pthread_self(), start.name);
#endif
  start.body();
  return NULL;
}

int cps_thread_start(const char *name, size_t stack_size, void (*body)(void)) {
  thread_start *start = calloc(1, sizeof *start);
  if (!start) return 12; /* ENOMEM */
  start->body = body;
  strncpy(start->name, name, sizeof start->name - 1);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_t thread;
  int failure = pthread_create(&thread, &attributes, run, start);
  pthread_attr_destroy(&attributes);
  if (failure) free(start);
  return failure;
}

bool cps_thread_is_main(void) {
#ifdef __APPLE__
  return pthread_main_np() != 0;
#else
  return getpid() == gettid();
#endif
}

void cps_flush(void) { fflush(stdout); }
FILE *cps_standard_error(void) { return stderr; }
