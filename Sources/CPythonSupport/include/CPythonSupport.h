#pragma once

/* What Swift sees of CPython: opaque pointers and plain functions, so that Python.h never reaches the Swift importer
   and one source serves Python 3.10 to 3.13. Unless a comment says otherwise, a function needs the GIL, returns a new
   reference, and returns NULL or -1 with Python's error indicator set when it fails. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct cps_object cps_object;

/* Lifecycle. None of these needs the GIL. */

/* NULL when Python was there at build time, else the reason why it was not. */
const char *cps_unavailable_reason(void);
/* "3.11.2", of the loaded library. */
const char *cps_version(void);
/* Path of the file that libpython was loaded from, or NULL. */
const char *cps_library_path(void);
/* Initialises Python on this thread, which becomes Python's main thread and holds the GIL afterwards.
   Returns NULL, or a message that the caller frees. */
char *cps_start(const char *executable, bool isolated);
/* Runs a script on this thread as `python3 FILE ARGS...` would, finalises Python, and returns the exit status;
   argv[0] is the file. When Python cannot start, *failure is a message that the caller frees. */
int cps_run_main(const char *executable, int argc, char *const *argv, char **failure);
/* Drops the GIL of this thread; the result goes to cps_gil_take. */
void *cps_gil_drop(void);
void cps_gil_take(void *state);
/* Takes the GIL on a thread that Python has not seen before; once per thread. */
void cps_gil_adopt(void);
/* The identity under which cps_interrupt finds this thread. */
unsigned long cps_thread_id(void);
/* Raises KeyboardInterrupt in that thread at its next bytecode, or withdraws one that has not struck yet. */
void cps_interrupt(unsigned long thread, bool raise);
/* Runs pending signal handlers; -1 when one of them raised. */
int cps_check_signals(void);

/* Swift values to Python. */

void cps_release(cps_object *object);
cps_object *cps_retain(cps_object *object);
cps_object *cps_none(void);
cps_object *cps_bool(bool value);
cps_object *cps_int(int64_t value);
/* From "-0x1f"; ValueError when it is no number. */
cps_object *cps_int_from_hex(const char *digits);
cps_object *cps_double(double value);
cps_object *cps_string(const char *utf8, size_t size);
cps_object *cps_bytes(const void *data, size_t size);
cps_object *cps_list(size_t size);
cps_object *cps_tuple(size_t size);
cps_object *cps_dict(void);
/* These two steal the item and cannot fail for a fresh container. */
void cps_list_put(cps_object *list, size_t index, cps_object *item);
void cps_tuple_put(cps_object *tuple, size_t index, cps_object *item);
/* Steals nothing. */
int cps_list_append(cps_object *list, cps_object *item);
/* Steals neither; -1 with TypeError when the key is unhashable. */
int cps_dict_put(cps_object *dict, cps_object *key, cps_object *value);

/* Python values to Swift. Results of these are borrowed from the object. */

enum {
  CPS_OTHER,
  CPS_NONE,
  CPS_FALSE,
  CPS_TRUE,
  CPS_INT,
  CPS_DOUBLE,
  CPS_STRING,
  CPS_BYTES,
  CPS_BYTEARRAY,
  CPS_LIST,
  CPS_TUPLE,
  CPS_DICT,
};

int cps_kind(cps_object *object);
const char *cps_type_name(cps_object *object);
/* False when the number does not fit. */
bool cps_int_value(cps_object *object, int64_t *value);
/* New reference to "-0x1f". */
cps_object *cps_int_hex(cps_object *object);
double cps_double_value(cps_object *object);
/* NULL, with no error set, for a string that UTF-8 cannot hold (a lone surrogate). */
const char *cps_string_value(cps_object *object, size_t *size);
const char *cps_bytes_value(cps_object *object, size_t *size);
size_t cps_size(cps_object *container);
cps_object *cps_list_item(cps_object *list, size_t index);
cps_object *cps_tuple_item(cps_object *tuple, size_t index);
bool cps_dict_next(cps_object *dict, ptrdiff_t *position, cps_object **key, cps_object **value);

/* Calls. */

/* `path` may hold dots: `Path.cwd`. Imports the module at first. */
cps_object *cps_look_up(const char *module, size_t module_size, const char *path, size_t path_size);
/* `names` is a tuple of the last arguments' keywords, or NULL. */
cps_object *cps_call(cps_object *callable, cps_object *const *arguments, size_t positional, cps_object *names);
/* A function of the module `_redis_patterns_bridge`; imports it at first. */
cps_object *cps_bridge(const char *name);
/* Takes the error indicator as a normalised exception; NULL when there is none. */
cps_object *cps_take_error(void);
/* Sets the error indicator to what the bridge's `_error(kind, type, message)` makes. */
void cps_raise(const char *kind, const char *type, const char *message);
/* Number of memory blocks that Python's allocator has handed out. */
int64_t cps_allocated_blocks(void);
/* The benchmark's floor: calls `callable` with None, `count` times; nanoseconds in all. */
int64_t cps_time_calls(cps_object *callable, int64_t count);
/* Nanoseconds for `count` rounds of PyGILState_Ensure and Release; needs no GIL. */
int64_t cps_time_gil_state(int64_t count);

/* Python calling Swift. The hooks run with the GIL held, on any Python thread; `arguments` are `positional` values
   followed by one for each name in the tuple `names` (which may be NULL). */

typedef struct {
  cps_object *(*call)(const char *name, cps_object *const *arguments, size_t positional, cps_object *names);
  int (*start)(int64_t ticket, const char *name, cps_object *const *arguments, size_t positional, cps_object *names);
  void (*cancel)(int64_t ticket);
  /* The dict that scripts see as `context`. */
  cps_object *(*context)(void);
  /* Python is about to finalise: called without the GIL. */
  void (*closing)(void);
} cps_hooks;

/* Before cps_start or cps_run_main, once; `source` is the module's Python part and must live for ever. */
void cps_install(cps_hooks hooks, const char *source);

/* Threads. */

/* A detached thread that receives every signal but SIGPIPE, whatever this thread blocks; 0, or an errno. */
int cps_thread_start(const char *name, size_t stack_size, void (*body)(void));
bool cps_thread_is_main(void);
/* What print() left in C's buffers goes out before Python writes to the same descriptor. */
void cps_flush(void);
/* The C global, which Swift may not read. */
FILE *cps_standard_error(void);
