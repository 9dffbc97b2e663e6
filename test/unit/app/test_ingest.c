/* test_ingest.c - languages, the progress bar's arithmetic, and a pipeline's notes. */
#include "base/clock.h"
#include "service/ingest/pipeline_int.h"
#include "service/ingest/ingest.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

Test(ingest, languages_are_known_and_written_one_way) {
    static const struct {
        const char *given, *canonical; /* NULL: refused */
    } cases[] = {{"en", "en"},
                 {"EN", "en"},
                 {"eng", "en"},
                 {"fra", "fr"},
                 {"fre", "fr"},
                 {"pt-br", "pt-BR"},
                 {"zh-hant", "zh-Hant"},
                 {"zh-HANT-tw", "zh-Hant-TW"},
                 {"es-419", "es-419"},
                 {"de-1996", "de-1996"},
                 {"sl-rozaj", "sl-rozaj"},
                 {"yue", "yue"},
                 {"klingonish", NULL},
                 {"xx", NULL},
                 {"e", NULL},
                 {"", NULL},
                 {"en-", NULL},
                 {"en--US", NULL},
                 {"en_US", NULL},
                 {"english", NULL},
                 {"a a", NULL},
                 {"en-US-GB", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = ARENA(4096);
        struct str got = STR_NULL;
        bool ok = language_parse(str_of(cases[i].given), &a, &got);
        cr_expect_eq(ok, cases[i].canonical != NULL, "\"%s\"", cases[i].given);
        if (ok && cases[i].canonical)
            cr_expect(str_eq(got, str_of(cases[i].canonical)), "\"%s\" gave " STR_FMT,
                      cases[i].given, STR_ARG(got));
        arena_done(&a);
    }
    cr_expect_str_eq(language_autonym(STR("fr-CA")), "Français");
}

Test(ingest, progress_rises_from_nothing_to_all) {
    double before = -1;
    for (int s = 0; s < PIPELINE_STEP_COUNT; s++)
        for (int permille = 0; permille <= 1000; permille += 250) {
            double f = pipeline_fraction((enum pipeline_step)s, permille);
            cr_expect(f >= before && f <= 1, "%s %d: %f after %f",
                      pipeline_step_name((enum pipeline_step)s), permille, f, before);
            before = f;
        }
    cr_expect_float_eq(before, 1, 1e-9);
    enum pipeline_step s;
    cr_expect(pipeline_step_parse(STR("encode"), &s) && s == PIPELINE_ENCODE);
    cr_expect_not(pipeline_step_parse(STR("encod"), &s));
}

Test(ingest, a_note_is_whole_or_absent_and_a_step_with_one_is_done) {
    char dir[] = "/tmp/matinee-notes-XXXXXX";
    struct err e = {0};
    struct pipeline *p = NULL;
    cr_assert(mkdtemp(dir));
    struct pipeline_input film = {.kind = INPUT_FILM, .name = STR("film.mp4"), .lang = STR("")};
    struct pipeline_spec spec = {
        .work_dir = dir, .inputs = &film, .n_inputs = 1, .asset_id = STR("x")};
    cr_assert_eq(pipeline_open(&spec, &p, &e), 0, "%s", e.msg);
    cr_expect_eq(pipeline_run(p, PIPELINE_PLAN, &e), ERR_PRECONDITION, "a plan without a probe");
    json_t *note = json_pack("{s:i}", "frames", 7);
    cr_assert_eq(note_write(p, "encode", note, &e), 0, "%s", e.msg);
    json_decref(note);
    /* Half of a note that a kill left behind is under another name, and does not count. */
    int fd = openat(p->dir, ".audio.json.partial", O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(write(fd, "{\"tra", 5), 5);
    close(fd);
    cr_expect_eq(pipeline_run(p, PIPELINE_ENCODE, &e), 0, "it has a note: there is nothing to do");
    cr_expect_null(note_need(p, PIPELINE_AUDIO, &e));
    pipeline_close(p);
    folder_remove(dir, NULL);
    cr_expect_eq(access(dir, F_OK), -1);
}

static void *close_soon(void *p) {
    usleep(300000);
    pipeline_close(p);
    return NULL;
}

Test(ingest, one_pipeline_at_a_time_works_in_a_folder, .timeout = 30) {
    char dir[] = "/tmp/matinee-turns-XXXXXX";
    struct err e = {0};
    struct pipeline *first = NULL, *second = NULL;
    pthread_t thread;
    cr_assert(mkdtemp(dir));
    struct pipeline_input film = {.kind = INPUT_FILM, .name = STR("film.mp4"), .lang = STR("")};
    struct pipeline_spec spec = {
        .work_dir = dir, .inputs = &film, .n_inputs = 1, .asset_id = STR("x")};
    cr_assert_eq(pipeline_open(&spec, &first, &e), 0, "%s", e.msg);
    pthread_create(&thread, NULL, close_soon, first);
    int64_t before = clock_mono_ns();
    cr_assert_eq(pipeline_open(&spec, &second, &e), 0, "%s", e.msg);
    cr_expect_geq(clock_mono_ns() - before, 200000000, "both worked in it");
    pthread_join(thread, NULL);
    pipeline_close(second);
    folder_remove(dir, NULL);
}
