/* import_files.c - options and files of import and package. */
#include "app/import_files.h"
#include "base/buf.h"
#include "service/json.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cli_option import_options_table[] = {
    {"title", "TEXT", "Title; the file's name if left out"},
    {"lang", "LANG", "Language of the title, and of sound that says none (BCP 47: en, pt-BR)"},
    {"subtitle", "LANG:FILE", "Subtitles from a file (SRT, WebVTT, ASS, TTML); several times for several"},
    {"audio", "LANG:FILE", "Another soundtrack from a file; several times for several"},
    {"policy", "NAME=VALUE",
     "Of the encoding: preset, crf, codecs=hevc,av1, ladder, max_height, max_rungs, max_fps, crop (auto, or 1920x800+0+140), surround; of the sound: loudness "
     "(LUFS, or none), true_peak, opus, eac3, roles=main,commentary; of the protection: mezzanine=sealed, keys=track, key_period=600"},
    {"scheme", "cbcs|cenc|both|clear", "Encryption; what the setting protection says if left out"},
    {"no-publish", NULL, "Leaves the title invisible to viewers"},
    {"json", NULL, "A JSON object a line, for machines"},
    {"detach", NULL, "Queues and returns; a running server does the work"},
    {.name = NULL},
};

/* Values that read as numbers or truth are taken for that. */
static int policy_add(json_t *policy, struct str pair, struct err *reterr) {
    struct str name, value = str_cut(pair, '=', &name);
    char key[64];
    double number;
    if (!value.p || !name.n || name.n >= sizeof key)
        return err_refuse(reterr, ERR_INVALID, "usage", "For example: --policy preset=veryfast",
                          "--policy wants NAME=VALUE, not \"" STR_FMT "\"", STR_ARG(pair));
    memcpy(key, name.p, name.n);
    key[name.n] = 0;
    int64_t whole;
    json_t *v = str_to_i64(value, &whole)     ? json_integer(whole)
                : str_to_f64(value, &number)  ? json_real(number)
                : str_eq(value, STR("true"))  ? json_true()
                : str_eq(value, STR("false")) ? json_false()
                                              : json_stringn(value.p, value.n);
    return json_object_set_new(policy, key, v) == 0
               ? 0
               : err_set(reterr, ERR_INVALID, "--policy is not UTF-8");
}

static int extra_add(struct import_options *o, enum input_kind kind, const char *value,
                     struct arena *a, struct err *reterr) {
    struct str lang, rest = str_cut(str_of(value), ':', &lang), canonical;
    const char *option = kind == INPUT_AUDIO ? "--audio" : "--subtitle";
    if (!rest.n)
        return err_refuse(reterr, ERR_INVALID, "usage", "For example: --subtitle en:film.srt",
                          "%s wants LANG:FILE, not \"%s\"", option, value);
    if (!language_parse(lang, a, &canonical))
        return err_refuse(reterr, ERR_INVALID, "import.language_unknown",
                          "Write a BCP 47 tag before the colon, such as en, fr, pt-BR or zh-Hant.",
                          "%s %s: \"" STR_FMT "\" is no language that we know", option, value,
                          STR_ARG(lang));
    if (o->n_extra >= ARRAY_LEN(o->extra))
        return err_set(reterr, ERR_LIMIT, "over %zu soundtracks and subtitles",
                       ARRAY_LEN(o->extra));
    o->extra[o->n_extra++] = (struct import_extra){kind, canonical, str_cstr(a, rest)};
    return 0;
}

/* What is said here counts, whatever the house has. */
static int scheme_parse(const char *s, json_t *policy, enum scheme *ret, struct err *reterr) {
    if (strcmp(s, "clear") != 0)
        json_object_set_new(policy, "protection", json_string(s));
    if (strcmp(s, "both") == 0)
        return 0; /* cbcs first */
    for (int i = 0; i < 3; i++)
        if (strcmp(s, scheme_names[i]) == 0) {
            *ret = (enum scheme)i;
            return 0;
        }
    return err_refuse(reterr, ERR_INVALID, "usage", "cbcs suits every current device.",
                      "--scheme is cbcs, cenc, both or clear, not \"%s\"", s);
}

