/* redirect.h - see criterion.h beside it. */
#pragma once
#include <stdio.h>
void cr_redirect_stderr(void);
FILE *cr_get_redirected_stderr(void); /* from its start; of the library's life */
