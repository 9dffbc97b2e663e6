#include "base/config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/url.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct value {
    const struct config_key *key;
    char *text;
    int64_t number;
    const char *origin;
};

struct config {
    size_t n, slots; /* slots: a power of two */
    struct value *v, **by_name; /* open addressing: requests ask for settings, too */
};

static const struct {
    const char *suffix;
    int64_t scale;
} sizes[] = {{"k", 1LL << 10}, {"K", 1LL << 10}, {"M", 1LL << 20}, {"G", 1LL << 30}, {"T", 1LL << 40}},
  durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

static bool number_parse(const struct config_key *k, struct str s, int64_t *ret) {
    int64_t scale = 1, v;
    if (k->type == CONFIG_BOOL) {
        bool yes = str_eq(s, STR("true")) || str_eq(s, STR("yes")) || str_eq(s, STR("1")) ||
                   str_eq(s, STR("on"));
        bool no = str_eq(s, STR("false")) || str_eq(s, STR("no")) || str_eq(s, STR("0")) ||
                  str_eq(s, STR("off"));
        *ret = yes;
        return yes || no;
    }
    if (k->type == CONFIG_SIZE) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
            if (str_ends(s, str_of(sizes[i].suffix))) {
                s.n -= strlen(sizes[i].suffix);
                scale = sizes[i].scale;
                break;
            }
    } else if (k->type == CONFIG_DURATION) {
        for (size_t i = 0; i < ARRAY_LEN(durations); i++)
            if (str_ends(s, str_of(durations[i].suffix))) {
                s.n -= strlen(durations[i].suffix);
                scale = durations[i].scale;
                break;
            }
    }
    return str_to_i64(s, &v) && !__builtin_mul_overflow(v, scale, ret);
}

static const char *number_due(const struct config_key *k, char dst[80]) {
    const char *unit = k->type == CONFIG_SIZE ? " bytes" : k->type == CONFIG_DURATION ? " ms" : "";
    snprintf(dst, 80, k->max ? "from %" PRId64 " to %" PRId64 "%s" : "a number", k->min, k->max, unit);
    return dst;
}

static int value_set(struct value *v, struct str text, const char *origin, struct err *reterr) {
    const struct config_key *k = v->key;
    int64_t number = 0;
    if (k->type != CONFIG_STR && k->type != CONFIG_PATH && k->type != CONFIG_URL) {
        if (!number_parse(k, text, &number) || (k->max && (number < k->min || number > k->max)))
            return err_refuse(reterr, ERR_INVALID, "config.value", "", "%s: %s is \"" STR_FMT "\": it must be %s",
                              origin, k->name, STR_ARG(text),
                              k->type == CONFIG_BOOL ? "true or false" : number_due(k, (char[80]){""}));
    }
    char *copy = malloc(text.n + 1);
    if (!copy)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    free(v->text);
    v->text = copy;
    v->number = number;
    v->origin = origin;
    return 0;
}

static struct value **slot_of(const struct config *c, struct str name) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (uint8_t)name.p[i]) * 16777619u;
    struct value **at = &c->by_name[hash & (c->slots - 1)];
    while (*at && !str_eq(name, str_of((*at)->key->name)))
        at = at + 1 < c->by_name + c->slots ? at + 1 : c->by_name;
    return at;
}

struct config *config_new(const struct config_key *const *tables) {
    struct config *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    for (const struct config_key *const *t = tables; *t; t++)
        for (const struct config_key *k = *t; k->name; k++)
            c->n++;
    for (c->slots = 16; c->slots < 2 * c->n; c->slots *= 2)
        ;
    c->v = calloc(MAX(c->n, (size_t)1), sizeof *c->v);
    c->by_name = calloc(c->slots, sizeof *c->by_name);
    if (!c->v || !c->by_name) {
        free(c->v);
        free(c->by_name);
        free(c);
        return NULL;
    }
    size_t i = 0;
    for (const struct config_key *const *t = tables; *t; t++)
        for (const struct config_key *k = *t; k->name; k++, i++) {
            c->v[i].key = k;
            struct value **slot = slot_of(c, str_of(k->name));
            *slot = *slot ? *slot : &c->v[i]; /* the first of a name, should there be two */
            int r = value_set(&c->v[i], str_of(k->def), "default", NULL);
            assert(r == 0 && "a default must satisfy its own bounds");
        }
    return c;
}

void config_free(struct config *c) {
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        free(c->v[i].text);
    free(c->v);
    free(c->by_name);
    free(c);
}

static struct value *find(const struct config *c, struct str name) { return *slot_of(c, name); }

