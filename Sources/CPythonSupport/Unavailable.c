/* Without Python's headers the package still builds: starting fails with the reason, so nothing else is ever called. */
#include "Internal.h"

#ifndef CPS_PYTHON

const char *cps_unavailable_reason(void) {
  return "this program was built without Python: install the development files of Python 3.10 or newer "
         "(Debian, Ubuntu: python3-dev; Fedora: python3-devel; macOS: brew install python3) and build it again";
}

#define NOTHING(name, parameters)                                                                                     \
  void name parameters {}
#define ZERO(type, name, parameters)                                                                                  \
  type name parameters { return (type)0; }
#define OBJECT(name, parameters) ZERO(cps_object *, name, parameters)

#pragma GCC diagnostic ignored "-Wunused-parameter"

ZERO(const char *, cps_version, (void))
ZERO(const char *, cps_library_path, (void))
ZERO(char *, cps_start, (const char *executable, bool isolated))
ZERO(int, cps_run_main, (const char *executable, int argc, char *const *argv, char **failure))
ZERO(void *, cps_gil_drop, (void))
NOTHING(cps_gil_take, (void *state))
NOTHING(cps_gil_adopt, (void))
ZERO(unsigned long, cps_thread_id, (void))
NOTHING(cps_interrupt, (unsigned long thread, bool raise))
ZERO(int, cps_check_signals, (void))

NOTHING(cps_release, (cps_object * object))
OBJECT(cps_retain, (cps_object * object))
OBJECT(cps_none, (void))
OBJECT(cps_bool, (bool value))
OBJECT(cps_int, (int64_t value))
OBJECT(cps_int_from_hex, (const char *digits))
OBJECT(cps_double, (double value))
OBJECT(cps_string, (const char *utf8, size_t size))
OBJECT(cps_bytes, (const void *data, size_t size))
OBJECT(cps_list, (size_t size))
OBJECT(cps_tuple, (size_t size))
OBJECT(cps_dict, (void))
NOTHING(cps_list_put, (cps_object * list, size_t index, cps_object *item))
NOTHING(cps_tuple_put, (cps_object * tuple, size_t index, cps_object *item))
ZERO(int, cps_list_append, (cps_object * list, cps_object *item))
ZERO(int, cps_dict_put, (cps_object * dict, cps_object *key, cps_object *value))

ZERO(int, cps_kind, (cps_object * object))
ZERO(const char *, cps_type_name, (cps_object * object))
ZERO(bool, cps_int_value, (cps_object * object, int64_t *value))
OBJECT(cps_int_hex, (cps_object * object))
ZERO(double, cps_double_value, (cps_object * object))
ZERO(const char *, cps_string_value, (cps_object * object, size_t *size))
ZERO(const char *, cps_bytes_value, (cps_object * object, size_t *size))
ZERO(size_t, cps_size, (cps_object * container))
OBJECT(cps_list_item, (cps_object * list, size_t index))
OBJECT(cps_tuple_item, (cps_object * tuple, size_t index))
ZERO(bool, cps_dict_next, (cps_object * dict, ptrdiff_t *position, cps_object **key, cps_object **value))

OBJECT(cps_look_up, (const char *module, size_t module_size, const char *path, size_t path_size))
OBJECT(cps_call, (cps_object * callable, cps_object *const *arguments, size_t positional, cps_object *names))
OBJECT(cps_bridge, (const char *name))
OBJECT(cps_take_error, (void))
NOTHING(cps_raise, (const char *kind, const char *type, const char *message))
ZERO(int64_t, cps_allocated_blocks, (void))
ZERO(int64_t, cps_time_calls, (cps_object * callable, int64_t count))
ZERO(int64_t, cps_time_gil_state, (int64_t count))
NOTHING(cps_install, (cps_hooks hooks, const char *source))

#endif
