#pragma once
/* Only the flags of python3-embed travel through this module; Python.h stays in CPythonSupport. */
