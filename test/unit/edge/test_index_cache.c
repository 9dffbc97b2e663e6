/* test_index_cache.c - indexes as a worker sees them: found, grown, replaced, cut short, and
 * forgotten in turn. */
#include "../../../edge/index_cache.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASSET "01ARZ3NDEKTSV4RRFFQ69G5FAV"
enum { INIT = 100, SEGMENT = 1000, VALID_MS = 1000 };

static char root[64], folder[128];

static void setup(void) {
    snprintf(root, sizeof root, "/tmp/matinee-index-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    snprintf(folder, sizeof folder, "%s/asset", root);
    cr_assert_eq(mkdir(folder, 0700), 0);
    snprintf(folder, sizeof folder, "%s/asset/" ASSET, root);
    cr_assert_eq(mkdir(folder, 0700), 0);
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(index_cache, .init = setup, .fini = teardown);

static const char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void object_write(const char *name, int seed) {
    FILE *f = fopen(path_of(name), "w");
    for (int i = 0; i < INIT; i++)
        fputc(seed, f);
    cr_assert_eq(fclose(f), 0);
}

static void extents_append(struct index_writer *w, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct index_extent e = {.offset = INIT + (uint64_t)w->written * SEGMENT,
                                 .length = SEGMENT,
                                 .duration = 4,
                                 .time = w->written * 4};
        cr_assert_eq(index_append(w, &e, 1), 0);
    }
    cr_assert_eq(index_publish(w), 0);
}

static struct index_writer index_make(const char *name, const char *object, uint32_t n) {
    struct index_writer w;
    struct index_object o = {0};
    snprintf(o.name, sizeof o.name, "%s", object);
    int fd = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(index_start(&w, fd, &o, 1), 0);
    w.h.init_length = INIT;
    extents_append(&w, n);
    return w;
}

static int find(struct index_cache *c, const char *track, uint32_t n, int64_t now,
                struct index_found *f) {
    return index_cache_find(c, STR(ASSET), str_of(track), n, now, f);
}

Test(index_cache, finds_segments_and_the_init) {
    struct index_found f;
    struct index_cache *c = index_cache_new(root, 4, VALID_MS);
    object_write("v1.cmaf", 'a');
    index_make("v1.idx", "v1.cmaf", 600); /* more than two pages */
    for (uint32_t n = 0; n < 600; n += 299) {
        cr_assert_eq(find(c, "v1", n, 0, &f), 0);
        cr_assert_eq(f.extent.offset, INIT + (uint64_t)n * SEGMENT);
        cr_assert_str_eq(f.object, "v1.cmaf");
    }
    cr_assert_eq(find(c, "v1", 600, 0, &f), -ENOENT);
    cr_assert_eq(find(c, "v1", INDEX_INIT, 0, &f), 0);
    cr_assert_eq(f.extent.offset, 0u);
    cr_assert_eq(f.extent.length, (uint32_t)INIT);
    cr_assert_neq(f.init_crc, 0u);
    cr_assert_eq(find(c, "v2", 0, 0, &f), -ENOENT);
    cr_assert_eq(index_cache_find(c, STR("01ARZ3NDEKTSV4RRFFQ69G5FAW"), STR("v1"), 0, 0, &f),
                 -ENOENT);
    index_cache_free(c);
}

Test(index_cache, a_live_index_grows_without_waiting) {
    struct index_found f;
    struct index_cache *c = index_cache_new(root, 4, VALID_MS);
    object_write("v1.cmaf", 'a');
    struct index_writer w = index_make("v1.idx", "v1.cmaf", 3);
    cr_assert_eq(find(c, "v1", 2, 0, &f), 0);
    cr_assert_eq(find(c, "v1", 3, 0, &f), -ENOENT);
    extents_append(&w, 2);
    cr_assert_eq(find(c, "v1", 3, 1, &f), 0);
    cr_assert_eq(find(c, "v1", 4, 1, &f), 0);
    cr_assert_eq(f.extent.offset, INIT + 4u * SEGMENT);
    index_cache_free(c);
}

Test(index_cache, a_replaced_file_is_noticed) {
    struct index_found before, after;
    struct index_cache *c = index_cache_new(root, 4, VALID_MS);
    object_write("v1.cmaf", 'a');
    object_write("v9.cmaf", 'b');
    index_make("v1.idx", "v1.cmaf", 3);
    cr_assert_eq(find(c, "v1", 0, 0, &before), 0);
    index_make("new.idx", "v9.cmaf", 3);
    char to[256];
    snprintf(to, sizeof to, "%s", path_of("v1.idx"));
    cr_assert_eq(rename(path_of("new.idx"), to), 0);
    cr_assert_eq(find(c, "v1", 0, VALID_MS - 1, &after), 0);
    cr_assert_str_eq(after.object, "v1.cmaf", "trusted until then");
    cr_assert_eq(find(c, "v1", 0, VALID_MS, &after), 0);
    cr_assert_str_eq(after.object, "v9.cmaf");
    cr_assert_neq(after.init_crc, before.init_crc);
    cr_assert_eq(unlink(to), 0);
    cr_assert_eq(find(c, "v1", 0, 2 * VALID_MS, &after), -ENOENT);
    index_cache_free(c);
}

Test(index_cache, a_damaged_index_is_an_error_and_not_kept) {
    struct index_found f;
    object_write("v1.cmaf", 'a');
    struct index_writer w = index_make("v1.idx", "v1.cmaf", 3);
    off_t whole = lseek(w.fd, 0, SEEK_END);
    for (off_t size = 0; size < whole; size += 7) {
        struct index_cache *c = index_cache_new(root, 4, VALID_MS);
        index_make("v1.idx", "v1.cmaf", 3);
        cr_assert_eq(truncate(path_of("v1.idx"), size), 0);
        cr_assert_eq(find(c, "v1", 2, 0, &f), -EBADMSG, "%ld bytes", (long)size);
        index_make("v1.idx", "v1.cmaf", 3);
        cr_assert_eq(find(c, "v1", 2, 0, &f), 0, "mended after %ld bytes", (long)size);
        index_cache_free(c);
    }
}

Test(index_cache, any_changed_byte_is_an_error_or_changes_nothing) {
    struct index_found f;
    object_write("v1.cmaf", 'a');
    struct index_writer w = index_make("v1.idx", "v1.cmaf", 2);
    off_t whole = lseek(w.fd, 0, SEEK_END);
    for (off_t at = 0; at < whole; at++) {
        uint8_t was, now;
        struct index_cache *c = index_cache_new(root, 4, VALID_MS);
        cr_assert_eq(pread(w.fd, &was, 1, at), 1);
        now = (uint8_t)(was ^ 0x41);
        cr_assert_eq(pwrite(w.fd, &now, 1, at), 1);
        int rc = find(c, "v1", 1, 0, &f);
        if (rc == 0) {
            cr_assert_eq(f.extent.offset, (uint64_t)INIT + SEGMENT, "byte %ld", (long)at);
            cr_assert_null(strchr(f.object, '/'));
        }
        cr_assert_eq(pwrite(w.fd, &was, 1, at), 1);
        index_cache_free(c);
    }
}

Test(index_cache, an_object_name_never_leads_out_of_its_folder) {
    static const char *const bad[] = {"../v1.cmaf", "/etc/passwd", ".hidden", ""};
    struct index_found f;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct index_cache *c = index_cache_new(root, 4, VALID_MS);
        index_make("v1.idx", bad[i], 3);
        cr_assert_eq(find(c, "v1", 0, 0, &f), -EBADMSG, "%s", bad[i]);
        index_cache_free(c);
    }
}

