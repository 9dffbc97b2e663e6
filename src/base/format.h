/* format.h - snprintf for what the program prints most: the same result, without what a library may do to printf. */
#pragma once
#include "base/base.h"
#include <stdarg.h>

/* As snprintf and vsnprintf (C17 section 7.21.6.5), in the C locale: what would have been written without a
 * ceiling; dst ends in NUL where cap is not 0. Any conversion. Any thread. */
int text_format(char *dst, size_t cap, const char *fmt, ...) PRINTF_LIKE(3, 4);
int text_vformat(char *dst, size_t cap, const char *fmt, va_list ap);
