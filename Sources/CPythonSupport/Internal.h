#pragma once

#if __has_include(<Python.h>) && !defined(CPS_NO_PYTHON)
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#if PY_VERSION_HEX >= 0x030A0000
#define CPS_PYTHON 1
#endif
#endif

#include "CPythonSupport.h"

#ifdef CPS_PYTHON
static inline PyObject *py(cps_object *object) { return (PyObject *)object; }
static inline cps_object *ours(PyObject *object) { return (cps_object *)object; }

/* The initialiser of `_redis_patterns_bridge`. */
PyObject *cps_module_init(void);
#endif
