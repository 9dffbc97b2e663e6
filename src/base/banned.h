/* banned.h - forced into every C file by the build: functions without a length, a bound or a
 * thread-safe result. Use str, buf, str_to_i64 and clock.h instead. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atof gmtime     \
    localtime gets asctime ctime
