#include "Internal.h"

#ifdef CPS_PYTHON
#include <string.h>
#include <time.h>

static PyObject *import_module(const char *module, size_t size) {
  PyObject *name = PyUnicode_FromStringAndSize(module, (Py_ssize_t)size);
  if (!name) return NULL;
  /* Unlike PyImport_Import this costs little for a loaded module; it returns the top of a dotted name. */
  PyObject *found = PyImport_ImportModuleLevelObject(name, NULL, NULL, NULL, 0);
  if (found && memchr(module, '.', size)) {
    Py_DECREF(found);
    found = PyImport_GetModule(name);
    if (!found && !PyErr_Occurred()) PyErr_SetObject(PyExc_ImportError, name);
  }
  Py_DECREF(name);
  return found;
}

cps_object *cps_look_up(const char *module, size_t module_size, const char *path, size_t path_size) {
  PyObject *object = import_module(module, module_size);
  const char *end = path + path_size;
  for (const char *at = path; object && at <= end;) {
    const char *dot = memchr(at, '.', (size_t)(end - at));
    const char *stop = dot ? dot : end;
    PyObject *name = PyUnicode_FromStringAndSize(at, stop - at);
    PyObject *attribute = name ? PyObject_GetAttr(object, name) : NULL;
    Py_XDECREF(name);
    Py_DECREF(object);
    object = attribute;
    at = stop + 1;
  }
  return ours(object);
}

cps_object *cps_call(cps_object *callable, cps_object *const *arguments, size_t positional, cps_object *names) {
  return ours(PyObject_Vectorcall(py(callable), (PyObject *const *)arguments, positional, py(names)));
}

cps_object *cps_bridge(const char *name) {
  PyObject *module = PyImport_ImportModule("_redis_patterns_bridge");
  if (!module) return NULL;
  PyObject *value = PyObject_GetAttrString(module, name);
  Py_DECREF(module);
  return ours(value);
}

cps_object *cps_take_error(void) {
#if PY_VERSION_HEX >= 0x030C0000
  return ours(PyErr_GetRaisedException());
#else
  PyObject *type = NULL, *value = NULL, *traceback = NULL;
  PyErr_Fetch(&type, &value, &traceback);
  if (!type) return NULL;
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback) PyException_SetTraceback(value, traceback);
  Py_XDECREF(traceback);
  Py_DECREF(type);
  return ours(value);
#endif
}

void cps_raise(const char *kind, const char *type, const char *message) {
  PyObject *make = py(cps_bridge("_error"));
  PyObject *error = make ? PyObject_CallFunction(make, "sss", kind, type, message) : NULL;
  if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
  Py_XDECREF(error);
  Py_XDECREF(make);
}

int64_t cps_allocated_blocks(void) {
  PyObject *sys = PyImport_ImportModule("sys");
  PyObject *blocks = sys ? PyObject_CallMethod(sys, "getallocatedblocks", NULL) : NULL;
  int64_t count = blocks ? PyLong_AsLongLong(blocks) : -1;
  Py_XDECREF(blocks);
  Py_XDECREF(sys);
  return count;
}

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t cps_time_calls(cps_object *callable, int64_t count) {
  int64_t start = now_ns();
  for (int64_t i = 0; i < count; i++) {
    PyObject *result = PyObject_CallOneArg(py(callable), Py_None);
    if (!result) return -1;
    Py_DECREF(result);
  }
  return now_ns() - start;
}

int64_t cps_time_gil_state(int64_t count) {
  int64_t start = now_ns();
  for (int64_t i = 0; i < count; i++) {
    PyGILState_STATE state = PyGILState_Ensure();
    PyGILState_Release(state);
  }
  return now_ns() - start;
}

#endif
