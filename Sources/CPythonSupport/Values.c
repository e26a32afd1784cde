#include "Internal.h"

#ifdef CPS_PYTHON

void cps_release(cps_object *object) { Py_XDECREF(py(object)); }

cps_object *cps_retain(cps_object *object) {
  Py_INCREF(py(object));
  return object;
}

cps_object *cps_none(void) {
  Py_INCREF(Py_None);
  return ours(Py_None);
}

cps_object *cps_bool(bool value) { return ours(PyBool_FromLong(value)); }
cps_object *cps_int(int64_t value) { return ours(PyLong_FromLongLong(value)); }

cps_object *cps_int_from_hex(const char *digits) {
  char *end = NULL;
  PyObject *number = PyLong_FromString(digits, &end, 16);
  if (number && end && *end) {
    Py_DECREF(number);
    PyErr_SetString(PyExc_ValueError, "not a hexadecimal number");
    return NULL;
  }
  return ours(number);
}

cps_object *cps_double(double value) { return ours(PyFloat_FromDouble(value)); }

cps_object *cps_string(const char *utf8, size_t size) {
  return ours(PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)size, NULL));
}

cps_object *cps_bytes(const void *data, size_t size) {
  return ours(PyBytes_FromStringAndSize(data, (Py_ssize_t)size));
}

cps_object *cps_list(size_t size) { return ours(PyList_New((Py_ssize_t)size)); }
cps_object *cps_tuple(size_t size) { return ours(PyTuple_New((Py_ssize_t)size)); }
cps_object *cps_dict(void) { return ours(PyDict_New()); }

void cps_list_put(cps_object *list, size_t index, cps_object *item) {
  PyList_SET_ITEM(py(list), (Py_ssize_t)index, py(item));
}

void cps_tuple_put(cps_object *tuple, size_t index, cps_object *item) {
  PyTuple_SET_ITEM(py(tuple), (Py_ssize_t)index, py(item));
}

int cps_list_append(cps_object *list, cps_object *item) { return PyList_Append(py(list), py(item)); }

int cps_dict_put(cps_object *dict, cps_object *key, cps_object *value) {
  return PyDict_SetItem(py(dict), py(key), py(value));
}

int cps_kind(cps_object *object) {
  PyObject *o = py(object);
  if (o == Py_None) return CPS_NONE;
  if (o == Py_True) return CPS_TRUE;
  if (o == Py_False) return CPS_FALSE;
  if (PyUnicode_Check(o)) return CPS_STRING;
  if (PyLong_Check(o)) return CPS_INT;
  if (PyDict_Check(o)) return CPS_DICT;
  if (PyList_Check(o)) return CPS_LIST;
  if (PyTuple_Check(o)) return CPS_TUPLE;
  if (PyFloat_Check(o)) return CPS_DOUBLE;
  if (PyBytes_Check(o)) return CPS_BYTES;
  if (PyByteArray_Check(o)) return CPS_BYTEARRAY;
  return CPS_OTHER;
}

const char *cps_type_name(cps_object *object) { return Py_TYPE(py(object))->tp_name; }

bool cps_int_value(cps_object *object, int64_t *value) {
  int overflow = 0;
  *value = PyLong_AsLongLongAndOverflow(py(object), &overflow);
  return overflow == 0;
}

cps_object *cps_int_hex(cps_object *object) { return ours(PyNumber_ToBase(py(object), 16)); }
double cps_double_value(cps_object *object) { return PyFloat_AS_DOUBLE(py(object)); }

const char *cps_string_value(cps_object *object, size_t *size) {
  Py_ssize_t length = 0;
  const char *text = PyUnicode_AsUTF8AndSize(py(object), &length);
  if (!text) PyErr_Clear();
  *size = (size_t)length;
  return text;
}

const char *cps_bytes_value(cps_object *object, size_t *size) {
  PyObject *o = py(object);
  if (PyByteArray_Check(o)) {
    *size = (size_t)PyByteArray_GET_SIZE(o);
    return PyByteArray_AS_STRING(o);
  }
  *size = (size_t)PyBytes_GET_SIZE(o);
  return PyBytes_AS_STRING(o);
}

size_t cps_size(cps_object *container) {
  PyObject *o = py(container);
  if (PyList_Check(o)) return (size_t)PyList_GET_SIZE(o);
  if (PyTuple_Check(o)) return (size_t)PyTuple_GET_SIZE(o);
  return (size_t)PyDict_Size(o);
}

cps_object *cps_list_item(cps_object *list, size_t index) {
  return ours(PyList_GET_ITEM(py(list), (Py_ssize_t)index));
}

cps_object *cps_tuple_item(cps_object *tuple, size_t index) {
  return ours(PyTuple_GET_ITEM(py(tuple), (Py_ssize_t)index));
}

bool cps_dict_next(cps_object *dict, ptrdiff_t *position, cps_object **key, cps_object **value) {
  Py_ssize_t at = *position;
  PyObject *k = NULL, *v = NULL;
  bool found = PyDict_Next(py(dict), &at, &k, &v) != 0;
  *position = at;
  *key = ours(k);
  *value = ours(v);
  return found;
}

#endif
