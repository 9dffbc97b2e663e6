/*
 * cmd_demo.c - "matinee demo": the catalogue of the first start. Films are made, imported like any
 * other, and two people can sign in. It may be killed and called again; <data>/demo.done says that
 * all is there, and holds what serve prints about it.
 */
#include "app/demo_media.h"
#include "app/journey.h"
#include "base/buf.h"
#include "service/billing/billing.h"
#include "service/catalog/catalog.h"
#include "service/identity/identity.h"
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Drawing takes about a third of the time, importing the rest. */
static const double drawing_share = 0.3;

struct demo {
    struct node node;
    struct arena a;
    struct bar bar;
    char *dir;
    size_t n, at; /* titles, and the one that is being drawn */
    struct import_id ids[8];
    double fraction[8];
    double shown;
    int failed;
    struct err why;
};

static void demo_draw(struct demo *d, const char *what, double fraction, int64_t eta_ms) {
    d->shown = MAX(d->shown, fraction);
    bar_draw(&d->bar, "Demonstration catalogue", what, d->shown, 0, eta_ms);
}

static int drawn(void *arg, double fraction) {
    struct demo *d = arg;
    char what[100];
    snprintf(what, sizeof what, "drawing %s", demo_titles[d->at].name[0]);
    demo_draw(d, what, drawing_share * ((double)d->at + fraction) / (double)d->n, -1);
    return 0;
}

