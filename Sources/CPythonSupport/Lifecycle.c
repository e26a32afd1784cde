#ifdef __linux__
#define _GNU_SOURCE /* dladdr */
#endif
#include "Internal.h"

#ifdef CPS_PYTHON
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

const char *cps_unavailable_reason(void) { return NULL; }

const char *cps_version(void) {
  static char version[32];
  const char *text = Py_GetVersion();
  size_t length = strcspn(text, " +");
  if (length >= sizeof version) length = sizeof version - 1;
  memcpy(version, text, length);
  return version;
}

const char *cps_library_path(void) {
  Dl_info info;
  return dladdr((void *)(uintptr_t)Py_InitializeFromConfig, &info) && info.dli_fname ? info.dli_fname : NULL;
}

static char *describe(PyStatus status) {
  return strdup(status.err_msg ? status.err_msg : "Python gave no reason");
}

/* A library that was opened with RTLD_LOCAL hides Python's symbols from extension modules: make them global. */
static void expose_symbols(void) {
  const char *path = cps_library_path();
  if (path) dlopen(path, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

static PyStatus set_executable(PyConfig *config, const char *executable) {
  PyStatus status = PyConfig_SetBytesString(config, &config->executable, executable);
  if (PyStatus_Exception(status)) return status;
  return PyConfig_SetBytesString(config, &config->program_name, executable);
}

char *cps_start(const char *executable, bool isolated) {
  expose_symbols();
  PyPreConfig before;
  PyPreConfig_InitPythonConfig(&before);
  if (isolated) PyPreConfig_InitIsolatedConfig(&before);
  before.parse_argv = 0;
  before.utf8_mode = 1;
  before.configure_locale = 0; /* the locale is the host's */
  before.coerce_c_locale = 0;
  PyStatus status = Py_PreInitialize(&before);
  if (PyStatus_Exception(status)) return describe(status);
  if (PyImport_AppendInittab("_redis_patterns_bridge", cps_module_init) != 0) return strdup("out of memory");

  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  if (isolated) PyConfig_InitIsolatedConfig(&config);
  config.parse_argv = 0;
  config.install_signal_handlers = 0; /* signals are the host's */
  status = set_executable(&config, executable);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return PyStatus_Exception(status) ? describe(status) : NULL;
}

int cps_run_main(const char *executable, int argc, char *const *argv, char **failure) {
  expose_symbols();
  PyPreConfig before;
  PyPreConfig_InitPythonConfig(&before);
  before.parse_argv = 0;
  PyStatus status = Py_PreInitialize(&before);
  if (PyStatus_Exception(status)) {
    *failure = describe(status);
    return 1;
  }
  PyImport_AppendInittab("_redis_patterns_bridge", cps_module_init);

  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.parse_argv = 0; /* what follows the file is the script's, never Python's */
  status = set_executable(&config, executable);
  if (!PyStatus_Exception(status)) status = PyConfig_SetBytesArgv(&config, argc, argv);
  if (!PyStatus_Exception(status)) status = PyConfig_SetBytesString(&config, &config.run_filename, argv[0]);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) {
    *failure = describe(status);
    return 1;
  }
  return Py_RunMain();
}

void *cps_gil_drop(void) { return PyEval_SaveThread(); }
void cps_gil_take(void *state) { PyEval_RestoreThread(state); }
void cps_gil_adopt(void) { (void)PyGILState_Ensure(); }
unsigned long cps_thread_id(void) { return PyThread_get_thread_ident(); }

void cps_interrupt(unsigned long thread, bool raise) {
  PyThreadState_SetAsyncExc(thread, raise ? PyExc_KeyboardInterrupt : NULL);
}

int cps_check_signals(void) { return PyErr_CheckSignals(); }

#endif
