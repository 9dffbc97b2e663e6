/* test_package.c - the operation from elementary files to track files, and the tree of plain files.
 */
#include "fixture.h"
#include "media/cmaf/package.h"
#include "media/es.h"
#include "media/export.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int es_video(int width, int height, int gops, bool end) {
    static uint8_t data[4096];
    int fd = fixture_temp();
    struct es_writer *w;
    struct err e = {0};
    cr_assert_eq(es_writer_new(fd, &w, &e), 0);
    struct es_format f = {.codec = ES_H264,
                          .timescale = 30000,
                          .width = width,
                          .height = height,
                          .fps = {30000, 1001},
                          .extra = fixture_avcc,
                          .n_extra = fixture_n_avcc};
    for (int n = 0; n < gops * 60; n++) {
        if (n % 120 == 0)
            cr_assert_eq(es_write_format(w, &f, &e), 0); /* chunks repeat it */
        struct es_packet p = {.pts = n * 1001,
                              .dts = (n - 1) * 1001,
                              .duration = 1001,
                              .flags = n % 60 ? 0 : ES_KEY,
                              .data = data,
                              .size = fixture_picture(data, (uint32_t)n, n % 60 == 0, 400)};
        cr_assert_eq(es_write_packet(w, &p, &e), 0, "%s", e.msg);
    }
    if (end)
        cr_assert_eq(es_write_end(w, gops * 60 * 1001, &e), 0);
    cr_assert_eq(es_writer_flush(w, false, NULL, &e), 0);
    es_writer_free(w);
    return fd;
}

static int es_audio(int64_t samples) {
    static const uint8_t asc[] = {0x11, 0x90};
    uint8_t data[200] = {1, 2, 3};
    int fd = fixture_temp();
    struct es_writer *w;
    struct err e = {0};
    cr_assert_eq(es_writer_new(fd, &w, &e), 0);
    struct es_format f = {.codec = ES_AAC,
                          .timescale = 48000,
                          .channels = 2,
                          .sample_rate = 48000,
                          .edit_start = 1024,
                          .extra = asc,
                          .n_extra = sizeof asc};
    cr_assert_eq(es_write_format(w, &f, &e), 0);
    for (int64_t t = 0; t < samples + 1024; t += 1024) {
        struct es_packet p = {.pts = t,
                              .dts = t,
                              .duration = 1024,
                              .flags = ES_KEY,
                              .data = data,
                              .size = sizeof data};
        cr_assert_eq(es_write_packet(w, &p, &e), 0, "%s", e.msg);
    }
    cr_assert_eq(es_write_end(w, samples, &e), 0);
    cr_assert_eq(es_writer_flush(w, false, NULL, &e), 0);
    es_writer_free(w);
    return fd;
}

static json_t *request(const char *scheme) {
    return json_pack(
        "{s:s,s:s,s:{s:{s:s,s:s},s:{s:s,s:s},s:{s:s,s:s}},s:[{s:s,s:s},{s:s,s:s},{s:s,s:s,s:s}]}",
        "id", "film", "scheme", scheme, "keys", "audio", "kid", "000000000000000000000000000000a0",
        "key", "0102030405060708090a0b0c0d0e0f10", "sd", "kid", "000000000000000000000000000000a1",
        "key", "1102030405060708090a0b0c0d0e0f10", "uhd", "kid", "000000000000000000000000000000a2",
        "key", "2102030405060708090a0b0c0d0e0f10", "tracks", "name", "v1", "kind", "video", "name",
        "v2", "kind", "video", "name", "a1", "kind", "audio", "lang", "fr");
}

static int run(const char *scheme, int fds[9], json_t **res, struct err *e) {
    /* Segments of two GOPs: 4.004 s, 192192 samples of sound. */
    fds[0] = es_video(640, 360, 5, true), fds[1] = es_video(854, 480, 5, true),
    fds[2] = es_audio(480480);
    for (int i = 3; i < 9; i++)
        fds[i] = fixture_temp();
    struct op_io io = {.fds = fds, .n_fds = 9};
    json_t *rq = request(scheme);
    int r = op_package(&io, rq, res, e);
    json_decref(rq);
    return r;
}

static struct asset_desc loaded(json_t *res, const int fds[9], struct arena *a) {
    struct asset_desc d;
    struct err e = {0};
    cr_assert_eq(asset_from_json(json_object_get(res, "asset"), a, &d, &e), 0, "%s", e.msg);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(track_load_index(&d.tracks[i], fds[6 + i], a, &e), 0, "%s", e.msg);
    return d;
}

Test(package, pictures_and_sound_are_cut_together) {
    int fds[9];
    json_t *res;
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    cr_assert_eq(run("cbcs", fds, &res, &e), 0, "%s", e.msg);
    struct asset_desc d = loaded(res, fds, &a);
    cr_assert_eq(d.n_tracks, 3);
    cr_assert_eq(d.scheme, SCHEME_CBCS);
    cr_assert_eq(d.duration_ms, 10010);
    for (int t = 0; t < 2; t++) {
        cr_assert_eq(d.tracks[t].n_extents, 3);
        cr_assert_eq(d.tracks[t].extents[1].time, 120120);
        cr_assert_eq(d.tracks[t].kid[15], 0xa1);
    }
    cr_assert_eq(d.tracks[2].n_extents, 3);
    int64_t off = (int64_t)d.tracks[2].extents[1].time - 192192;
    cr_assert(off <= 512 && off >= -512, "%lld", (long long)off);
    cr_assert_eq(d.tracks[2].duration, 480480);
    cr_assert(str_eq(d.tracks[2].lang, STR("fr")));
    json_decref(res);
}

