/* roles.h - what a process of a running Matinee can be. The supervisor starts them; none is a
 * command for people. */
#pragma once
#include "app/command.h"

enum { ROLE_FD_LISTEN = 3 }; /* the app's Unix socket, listening already */

int cmd_app(struct cli *cli, struct err *reterr);
int cmd_worker(struct cli *cli, struct err *reterr);
int cmd_serve(struct cli *cli, struct err *reterr);