static size_t distance(struct str a, struct str b) {
    size_t row[64];
    if (a.n >= 64 || b.n >= 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diag = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t up = row[j], cost = a.p[i - 1] != b.p[j - 1];
            row[j] = MIN(MIN(row[j] + 1, row[j - 1] + 1), diag + cost);
            diag = up;
        }
    }
    return row[b.n];
}

static const char *nearest(const struct config *c, struct str name) {
    const char *best = NULL;
    size_t least = 4;
    for (size_t i = 0; i < c->n; i++) {
        size_t d = distance(name, str_of(c->v[i].key->name));
        if (d < least) {
            least = d;
            best = c->v[i].key->name;
        }
    }
    return best;
}

int config_set(struct config *c, const char *name, struct str value, const char *origin,
               struct err *reterr) {
    struct value *v = find(c, str_of(name));
    if (!v)
        return err_set(reterr, ERR_INVALID, "%s: there is no setting \"%s\"", origin, name);
    return value_set(v, value, origin, reterr);
}

int config_load_file(struct config *c, const char *path, bool must_exist, struct err *reterr) {
    FILE *f = fopen(path, "re");
    if (!f) {
        if (errno == ENOENT && !must_exist)
            return 0;
        return err_errno(reterr, errno, "%s", path);
    }
    char *line = NULL;
    size_t cap = 0;
    ssize_t got;
    int r = 0, number = 0;
    while (r == 0 && (got = getline(&line, &cap, f)) >= 0) {
        struct str key, s = str_trim(str_make(line, (size_t)got));
        number++;
        if (s.n == 0 || s.p[0] == '#')
            continue;
        struct str val = str_cut(s, '=', &key);
        struct value *v = find(c, str_trim(key));
        if (!val.p || !v) {
            const char *near = nearest(c, str_trim(key));
            r = err_set(reterr, ERR_INVALID, "%s:%d: %s \"" STR_FMT "\"%s%s%s", path, number,
                        val.p ? "there is no setting" : "a line must read \"name = value\", not",
                        STR_ARG(str_trim(key)), near && val.p ? " (did you mean \"" : "",
                        near && val.p ? near : "", near && val.p ? "\"?)" : "");
        } else if ((r = value_set(v, str_trim(val), "file", reterr)) < 0) {
            err_wrap(reterr, "%s:%d", path, number);
        }
    }
    free(line);
    fclose(f);
    return r;
}

static const char *env_value(char **environ_, const char *name, size_t n) {
    for (char **e = environ_; *e; e++)
        if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
            return *e + n + 1;
    return NULL;
}

/* MATINEE_MAIL_PASSWORD_FILE: what a service manager, or whoever runs containers, hands over as a file. A setting that has such
 * a sibling of its own ("...-file") is left to it. */
static int secret_file_take(struct config *c, struct value *v, char **environ_, const char *name, struct err *reterr) {
    char sibling[96];
    scoped(arena_done) struct arena a = ARENA(128 << 10);
    struct str text;
    int n = snprintf(sibling, sizeof sibling, "%s-file", v->key->name);
    if ((!v->key->secret && v->key->type != CONFIG_URL) || find(c, str_make(sibling, (size_t)n)))
        return 0;
    n = snprintf(sibling, sizeof sibling, "%s_FILE", name);
    const char *path = env_value(environ_, sibling, (size_t)n);
    if (!path)
        return 0;
    if (env_value(environ_, name, strlen(name)))
        return err_set(reterr, ERR_INVALID, "%s and %s are both set; leave one of them out", name, sibling);
    int r = file_read(path, 64 << 10, &a, &text, reterr);
    if (r < 0)
        return err_wrap(reterr, "%s", sibling);
    return value_set(v, str_trim(text), "file of the environment", reterr);
}