Test(package, every_pssh_lists_the_keys_in_use_and_no_other) {
    int fds[9];
    json_t *res;
    struct err e = {0};
    struct box moov, pssh;
    cr_assert_eq(run("cenc", fds, &res, &e), 0, "%s", e.msg);
    for (int i = 0; i < 3; i++) {
        struct fixture_file f = fixture_read(fds[3 + i]);
        cr_assert(box_find(f.p, f.n, "moov", &moov) &&
                  box_find(moov.p + 8, moov.size - 8, "pssh", &pssh));
        cr_assert_eq(get_be32(pssh.p + 28), 2);
        cr_assert_eq(pssh.p[32 + 15], 0xa0);
        cr_assert_eq(pssh.p[48 + 15], 0xa1);
        free(f.p);
    }
    json_decref(res);
}

Test(package, twice_gives_the_same_bytes) {
    int a[9], b[9];
    json_t *ra, *rb;
    cr_assert_eq(run("cenc", a, &ra, NULL), 0);
    cr_assert_eq(run("cenc", b, &rb, NULL), 0);
    cr_assert(json_equal(ra, rb));
    for (int i = 3; i < 9; i++) {
        struct fixture_file x = fixture_read(a[i]), y = fixture_read(b[i]);
        cr_assert_eq(x.n, y.n);
        cr_assert_eq(memcmp(x.p, y.p, x.n), 0, "file %d", i);
    }
}

Test(package, half_a_stream_is_never_packaged) {
    int fds[3] = {es_video(640, 360, 2, false), fixture_temp(), fixture_temp()};
    struct op_io io = {.fds = fds, .n_fds = 3};
    json_t *res, *rq = json_pack("{s:s,s:[{s:s,s:s}]}", "scheme", "clear", "tracks", "name", "v1",
                                 "kind", "video");
    struct err e = {0};
    cr_assert_eq(op_package(&io, rq, &res, &e), ERR_CORRUPT);
    cr_assert(strstr(e.msg, "v1"), "%s", e.msg);
    struct index_header h;
    cr_assert_eq(index_read_header(fds[2], &h), -1, "no index of it either");
    json_decref(rq);
}

Test(package, a_missing_key_is_named_by_its_class) {
    int fds[3] = {es_video(1280, 720, 1, true), fixture_temp(), fixture_temp()};
    struct op_io io = {.fds = fds, .n_fds = 3};
    json_t *res, *rq = json_pack("{s:s,s:[{s:s,s:s}]}", "scheme", "cbcs", "tracks", "name", "v1",
                                 "kind", "video");
    struct err e = {0};
    cr_assert_eq(op_package(&io, rq, &res, &e), ERR_INVALID);
    cr_assert(strstr(e.msg, "\"hd\""), "%s", e.msg);
    json_object_set_new(rq, "scheme", json_string("rot13"));
    cr_assert_eq(op_package(&io, rq, &res, &e), ERR_INVALID);
    cr_assert_eq(op_package(&(struct op_io){.fds = fds, .n_fds = 2}, rq, &res, &e), ERR_INVALID);
    json_decref(rq);
}

static int fail_second(void *arg, size_t i) {
    return i == 1 ? ERR_IO : 0;
}
Test(package, the_pool_returns_the_failure) {
    cr_assert_eq(parallel_run(4, fail_second, NULL, NULL, NULL), ERR_IO);
    cr_assert_eq(parallel_run(0, fail_second, NULL, NULL, NULL), 0);
}

static off_t file_size(const char *dir, const char *name) {
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return stat(path, &st) == 0 ? st.st_size : -1;
}

Test(export, a_tree_of_plain_files) {
    int fds[9];
    json_t *res;
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    char base[] = "/tmp/matinee-export-XXXXXX", dir[64], again[80];
    cr_assert(mkdtemp(base));
    snprintf(dir, sizeof dir, "%s/out", base);
    cr_assert_eq(run("cbcs", fds, &res, &e), 0, "%s", e.msg);
    struct asset_desc d = loaded(res, fds, &a);
    cr_assert_eq(media_export_tree(dir, &d, fds + 3, NULL, NULL, &e), 0, "%s", e.msg);
    static const char *const made[] = {"main.m3u8", "main.mpd", "v1.m3u8", "v2.iframes.m3u8",
                                       "a1.m3u8"};
    for (size_t i = 0; i < ARRAY_LEN(made); i++)
        cr_assert_gt(file_size(dir, made[i]), 0, "%s", made[i]);
    cr_assert_eq(file_size(dir, "v1/init.mp4"), d.tracks[0].init_length);
    cr_assert_eq(file_size(dir, "v1/2.m4s"), d.tracks[0].extents[2].length);
    cr_assert_eq(file_size(dir, "v1/3.m4s"), -1);
    /* A folder in use is left alone, and a failure leaves nothing. */
    cr_assert_eq(media_export_tree(dir, &d, fds + 3, NULL, NULL, &e), ERR_CONFLICT);
    snprintf(again, sizeof again, "%s/again", base);
    cr_assert_eq(ftruncate(fds[3], 10000), 0);
    cr_assert_eq(media_export_tree(again, &d, fds + 3, NULL, NULL, &e), ERR_CORRUPT);
    cr_assert_eq(file_size(base, "again"), -1);
    cr_assert_eq(file_size(base, "again.partial"), -1);
    char cmd[100];
    snprintf(cmd, sizeof cmd, "rm -r '%s'", base);
    cr_assert_eq(system(cmd), 0);
}