Test(index_cache, a_missing_or_short_object_is_found_out_with_the_init) {
    struct index_found f;
    struct index_cache *c = index_cache_new(root, 4, VALID_MS);
    index_make("v1.idx", "v1.cmaf", 3);
    cr_assert_eq(find(c, "v1", 0, 0, &f), -EBADMSG);
    object_write("v1.cmaf", 'a');
    cr_assert_eq(truncate(path_of("v1.cmaf"), INIT - 1), 0);
    cr_assert_eq(find(c, "v1", 0, 0, &f), -EBADMSG);
    index_cache_free(c);
}

Test(index_cache, the_oldest_goes_first_and_nothing_stays_open) {
    struct index_found f;
    struct index_cache *c = index_cache_new(root, 8, VALID_MS);
    object_write("x.cmaf", 'a');
    int before = dup(0);
    close(before);
    for (int round = 0; round < 3; round++)
        for (int i = 1; i <= 40; i++) {
            char name[16], track[8];
            snprintf(name, sizeof name, "v%d.idx", i);
            snprintf(track, sizeof track, "v%d", i);
            if (round == 0)
                close(index_make(name, "x.cmaf", (uint32_t)i).fd);
            cr_assert_eq(find(c, track, (uint32_t)i - 1, 0, &f), 0);
            cr_assert_eq(f.extent.time, (uint64_t)(i - 1) * 4);
        }
    index_cache_free(c);
    int after = dup(0);
    close(after);
    cr_assert_eq(before, after, "descriptors left open");
}