static int films_make(struct demo *d, struct err *reterr) {
    for (d->at = 0; demo_titles[d->at].slug; d->at++) {
        int r = demo_media_make(&demo_titles[d->at], d->dir, drawn, d, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* An import of an earlier call that was killed, whatever became of it. */
static bool import_known(struct demo *d, struct str path, struct import_id *ret) {
    struct import_view *v;
    size_t n;
    if (import_list_path(&d->node.engine, path, &d->a, &v, &n, NULL) < 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (v[i].state != IMPORT_FAILED && v[i].state != IMPORT_CANCELLED) {
            *ret = v[i].id;
            return true;
        }
    return false;
}

static int import_begin(struct demo *d, const struct demo_title *t, struct import_id *ret,
                        struct err *reterr) {
    struct import_input in[1 + (DEMO_LANGS - 1) + DEMO_LANGS];
    size_t n = 0;
    in[n++] = (struct import_input){.kind = INPUT_FILM,
                                    .lang = STR("en"),
                                    .name = str_printf(&d->a, "%s.mkv", t->slug),
                                    .path = str_printf(&d->a, "%s/%s.mkv", d->dir, t->slug)};
    if (import_known(d, in[0].path, ret))
        return 0;
    for (int lang = 1; lang < DEMO_LANGS; lang++)
        in[n++] = (struct import_input){
            .kind = INPUT_AUDIO,
            .lang = str_of(demo_langs[lang]),
            .name = str_printf(&d->a, "%s.%s.wav", t->slug, demo_langs[lang]),
            .path = str_printf(&d->a, "%s/%s.%s.wav", d->dir, t->slug, demo_langs[lang])};
    for (int lang = 0; lang < DEMO_LANGS; lang++)
        in[n++] = (struct import_input){
            .kind = INPUT_TEXT,
            .lang = str_of(demo_langs[lang]),
            .name = str_printf(&d->a, "%s.%s.srt", t->slug, demo_langs[lang]),
            .path = str_printf(&d->a, "%s/%s.%s.srt", d->dir, t->slug, demo_langs[lang])};
    struct import_new fresh = {.title = str_of(t->name[0]),
                               .lang = STR("en"),
                               .scheme = SCHEME_CBCS,
                               .publish = true,
                               .policy = STR("{\"preset\":\"veryfast\"}"),
                               .inputs = in,
                               .n_inputs = n};
    int r;
    STORE_RETRY(r, reterr, import_create(&d->node.engine, &fresh, &d->a, ret, reterr));
    return r;
}

static void import_changed(void *arg, const struct import_view *v) {
    struct demo *d = arg;
    char what[100];
    double sum = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (memcmp(&d->ids[i], &v->id, sizeof v->id) == 0)
            d->fraction[i] = v->progress;
        sum += d->fraction[i];
    }
    if (v->state == IMPORT_FAILED)
        err_set(&d->why, ERR_INTERNAL, STR_FMT ": " STR_FMT, STR_ARG(v->title_name),
                STR_ARG(v->error_detail));
    if (v->state != IMPORT_RUNNING || !v->stage_doc.n)
        return;
    snprintf(what, sizeof what, STR_FMT " " STR_FMT, STR_ARG(v->stage_doc), STR_ARG(v->title_name));
    demo_draw(d, what, drawing_share + (1 - drawing_share) * sum / (double)d->n, -1);
}

static int films_import(struct demo *d, struct err *reterr) {
    int r = 0;
    for (size_t i = 0; i < d->n && r >= 0; i++)
        r = import_begin(d, &demo_titles[i], &d->ids[i], reterr);
    if (r >= 0)
        r = journey_watch(&(struct journey_watch){.node = &d->node,
                                                  .ids = d->ids,
                                                  .n_ids = d->n,
                                                  .changed = import_changed,
                                                  .arg = d},
                          reterr);
    if (r > 0) {
        if (reterr)
            *reterr = d->why;
        return ERR_INTERNAL;
    }
    return r;
}

/* Names and synopses in both languages. */
static int texts_set(struct demo *d, struct err *reterr) {
    for (size_t i = 0; i < d->n; i++) {
        struct import_view v;
        struct tx *begun = NULL;
        const struct demo_title *t = &demo_titles[i];
        int r = import_get(&d->node.engine, d->ids[i], &d->a, &v, reterr);
        if (r < 0 || (r = tx_begin(d->node.engine.store, STORE_MAIN, TX_WRITE, &begun, reterr)) < 0)
            return r;
        scoped(tx_rollback) struct tx *tx = begun;
        for (int lang = 0; lang < DEMO_LANGS && r >= 0; lang++)
            r = catalog_title_text_set(tx, v.title, str_of(demo_langs[lang]), str_of(t->name[lang]),
                                       str_of(t->synopsis[lang]), reterr);
        if (r >= 0) /* nobody is frightened by test pictures */
            r = catalog_title_maturity_set(tx, v.title, 0, reterr);
        json_t *about = json_loads(t->about, 0, NULL);
        if (r >= 0)
            r = about ? catalog_title_describe(tx, v.title, about, &d->a, reterr) : err_set(reterr, ERR_INTERNAL, "%s: no JSON", t->slug);
        json_decref(about);
        if (r < 0 || (r = tx_commit(&tx, reterr)) < 0)
            return r;
    }
    return 0;
}

static int texts_set_again(struct demo *d, struct err *reterr) {
    int r;
    STORE_RETRY(r, reterr, texts_set(d, reterr));
    return r;
}

/* Four syllables and four digits: easy to type, and not the same on two machines. */
static int password_make(char *dst, size_t cap, struct err *reterr) {
    static const char consonants[] = "bdfgklmnprstvz", vowels[] = "aeiou";
    uint8_t r[12];
    if (RAND_bytes(r, sizeof r) != 1)
        return err_set(reterr, ERR_INTERNAL, "no random bytes for a password");
    snprintf(dst, cap, "%c%c%c%c-%c%c%c%c-%d%d%d%d", consonants[r[0] % 14], vowels[r[1] % 5],
             consonants[r[2] % 14], vowels[r[3] % 5], consonants[r[4] % 14], vowels[r[5] % 5],
             consonants[r[6] % 14], vowels[r[7] % 5], r[8] % 10, r[9] % 10, r[10] % 10, r[11] % 10);
    return 0;
}

static int person_make(struct demo *d, const char *email, const char *name, unsigned roles,
                       struct buf *note, struct err *reterr) {
    char password[32];
    struct account_id id;
    struct account who;
    int r = password_make(password, sizeof password, reterr);
    if (r < 0)
        return r;
    struct account_new n = {.email = str_of(email),
                            .password = str_of(password),
                            .name = str_of(name),
                            .lang = STR("en"),
                            .roles = roles};
    r = account_by_email(&d->node.engine, n.email, &d->a, &who, NULL);
    bool there = r >= 0;
    STORE_RETRY(r, reterr,
                there ? account_set_password(&d->node.engine, who.id, n.password, reterr)
                      : account_create(&d->node.engine, &n, &id, reterr));
    buf_addf(note, "  %-22s %s\n", email, password);
    explicit_bzero(password, sizeof password);
    return r;
}

static int people_make(struct demo *d, const char *done, struct err *reterr) {
    scoped(buf_done) struct buf note = BUF(4096);
    buf_addc(&note, "Sign in to the demonstration catalogue with\n");
    int r = person_make(d, "viewer@demo.example", "Viewer", ROLE_VIEWER, &note, reterr);
    if (r >= 0)
        r = person_make(d, "editor@demo.example", "Editor", ROLE_VIEWER | ROLE_EDITOR, &note,
                        reterr);
    return r < 0 ? r : file_write(done, buf_str(&note), 0600, reterr);
}

static int demo_run(struct demo *d, const char *done, struct err *reterr) {
    int r = folder_make(d->dir, reterr);
    while (demo_titles[d->n].slug)
        d->n++;
    if (r < 0 || (r = films_make(d, reterr)) < 0 || (r = films_import(d, reterr)) < 0 ||
        (r = texts_set_again(d, reterr)) < 0)
        return r;
    bar_clear(&d->bar);
    if ((r = people_make(d, done, reterr)) < 0)
        return r;
    printf("%zu films are in the demonstration catalogue.\n", d->n);
    return folder_remove(d->dir, reterr);
}

int cmd_demo(struct cli *cli, struct err *reterr) {
    struct demo *d = calloc(1, sizeof *d);
    scoped(mem_free) char *done = text_make("%s/demo.done", cli->data_dir);
    if (!d)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    d->a = ARENA(64 << 20);
    d->dir = text_make("%s/demo", cli->data_dir);
    bar_init(&d->bar, stderr);
    bool there = access(done, F_OK) == 0, shop = cli_has(cli, "shop");
    int r = there && !shop ? 0 : node_open(cli, NODE_CREATE | NODE_START, &d->node, reterr);
    if (r >= 0 && d->node.engine.store) {
        if (!there)
            r = demo_run(d, done, reterr);
        if (r >= 0 && shop)
            STORE_RETRY(r, reterr, billing_demo_make(&d->node.engine, reterr));
        bar_clear(&d->bar);
        node_close(&d->node);
    }
    arena_done(&d->a);
    free(d->dir);
    free(d);
    return r;
}