int config_load_env(struct config *c, char **environ_, struct err *reterr) {
    for (size_t i = 0; i < c->n; i++) {
        char name[90];
        int n = snprintf(name, sizeof name, "MATINEE_%s", c->v[i].key->name);
        assert(n > 0 && (size_t)n < sizeof name);
        for (char *p = name; *p; p++)
            *p = *p == '-' ? '_' : (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
        const char *text = env_value(environ_, name, (size_t)n);
        int r = text ? value_set(&c->v[i], str_of(text), "environment", reterr) : 0;
        if (r < 0 || (r = secret_file_take(c, &c->v[i], environ_, name, reterr)) < 0)
            return r;
    }
    return 0;
}

static int arg_set(struct config *c, struct str name, const char *inline_val, int *i, int argc,
                   char **argv, struct err *reterr) {
    struct value *v = find(c, name);
    if (!v && str_starts(name, STR("no-")) && !inline_val) {
        v = find(c, str_slice(name, 3, name.n));
        if (v && v->key->type == CONFIG_BOOL)
            return value_set(v, STR("false"), "flag", reterr);
        v = NULL;
    }
    if (!v) {
        const char *near = nearest(c, name);
        return err_set(reterr, ERR_INVALID, "there is no option --" STR_FMT "%s%s%s", STR_ARG(name),
                       near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
    }
    if (v->key->secret)
        return err_set(reterr, ERR_INVALID,
                       "--%s is a secret and must not stand in a command line; use the environment or the file",
                       v->key->name);
    if (v->key->type == CONFIG_BOOL && !inline_val)
        return value_set(v, STR("true"), "flag", reterr);
    if (!inline_val) {
        if (*i + 1 >= argc)
            return err_set(reterr, ERR_INVALID, "--%s wants a value", v->key->name);
        inline_val = argv[++*i];
    }
    if (v->key->type == CONFIG_URL && url_has_password(inline_val))
        return err_set(reterr, ERR_INVALID,
                       "--%s: a password must not stand in a command line, where everybody on the machine can read "
                       "it; use the environment (MATINEE_...) or the file of settings",
                       v->key->name);
    return value_set(v, str_of(inline_val), "flag", reterr);
}

int config_load_args(struct config *c, int *argc, char **argv, struct err *reterr) {
    int kept = 0, r = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            for (i++; i < *argc; i++)
                argv[kept++] = argv[i];
            break;
        }
        if (strncmp(argv[i], "--", 2) != 0) {
            argv[kept++] = argv[i];
            continue;
        }
        char *eq = strchr(argv[i], '=');
        struct str name = str_of(argv[i] + 2);
        if (eq)
            name.n = (size_t)(eq - argv[i] - 2);
        r = arg_set(c, name, eq ? eq + 1 : NULL, &i, *argc, argv, reterr);
        if (r < 0)
            return r;
    }
    argv[kept] = NULL;
    *argc = kept;
    return 0;
}

static struct value *get(const struct config *c, const char *name) {
    struct value *v = find(c, str_of(name));
    assert(v && "a setting that is in no table");
    return v;
}

const char *config_str(const struct config *c, const char *name) { return get(c, name)->text; }
int64_t config_int(const struct config *c, const char *name) { return get(c, name)->number; }
bool config_bool(const struct config *c, const char *name) { return get(c, name)->number != 0; }

/* What may be shown of a value. *masked is the caller's to free. */
static const char *shown(const struct value *v, char **masked) {
    *masked = v->key->type == CONFIG_URL ? url_mask(v->text) : NULL;
    if (v->key->type == CONFIG_URL)
        return *masked ? *masked : "(set)";
    return v->key->secret && v->text[0] ? "(set)" : v->text;
}

void config_print(const struct config *c, struct buf *out) {
    for (size_t i = 0; i < c->n; i++) {
        const struct value *v = &c->v[i];
        scoped(mem_free) char *masked = NULL;
        const char *text = shown(v, &masked);
        buf_addf(out, "%-24s = %-24s # %s; %s\n", v->key->name, text, v->origin, v->key->doc);
    }
}

void config_json(const struct config *c, struct buf *out) {
    for (size_t i = 0; i < c->n; i++) {
        const struct value *v = &c->v[i];
        buf_addc(out, i ? ",\n " : "{");
        buf_json_str(out, str_of(v->key->name));
        buf_addc(out, ": {\"value\": ");
        scoped(mem_free) char *masked = NULL;
        buf_json_str(out, str_of(shown(v, &masked)));
        buf_addc(out, ", \"origin\": ");
        buf_json_str(out, str_of(v->origin));
        buf_byte(out, '}');
    }
    buf_addc(out, "}\n");
}

void config_doc(const struct config *c, struct buf *out) {
    static const char *const types[] = {"text", "number", "true or false", "bytes", "duration", "path", "address"};
    buf_addc(out, "| setting | environment | type | default | what it does |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < c->n; i++) {
        const struct config_key *k = c->v[i].key;
        buf_addf(out, "| `%s` | `MATINEE_", k->name);
        for (const char *p = k->name; *p; p++)
            buf_byte(out, (uint8_t)(*p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? *p - 32 : *p));
        buf_addf(out, "`%s | %s%s", k->secret || k->type == CONFIG_URL ? " (or `..._FILE`)" : "", k->secret ? "secret " : "", types[k->type]);
        if (k->max)
            buf_addf(out, " (%" PRId64 " to %" PRId64 ")", k->min, k->max);
        buf_addf(out, " | `%s` | %s |\n", k->def, k->doc);
    }
}