int import_options_read(const struct cli *cli, struct arena *a, struct import_options *ret_o,
                        struct err *reterr) {
    json_t *policy = json_object();
    *ret_o = (struct import_options){.title = str_of(cli_get(cli, "title")),
                                     .scheme = SCHEME_CBCS,
                                     .publish = !cli_has(cli, "no-publish")};
    struct str lang = str_of(cli_get(cli, "lang"));
    int r = 0;
    if (lang.p && !language_parse(lang, a, &ret_o->lang))
        r = err_refuse(reterr, ERR_INVALID, "import.language_unknown",
                       "Write a BCP 47 tag such as en, fr, pt-BR or zh-Hant.",
                       "--lang: \"" STR_FMT "\" is no language that we know", STR_ARG(lang));
    if (cli_has(cli, "clear"))
        ret_o->scheme = SCHEME_CLEAR;
    else if (r == 0 && cli_has(cli, "scheme"))
        r = scheme_parse(cli_get(cli, "scheme"), policy, &ret_o->scheme, reterr);
    for (size_t i = 0; i < cli->n_given && r == 0; i++) {
        const struct cli_given *g = &cli->given[i];
        if (strcmp(g->name, "policy") == 0)
            r = policy_add(policy, str_of(g->value), reterr);
        else if (strcmp(g->name, "audio") == 0)
            r = extra_add(ret_o, INPUT_AUDIO, g->value, a, reterr);
        else if (strcmp(g->name, "subtitle") == 0)
            r = extra_add(ret_o, INPUT_TEXT, g->value, a, reterr);
    }
    scoped(mem_free) char *text = json_dumps(policy, JSON_COMPACT);
    json_decref(policy);
    ret_o->policy = str_dup(a, str_of(text));
    return r;
}

/* ---- files ---- */

static int list_add(struct file_list *l, struct arena *a, const char *path, struct err *reterr) {
    if (l->n == l->cap) {
        size_t cap = MAX(l->cap * 2, (size_t)32);
        const char **grown = arena_news(a, const char *, cap);
        if (!grown)
            return err_set(reterr, ERR_LIMIT, "too many files");
        if (l->n)
            memcpy(grown, l->paths, l->n * sizeof *grown);
        l->paths = grown;
        l->cap = cap;
    }
    l->paths[l->n++] = str_cstr(a, str_of(path));
    return 0;
}

static bool film_by_name(const char *name) {
    static const char *const endings[] = {".mp4", ".m4v",  ".mov", ".mkv", ".webm", ".avi",
                                          ".ts",  ".m2ts", ".mts", ".mpg", ".mpeg", ".mxf",
                                          ".wmv", ".flv",  ".ogv", ".3gp", ".y4m",  ".vob"};
    struct str s = str_of(name);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        struct str e = str_of(endings[i]);
        if (s.n > e.n && str_eq_nocase(str_slice(s, s.n - e.n, s.n), e))
            return true;
    }
    return false;
}

static int visible(const struct dirent *de) {
    return de->d_name[0] != '.';
}

static int folder_find(const char *path, int depth, struct arena *a, struct file_list *l,
                       struct err *reterr) {
    struct dirent **entries;
    int n = scandir(path, &entries, visible, alphasort), r = 0;
    if (n < 0)
        return err_errno(reterr, errno, "%s", path);
    for (int i = 0; i < n; i++) {
        char *full = NULL;
        struct stat st;
        if (r == 0 && asprintf(&full, "%s/%s", path, entries[i]->d_name) > 0 &&
            stat(full, &st) == 0) {
            if (S_ISDIR(st.st_mode) && depth < 8)
                r = folder_find(full, depth + 1, a, l, reterr);
            else if (S_ISREG(st.st_mode) && film_by_name(full))
                r = list_add(l, a, full, reterr);
        }
        free(full);
        free(entries[i]);
    }
    free(entries);
    return r;
}

