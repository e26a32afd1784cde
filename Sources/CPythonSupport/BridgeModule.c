/* `_redis_patterns_bridge`: what Python code sees of the Swift program around it. The C part holds the doors; the rest
   is Python and comes from Sources/PythonBridge/Python. */
#include "Internal.h"

#ifdef CPS_PYTHON

static cps_hooks hooks;
static const char *module_source;

void cps_install(cps_hooks installed, const char *source) {
  hooks = installed;
  module_source = source;
}

static const char *name_of(PyObject *const *arguments, Py_ssize_t count, Py_ssize_t at) {
  if (count <= at || !PyUnicode_Check(arguments[at])) {
    PyErr_SetString(PyExc_TypeError, "the first argument is the name of a Swift function, a str");
    return NULL;
  }
  return PyUnicode_AsUTF8(arguments[at]);
}

static PyObject *call(PyObject *module, PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
  (void)module;
  const char *name = name_of(arguments, count, 0);
  if (!name) return NULL;
  return py(hooks.call(name, (cps_object *const *)arguments + 1, (size_t)count - 1, ours(names)));
}

static PyObject *start(PyObject *module, PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
  (void)module;
  const char *name = name_of(arguments, count, 1);
  if (!name) return NULL;
  int64_t ticket = PyLong_AsLongLong(arguments[0]);
  if (ticket == -1 && PyErr_Occurred()) return NULL;
  if (hooks.start(ticket, name, (cps_object *const *)arguments + 2, (size_t)count - 2, ours(names)) != 0) return NULL;
  Py_RETURN_NONE;
}

static PyObject *cancel(PyObject *module, PyObject *ticket) {
  (void)module;
  int64_t number = PyLong_AsLongLong(ticket);
  if (number == -1 && PyErr_Occurred()) return NULL;
  hooks.cancel(number);
  Py_RETURN_NONE;
}

static PyObject *closing(PyObject *module, PyObject *nothing) {
  (void)module;
  (void)nothing;
  Py_BEGIN_ALLOW_THREADS hooks.closing();
  Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"call", (PyCFunction)(void (*)(void))call, METH_FASTCALL | METH_KEYWORDS,
     "call(name, /, *args, **kwargs)\n--\n\nCalls a Swift function and waits for its result."},
    {"_start", (PyCFunction)(void (*)(void))start, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"_cancel", cancel, METH_O, NULL},
    {"_closing", closing, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int execute(PyObject *module) {
  PyObject *dict = PyModule_GetDict(module);
  PyObject *context = py(hooks.context());
  if (!context) return -1;
  int failed = PyDict_SetItemString(dict, "context", context);
  Py_DECREF(context);
  if (failed) return -1;
  if (PyDict_SetItemString(dict, "__builtins__", PyEval_GetBuiltins()) != 0) return -1;
  PyObject *code = Py_CompileString(module_source, "<redis-patterns bridge>", Py_file_input);
  if (!code) return -1;
  PyObject *result = PyEval_EvalCode(code, dict, dict);
  Py_DECREF(code);
  Py_XDECREF(result);
  return result ? 0 : -1;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)(uintptr_t)execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_redis_patterns_bridge",
    .m_doc = "The Swift program that runs this Python.",
    .m_methods = methods,
    .m_slots = slots,
};

PyObject *cps_module_init(void) { return PyModuleDef_Init(&definition); }

#endif
