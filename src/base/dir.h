/* dir.h - folders: made with their parents, and made durable. */
#pragma once
#include "base/err.h"

/* Makes the folder and the parents that it lacks, with mode 0750. One that exists is fine. */
int dir_make(const char *path, struct err *reterr);
/* fsync of a file or folder by its path: a rename in a folder is durable after it. */
int dir_sync(const char *path, struct err *reterr);
