/* The watched folder: what is taken and when, what is never followed, and where errors stand. */
#include "world.h"
#include "service/ingest/ingest_int.h"
#include <sys/stat.h>
#include <unistd.h>

static const struct job_kind drop_kinds[] = {{.name = "ingest.drop", .run = drop_job_run, .max_attempts = 2}, {.name = NULL}};
static const struct config_key *const tables[] = {ingest_config, NULL};

struct dropped {
    struct world w;
    struct config *config;
    char folder[200];
};

static void dropped_init(struct dropped *d, const char *then) {
    world_init(&d->w);
    snprintf(d->folder, sizeof d->folder, "%s/drop", d->w.f.dir);
    cr_assert_eq(mkdir(d->folder, 0755), 0);
    d->config = config_new(tables);
    OK(config_set(d->config, "drop-folder", str_of(d->folder), "test", err));
    OK(config_set(d->config, "drop-folder-then", str_of(then), "test", err));
    d->w.e.config = d->config;
}

static void dropped_done(struct dropped *d) {
    config_free(d->config);
    world_done(&d->w);
}

static const char *in_folder(struct dropped *d, const char *name) {
    return str_printf(&d->w.f.arena, "%s/%s", d->folder, name).p;
}

static void put(struct dropped *d, const char *name, const char *content) {
    FILE *f = fopen(in_folder(d, name), "w");
    cr_assert(f);
    fputs(content, f);
    fclose(f);
}

static bool is_there(struct dropped *d, const char *name) { return access(in_folder(d, name), F_OK) == 0; }

static void look(struct dropped *d) { OK(drop_look(&d->w.e, err)); }

/* Two rounds with a rest between, then what they asked for. */
static void take_all(struct dropped *d) {
    const struct job_kind *const kinds[] = {drop_kinds, NULL};
    struct job_worker_options o = {.engine = &d->w.e, .kinds = kinds, .cores = 1, .run_dir = d->w.f.dir, .until_idle = true};
    struct job_worker *w;
    look(d);
    clock_shift((struct clock *)d->w.e.clock, 31000);
    look(d);
    OK(job_worker_new(&o, &w, err));
    OK(job_worker_run(w, err));
    job_worker_free(w);
}

static size_t imports(struct dropped *d, struct import_view **v) {
    struct str next;
    size_t n;
    OK(import_list(&d->w.e, STR_NULL, 0, &d->w.f.arena, v, &n, &next, err));
    return n;
}

Test(drop, a_film_is_taken_when_it_rests_and_a_link_never) {
    struct dropped d;
    struct import_view *v;
    dropped_init(&d, "keep");
    put(&d, "a film.mp4", "film");
    put(&d, "notes.txt", "no film");
    put(&d, ".hidden.mp4", "no");
    cr_assert_eq(mkdir(in_folder(&d, "series"), 0755), 0);
    put(&d, "series/one.mkv", "episode");
    cr_assert_eq(symlink("/etc/passwd", in_folder(&d, "link.mp4")), 0);
    cr_assert_eq(symlink("/etc", in_folder(&d, "folder")), 0);
    look(&d);
    clock_shift((struct clock *)d.w.e.clock, 29000);
    put(&d, "a film.mp4", "film, still growing");
    look(&d);
    clock_shift((struct clock *)d.w.e.clock, 2000);
    look(&d); /* the episode has rested, the film has not */
    take_all(&d);
    cr_assert_eq(imports(&d, &v), 2);
    cr_expect(str_eq(v[0].file_name, STR("a film.mp4")) || str_eq(v[1].file_name, STR("a film.mp4")));
    for (size_t i = 0; i < 2; i++)
        cr_expect(!v[i].publish);
    take_all(&d);
    cr_expect_eq(imports(&d, &v), 2, "something was taken twice");
    dropped_done(&d);
}

Test(drop, an_error_stands_beside_the_file_until_something_changes) {
    struct dropped d;
    struct import_view *v;
    dropped_init(&d, "keep");
    put(&d, "one.mp4", "same");
    take_all(&d);
    put(&d, "two.mp4", "same");
    put(&d, "empty.mp4", "");
    take_all(&d);
    cr_expect_eq(imports(&d, &v), 1);
    cr_expect(is_there(&d, "two.mp4.error.txt") && is_there(&d, "empty.mp4.error.txt"));
    char text[500] = "";
    FILE *f = fopen(in_folder(&d, "two.mp4.error.txt"), "r");
    cr_assert(f && fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    cr_expect(strstr(text, "one"), "%s", text); /* the title that has it */
    put(&d, "two.mp4", "another");
    take_all(&d);
    cr_expect_eq(imports(&d, &v), 2);
    cr_expect_not(is_there(&d, "two.mp4.error.txt"));
    dropped_done(&d);
}

Test(drop, an_imported_file_moves_away_where_that_is_asked_for) {
    struct dropped d;
    struct import_view *v;
    dropped_init(&d, "move");
    put(&d, "good.mp4", "good");
    put(&d, "bad.mp4", "bad");
    take_all(&d);
    cr_assert_eq(imports(&d, &v), 2);
    for (size_t i = 0; i < 2; i++) {
        enum import_state became;
        bool good = str_eq(v[i].file_name, STR("good.mp4"));
        struct err why = {0};
        err_refuse(&why, ERR_BAD_MEDIA, "media.unreadable", "This is no film.", "no film");
        if (good) {
            struct tx *tx;
            OK(tx_begin(d.w.e.store, STORE_JOBS, TX_WRITE, &tx, err));
            cr_assert_eq(import_move(tx, v[i].id, IMPORT_QUEUED, IMPORT_RUNNING, NULL, NULL), 1);
            cr_assert_eq(import_move(tx, v[i].id, IMPORT_RUNNING, IMPORT_DONE, NULL, NULL), 1);
            OK(tx_commit(&tx, err));
        } else {
            OK(import_end(&d.w.e, v[i].id, IMPORT_FAILED, &why, &became, err));
        }
    }
    look(&d);
    cr_expect(is_there(&d, "taken/good.mp4") && !is_there(&d, "good.mp4"));
    cr_expect(is_there(&d, "bad.mp4") && is_there(&d, "bad.mp4.error.txt"));
    look(&d);
    cr_expect_eq(imports(&d, &v), 2);
    dropped_done(&d);
}