int files_find(const char *path, struct arena *a, struct file_list *l, struct err *reterr) {
    struct stat st;
    if (stat(path, &st) < 0) {
        int e = errno, r = err_errno(reterr, e, "%s", path);
        if (e == ELOOP)
            return err_refuse(reterr, r, "import.file_absent",
                              "The link points to itself in the end; name the file itself.", "%s: %s",
                              path, strerror(e));
        return r == ERR_NOT_FOUND
                   ? err_refuse(reterr, r, "import.file_absent", "Check the path and its spelling.",
                                "%s: there is no such file", path)
                   : r;
    }
    if (!S_ISDIR(st.st_mode))
        return list_add(l, a, path, reterr);
    size_t before = l->n;
    int r = folder_find(path, 0, a, l, reterr);
    if (r == 0 && l->n == before)
        return err_refuse(reterr, ERR_NOT_FOUND, "import.folder_empty",
                          "Films are found by their endings (.mp4, .mkv, .mov, .webm, ...); name "
                          "the file itself otherwise.",
                          "%s: no film in this folder", path);
    return r;
}

static struct str line_text(struct str s, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(4096);
    for (size_t i = 0, n; i < s.n; i += n) {
        n = 1;
        while (n < 4 && i + n < s.n && ((uint8_t)s.p[i + n] & 0xC0) == 0x80)
            n++;
        if (!str_is_utf8(str_slice(s, i, i + n)))
            buf_addc(&b, "\xef\xbf\xbd");
        else if ((uint8_t)s.p[i] < ' ' || s.p[i] == 127)
            buf_byte(&b, ' ');
        else
            buf_mem(&b, s.p + i, n);
    }
    return b.n ? str_dup(a, buf_str(&b)) : STR("");
}

struct str file_name_text(const char *path, struct arena *a) {
    const char *base = strrchr(path, '/');
    return line_text(str_of(base ? base + 1 : path), a);
}

void refusal_json_print(const char *path, const struct err *e) {
    struct arena a = ARENA(64 << 10);
    json_t *j = json_pack(
        "{s:s, s:o, s:{s:s, s:o, s:o}}", "state", "refused", "file",
        path ? json_of_str(line_text(str_of(path), &a)) : json_null(), "error", "code",
        err_reason(e), "detail", json_of_str(line_text(str_of(e->msg[0] ? e->msg : e->hint), &a)),
        "remedy", json_of_str(line_text(str_of(e->hint), &a)));
    scoped(mem_free) char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    if (text)
        puts(text);
    fflush(stdout);
    arena_done(&a);
}

static int input_make(const char *path, enum input_kind kind, struct str lang, struct arena *a,
                      struct import_input *ret, struct err *reterr) {
    char *real = realpath(path, NULL);
    *ret = (struct import_input){.kind = kind,
                                 .lang = lang,
                                 .name = file_name_text(path, a),
                                 /* One that is not there is told by import_create, in words. */
                                 .path = str_dup(a, str_of(real ? real : path))};
    free(real);
    return ret->path.p ? 0 : err_set(reterr, ERR_LIMIT, "%s: the path is too long", path);
}

int import_inputs(const char *path, const struct import_options *o, struct arena *a,
                  struct import_input inputs[IMPORT_INPUTS_MAX], size_t *ret_n,
                  struct err *reterr) {
    int r = input_make(path, INPUT_FILM, o->lang, a, &inputs[0], reterr);
    for (size_t i = 0; i < o->n_extra && r == 0; i++)
        r = input_make(o->extra[i].path, o->extra[i].kind, o->extra[i].lang, a, &inputs[1 + i],
                       reterr);
    *ret_n = 1 + o->n_extra;
    return r;
}
