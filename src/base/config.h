/* config.h - settings as tables. Every room declares its own rows; the program joins them. The value
 * in force comes from a flag (--port=8080), else the environment (MATINEE_PORT), else the file
 * (matinee.conf: port = 8080), else the row's default. `matinee config` prints them with their origin. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;

enum config_type { CONFIG_STR, CONFIG_INT, CONFIG_BOOL, CONFIG_SIZE, CONFIG_DURATION, CONFIG_PATH,
                   CONFIG_URL /* its password is never printed, nor taken from argv */ };

struct config_key {
    const char *name; /* "http-port": flag --http-port, environment MATINEE_HTTP_PORT */
    enum config_type type;
    const char *def;
    int64_t min, max; /* for INT, SIZE (bytes; 64k, 10M, 2G), DURATION (ms; 500ms, 10s, 5m, 1h) */
    const char *doc;  /* one sentence, for help and the reference page */
    bool secret;      /* printed as "(set)"; never taken from argv */
};

struct config;

/* Tables are NULL-terminated arrays of pointers to arrays that end with a row without a name. */
struct config *config_new(const struct config_key *const *tables);
void config_free(struct config *c);
/* A missing file is fine when must_exist is false. ERR_INVALID names file, line, key and bounds. */
int config_load_file(struct config *c, const char *path, bool must_exist, struct err *reterr);
/* A secret may also come as a file: MATINEE_MAIL_PASSWORD_FILE names one that holds it (white space around it does not count). */
int config_load_env(struct config *c, char **environ_, struct err *reterr);
/* Takes --key=value, --key value, and --flag / --no-flag for BOOL out of argv; the rest is kept, in
 * order. "--" ends the options. ERR_INVALID with the nearest name for an unknown option. */
int config_load_args(struct config *c, int *argc, char **argv, struct err *reterr);
int config_set(struct config *c, const char *name, struct str value, const char *origin,
               struct err *reterr);

/* The name must be in the tables: anything else is our own bug and asserts. */
const char *config_str(const struct config *c, const char *name); /* borrowed; "" when empty */
int64_t config_int(const struct config *c, const char *name);     /* INT, SIZE and DURATION */
bool config_bool(const struct config *c, const char *name);
/* "name = value   # origin; doc" a line, secrets hidden. */
void config_print(const struct config *c, struct buf *out);
/* {"name": {"value": text, "origin": text}, ...}, secrets as "(set)". */
void config_json(const struct config *c, struct buf *out);
/* The reference as Markdown, for docs/CONFIG.md. */
void config_doc(const struct config *c, struct buf *out);
