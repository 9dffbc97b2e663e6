/* front_user.h - whom nginx's workers run as where root starts Matinee. */
#pragma once
#include "base/err.h"

struct front_folders {
    const char *data, *run, *media, *web, *console; /* console may be NULL */
};

/* Makes <run>/log, which the workers write, and where we are root chooses their user: `name` (the
 * setting front-user), if that user can reach what a worker reads; *ret_user is then name, else
 * NULL: the master's own user, and a line in the log says why. What is secret (0600) is read by the
 * master before its workers exist. ERR_PERMISSION and the like: a folder that cannot be made. */
int front_user_choose(const struct front_folders *f, const char *name, const char **ret_user,
                      struct err *reterr);
/* The group's name for nginx's `user`: ours, which what we write belongs to. In a static buffer. */
const char *front_user_group(void);
