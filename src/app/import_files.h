/* import_files.h - from a command line to what is to be imported; shared by import and package. */
#pragma once
#include "app/command.h"
#include "service/ingest/ingest.h"

enum { IMPORT_INPUTS_MAX = 32 };

struct import_extra {
    enum input_kind kind; /* AUDIO or TEXT */
    struct str lang;
    const char *path;
};
struct import_options {
    struct str title, lang, policy; /* policy: JSON */
    enum scheme scheme;
    bool publish;
    struct import_extra extra[IMPORT_INPUTS_MAX - 1];
    size_t n_extra;
};
extern const struct cli_option import_options_table[];
/* --title, --lang, --policy k=v, --subtitle LANG:FILE, --audio LANG:FILE, --scheme, --clear,
 * --no-publish. */
int import_options_read(const struct cli *cli, struct arena *a, struct import_options *ret_o,
                        struct err *reterr);

struct file_list {
    const char **paths; /* in the arena */
    size_t n, cap;
};
/* A file as it is; of a folder all films in it, in the order of their names. ERR_NOT_FOUND,
 * ERR_PERMISSION. */
int files_find(const char *path, struct arena *a, struct file_list *l, struct err *reterr);
/* A path's last part as text on one line: a file may be named in any bytes. */
struct str file_name_text(const char *path, struct arena *a);
/* A refusal for machines, a line on standard output: {state:"refused", file (null: no file is at fault),
 * error:{code, detail, remedy}}. */
void refusal_json_print(const char *path, const struct err *e);
/* The film and what goes with it. Paths become absolute. */
int import_inputs(const char *path, const struct import_options *o, struct arena *a,
                  struct import_input inputs[IMPORT_INPUTS_MAX], size_t *ret_n, struct err *reterr);
