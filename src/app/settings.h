/* settings.h - the program's own settings, and how a command's come together: flags over
 * environment over file over defaults. */
#pragma once
#include "base/config.h"

extern const struct config_key app_settings[];

/* Reads <data>/matinee.conf (or --config FILE), the environment and argv, in that order. argv keeps
 * what is no setting. ret_data_dir: absolute path of the data directory (which need not exist), the
 * caller's. */
int settings_load(int *argc, char **argv, struct config **ret_config, char **ret_data_dir,
                  struct err *reterr);
