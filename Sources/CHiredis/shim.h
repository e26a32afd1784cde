#pragma once
#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#else
#error "hiredis headers not found. Debian/Ubuntu: sudo apt-get install -y libhiredis-dev | Fedora: sudo dnf install -y hiredis-devel | macOS: brew install hiredis"
#endif
