/* command.h - the commands as one table: dispatch, help and the nearest name for a mistyped one are
 * derived from it. */
#pragma once
#include "base/config.h"
#include "base/err.h"
#include <jansson.h>

/* An option of one command, besides the settings that all take. May stand several times. */
struct cli_option {
    const char *name; /* "subtitle"; NULL ends a table */
    const char *arg;  /* "LANG:FILE"; NULL: a flag */
    const char *doc;
};

struct cli_given {
    const char *name, *value; /* borrowed from argv; value "" for a flag */
};

struct cli {
    const struct command *command;
    struct config *config;
    char *data_dir; /* absolute */
    int argc;       /* what is left: the arguments proper */
    char **argv;
    struct cli_given *given;
    size_t n_given;
    char **
        settings; /* what was left of argv when the command's own options were taken, for a child */
    int n_settings;
};

/* The value of the last --name, or NULL; flags give "". */
const char *cli_get(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);

/* 0: all was done; 1: something was not, and said why. */
enum { EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

enum command_flags {
    COMMAND_HIDDEN = 1,
    COMMAND_RAW = 2,  /* gets argv untouched, no settings */
    COMMAND_LOGS = 4, /* its log is for engineers: from level info */
};

struct command {
    const char *name; /* NULL ends the table */
    const char *args; /* "FILE|DIR..." */
    const char *doc;  /* one line */
    /* Returns the exit code, or negative: the error is printed and the code is EXIT_USAGE for a
     * reason "usage", EXIT_INTERRUPTED for "interrupted", else 1. */
    int (*run)(struct cli *cli, struct err *reterr);
    const struct cli_option *options; /* NULL: none */
    int min_args, max_args;           /* of argc; max -1: any */
    unsigned flags;
};

extern const struct command commands[];

int command_main(int argc, char **argv); /* the exit code */
/* The remedy for a wrong use of the command; code ERR_INVALID, reason "usage" (exit code 2). */
int usage_error(const struct cli *cli, struct err *reterr, const char *fmt, ...) PRINTF_LIKE(3, 4);
void error_print(const struct err *e);

/* One a file of commands. */
int cmd_help(struct cli *cli, struct err *reterr);
int cmd_version(struct cli *cli, struct err *reterr);
int cmd_config(struct cli *cli, struct err *reterr);
int cmd_media(struct cli *cli, struct err *reterr);
int cmd_import(struct cli *cli, struct err *reterr);
int cmd_imports(struct cli *cli, struct err *reterr);
int cmd_keys(struct cli *cli, struct err *reterr);
int cmd_package(struct cli *cli, struct err *reterr);
int cmd_probe(struct cli *cli, struct err *reterr);
int cmd_user(struct cli *cli, struct err *reterr);
int cmd_migrate(struct cli *cli, struct err *reterr);
int cmd_search_index(struct cli *cli, struct err *reterr);
int cmd_gc(struct cli *cli, struct err *reterr);
int cmd_demo(struct cli *cli, struct err *reterr);
int cmd_audit(struct cli *cli, struct err *reterr);
int cmd_routes(struct cli *cli, struct err *reterr);
int cmd_openapi(struct cli *cli, struct err *reterr);
int cmd_api_client(struct cli *cli, struct err *reterr);
int cmd_api_doc(struct cli *cli, struct err *reterr);
