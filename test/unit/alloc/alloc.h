/* alloc.h - memory that runs out on purpose. The linker sends every allocation of our own code here
 * (-Wl,--wrap), Jansson and SQLite are told to ask here too; nothing is preloaded. */
#pragma once
#include <stdbool.h>

void alloc_install(void); /* before SQLite is first used */
/* The nth allocation from now on (0: the next), of any thread, fails, and those after it do not. */
void alloc_fail(int nth);
bool alloc_failed(void); /* it came to that; also ends the failing */
