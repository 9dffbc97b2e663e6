/* The media folder: whole or not at all, by good names only, and nothing left behind. */
#include "fixture.h"
#include "engine/blob/blob.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct place {
    struct fixture f;
    struct blob *b;
};

static void place_init(struct place *p) {
    fixture_init(&p->f);
    OK(blob_open(p->f.dir, &p->b, err));
}

static void place_done(struct place *p) {
    blob_close(p->b);
    fixture_done(&p->f);
}

static int temporaries(const struct place *p) {
    char path[128];
    snprintf(path, sizeof path, "%s/tmp", p->f.dir);
    DIR *d = opendir(path);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

Test(blob, writes_and_reads_ranges) {
    struct place p;
    place_init(&p);
    struct blob_writer *w;
    struct blob_info info;
    struct str name;
    OK(blob_create(p.b, "asset/X/v1.cmaf", &w, err));
    OK(blob_write(w, "ab", 2, err));
    FAILS(ERR_NOT_FOUND, blob_stat(p.b, "asset/X/v1.cmaf", &info, err)); /* not before commit */
    OK(blob_write(w, "c", 1, err));
    OK(blob_commit(&w, &p.f.arena, &name, &info, err));
    cr_expect_null(w);
    cr_expect(str_eq(name, STR("asset/X/v1.cmaf")));
    cr_expect_str_eq(info.sha256, ABC_SHA256);
    cr_expect_eq(info.size_bytes, 3);
    OK(blob_stat(p.b, "asset/X/v1.cmaf", &info, err));
    cr_expect_eq(info.size_bytes, 3);

    char two[2];
    OK(blob_read(p.b, "asset/X/v1.cmaf", 1, 2, two, err));
    cr_expect_arr_eq(two, "bc", 2);
    OK(blob_read(p.b, "asset/X/v1.cmaf", 3, 0, two, err));
    FAILS(ERR_RANGE, blob_read(p.b, "asset/X/v1.cmaf", 2, 2, two, err));
    FAILS(ERR_RANGE, blob_read(p.b, "asset/X/v1.cmaf", -1, 2, two, err));
    FAILS(ERR_RANGE, blob_read(p.b, "asset/X/v1.cmaf", INT64_MAX, 2, two, err));
    struct str got;
    OK(blob_get(p.b, "asset/X/v1.cmaf", 3, &p.f.arena, &got, err));
    cr_expect(str_eq(got, STR("abc")));
    FAILS(ERR_LIMIT, blob_get(p.b, "asset/X/v1.cmaf", 2, &p.f.arena, &got, err));
    FAILS(ERR_NOT_FOUND, blob_get(p.b, "asset/X", 9, &p.f.arena, &got, err)); /* a folder */
    OK(blob_verify(p.b, "asset/X/v1.cmaf", ABC_SHA256, err));
    FAILS(ERR_CORRUPT, blob_verify(p.b, "asset/X/v1.cmaf", "00", err));
    cr_expect_eq(temporaries(&p), 0);
    place_done(&p);
}

Test(blob, replaces_in_one_step_and_keeps_what_is_open) {
    struct place p;
    place_init(&p);
    OK(blob_put(p.b, "a", STR("old"), err));
    int fd = OK(blob_open_fd(p.b, "a", err));
    OK(blob_put(p.b, "a", STR("newer"), err));
    char old[4] = "";
    cr_expect_eq(read(fd, old, 4), 3);
    cr_expect_str_eq(old, "old");
    close(fd);
    struct str got;
    OK(blob_get(p.b, "a", 9, &p.f.arena, &got, err));
    cr_expect(str_eq(got, STR("newer")));
    place_done(&p);
}

Test(blob, refuses_names_that_are_none) {
    static const char *const names[] = {
        "",     "/",     "/etc/passwd", "a/../b", "..",   "a//b", "a/",       ".hidden",
        "a/.b", "tmp/x", "tmp",         "a b",    "a\nb", "a\\b", "\xC3\xA9", "a:b",
    };
    struct place p;
    place_init(&p);
    struct blob_info info;
    struct blob_writer *w;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        FAILS(ERR_INVALID, blob_put(p.b, names[i], STR("x"), err));
        FAILS(ERR_INVALID, blob_stat(p.b, names[i], &info, err));
        FAILS(ERR_INVALID, blob_delete(p.b, names[i], err));
        FAILS(ERR_INVALID, blob_open_fd(p.b, names[i], err));
    }
    char longest[600];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = 0;
    FAILS(ERR_INVALID, blob_create(p.b, longest, &w, err));
    FAILS(ERR_INVALID, blob_delete_prefix(p.b, "", err));
    FAILS(ERR_INVALID, blob_delete_prefix(p.b, "../x", err));
    FAILS(ERR_INVALID, blob_open("s3://bucket", &p.b, err));
    cr_expect_eq(temporaries(&p), 0);
    place_done(&p);
}

Test(blob, names_by_content_and_stores_once) {
    struct place p;
    place_init(&p);
    struct stat first, second;
    char path[256];
    for (int i = 0; i < 2; i++) {
        struct blob_writer *w;
        struct str name;
        OK(blob_create_hashed(p.b, "source/", &w, err));
        /* Written by "a child", to the descriptor. */
        cr_assert_eq(write(blob_writer_fd(w), "abc", 3), 3);
        OK(blob_commit(&w, &p.f.arena, &name, NULL, err));
        cr_expect(str_eq(name, STR("source/" ABC_SHA256)));
        snprintf(path, sizeof path, "%s/%s", p.f.dir, name.p);
        cr_assert_eq(stat(path, i ? &second : &first), 0);
    }
    cr_expect_eq(first.st_ino, second.st_ino);
    cr_expect_eq(first.st_mode & 0777, 0640);
    /* One that a dying disk has cut short is replaced. */
    cr_assert_eq(truncate(path, 1), 0);
    struct blob_writer *w;
    OK(blob_create_hashed(p.b, "source", &w, err));
    OK(blob_write(w, "abc", 3, err));
    OK(blob_commit(&w, NULL, NULL, NULL, err));
    OK(blob_verify(p.b, "source/" ABC_SHA256, ABC_SHA256, err));
    cr_expect_eq(temporaries(&p), 0);
    place_done(&p);
}

static int gather(void *arg, const char *name, const struct blob_info *info) {
    strcat(strcat((char *)arg, name), ";");
    return 0;
}

static int stop(void *arg, const char *name, const struct blob_info *info) {
    return ERR_CANCELLED;
}

Test(blob, lists_and_deletes_by_whole_parts) {
    struct place p;
    place_init(&p);
    OK(blob_put(p.b, "asset/1/a", STR("x"), err));
    OK(blob_put(p.b, "asset/1/b", STR("x"), err));
    OK(blob_put(p.b, "asset/12/a", STR("x"), err));
    char names[200] = "";
    OK(blob_list(p.b, "asset/12/", gather, names, err));
    cr_expect_str_eq(names, "asset/12/a;");
    names[0] = 0;
    OK(blob_list(p.b, "nothing", gather, names, err));
    cr_expect_str_eq(names, "");
    FAILS(ERR_CANCELLED, blob_list(p.b, "", stop, NULL, err));
    cr_expect_eq(OK(blob_delete_prefix(p.b, "asset/1", err)), 2);
    OK(blob_list(p.b, "", gather, names, err));
    cr_expect_str_eq(names, "asset/12/a;");
    OK(blob_delete(p.b, "asset/12/a", err));
    OK(blob_delete(p.b, "asset/12/a", err)); /* absent is fine */
    char path[128];
    snprintf(path, sizeof path, "%s/asset", p.f.dir);
    cr_expect(access(path, F_OK) < 0, "empty folders go");
    place_done(&p);
}

static void *put_and_delete(void *arg) {
    for (int i = 0; i < 100; i++) {
        OK(blob_put(arg, "a/b/c/x", STR("x"), err));
        OK(blob_delete(arg, "a/b/c/x", err));
    }
    return NULL;
}

/* A folder vanishes under a writer whenever the other has just deleted its last object. */
Test(blob, writers_survive_deleters) {
    struct place p;
    place_init(&p);
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, put_and_delete, p.b);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    cr_expect_eq(temporaries(&p), 0);
    place_done(&p);
}

static void progress_note(void *arg, int64_t done, int64_t total) {
    cr_expect(done <= total);
    *(int64_t *)arg = done;
}

Test(blob, imports_files_only) {
    struct place p;
    place_init(&p);
    char path[128], fifo[128];
    snprintf(path, sizeof path, "%s/film", p.f.dir);
    snprintf(fifo, sizeof fifo, "%s/fifo", p.f.dir);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(ftruncate(fd, 3 << 20), 0);
    int64_t done = 0;
    struct str name;
    struct blob_info info;
    OK(blob_import(p.b, "source", path, progress_note, &done, &p.f.arena, &name, &info, err));
    cr_expect_eq(done, 3 << 20);
    cr_expect_eq(info.size_bytes, 3 << 20);
    OK(blob_verify(p.b, name.p, info.sha256, err));

    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    const char *const wrong[] = {path, fifo, p.f.dir};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct err e = FAILS(ERR_INVALID, blob_import(p.b, "source", wrong[i], NULL, NULL,
                                                      &p.f.arena, &name, &info, err));
        cr_expect(strstr(e.msg, wrong[i]) && e.hint[0]);
    }
    FAILS(ERR_NOT_FOUND,
          blob_import(p.b, "source", "/no/such", NULL, NULL, &p.f.arena, &name, &info, err));
    cr_expect_eq(temporaries(&p), 0);
    close(fd);
    place_done(&p);
}

/* Once only: a file that grew at each look would never end. */
static void grow(void *arg, int64_t done, int64_t total) {
    if (done > total)
        return;
    int fd = open(arg, O_WRONLY | O_APPEND);
    cr_assert_eq(write(fd, "more", 4), 4);
    close(fd);
}

Test(blob, a_file_that_changes_meanwhile_is_refused) {
    struct place p;
    place_init(&p);
    char path[128];
    snprintf(path, sizeof path, "%s/film", p.f.dir);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(write(fd, "half", 4), 4);
    close(fd);
    struct str name;
    struct blob_info info;
    struct err e = {0};
    int r = blob_import(p.b, "source", path, grow, path, &p.f.arena, &name, &info, &e);
    cr_expect_eq(r, ERR_INVALID, "%s", e.msg);
    cr_expect_str_eq(err_reason(&e), "blob.changing");
    cr_expect_eq(temporaries(&p), 0);
    place_done(&p);
}

/* What a killed writer leaves is collected; what a living one, or its child, holds is not. */
Test(blob, collects_what_dead_writers_left) {
    struct place p;
    place_init(&p);
    pid_t pid = fork();
    if (pid == 0) {
        struct blob_writer *w;
        OK(blob_create(p.b, "a", &w, err));
        OK(blob_write(w, "abc", 3, err));
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
    struct blob_writer *alive;
    OK(blob_create(p.b, "b", &alive, err));
    cr_expect_eq(temporaries(&p), 2);
    cr_expect_eq(OK(blob_tidy(p.b, 3600000, err)), 0, "young ones stay");
    usleep(2000);
    cr_expect_eq(OK(blob_tidy(p.b, 0, err)), 1);
    cr_expect_eq(temporaries(&p), 1);
    OK(blob_commit(&alive, NULL, NULL, NULL, err));
    cr_expect_eq(temporaries(&p), 0);
    place_done(&p);
}

/* A deletion that was killed between an object and its folder. */
Test(blob, tidies_folders_that_were_emptied) {
    struct place p;
    place_init(&p);
    OK(blob_put(p.b, "asset/kept/v1", str_of("x"), err));
    OK(blob_put(p.b, "asset/gone/deep/v1", str_of("x"), err));
    char path[4200];
    snprintf(path, sizeof path, "%s/asset/gone/deep/v1", blob_path(p.b));
    cr_assert_eq(unlink(path), 0);
    OK(blob_tidy(p.b, 0, err));
    snprintf(path, sizeof path, "%s/asset/gone", blob_path(p.b));
    cr_expect_eq(access(path, F_OK), -1, "an empty folder stays");
    OK(blob_stat(p.b, "asset/kept/v1", &(struct blob_info){0}, err));
    OK(blob_put(p.b, "asset/gone/deep/v1", str_of("x"), err));
    place_done(&p);
}

Test(blob, a_full_disk_leaves_nothing_behind) {
    struct place p;
    fixture_init(&p.f);
    if (mount("none", p.f.dir, "tmpfs", 0, "size=1m") < 0) {
        fixture_done(&p.f);
        cr_skip_test("no right to mount a small tmpfs");
    }
    OK(blob_open(p.f.dir, &p.b, err));
    static char big[256 << 10];
    struct blob_writer *w;
    OK(blob_create(p.b, "big", &w, err));
    struct err e = {0};
    int r = 0;
    for (int i = 0; i < 8 && r == 0; i++)
        r = blob_write(w, big, sizeof big, &e);
    cr_expect_eq(r, ERR_NO_SPACE, "%s", e.msg);
    cr_expect(strstr(e.hint, p.f.dir), "%s", e.hint);
    cr_expect_eq(temporaries(&p), 0, "gone before the abort");
    FAILS(ERR_NO_SPACE, blob_write(w, "x", 1, err));
    FAILS(ERR_NO_SPACE, blob_commit(&w, NULL, NULL, NULL, err));
    struct blob_info info;
    FAILS(ERR_NOT_FOUND, blob_stat(p.b, "big", &info, err));

    /* An import that cannot fit says so before it copies. */
    char path[] = "/tmp/matinee-film-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_eq(ftruncate(fd, 64 << 20), 0);
    int64_t done = 0;
    struct str name;
    FAILS(ERR_NO_SPACE,
          blob_import(p.b, "source", path, progress_note, &done, &p.f.arena, &name, &info, err));
    cr_expect_eq(done, 0);
    cr_expect_eq(temporaries(&p), 0);
    unlink(path);
    close(fd);
    OK(blob_put(p.b, "small", STR("fits again"), err));
    blob_close(p.b);
    cr_assert_eq(umount(p.f.dir), 0);
    fixture_done(&p.f);
}

/* ---- parts: what comes in pieces ---- */

static void hex_of(const char *p, size_t n, char dst[65]) {
    struct hash_state s;
    hash_state_init(&s);
    hash_state_update(&s, p, n);
    hash_state_hex(&s, dst);
}

Test(blob, a_hash_goes_on_from_its_text_at_any_byte) {
    char bytes[300], whole[65], pieces[65], text[HASH_STATE_TEXT];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    hex_of("abc", 3, whole);
    cr_expect_str_eq(whole, ABC_SHA256);
    hex_of(bytes, sizeof bytes, whole);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        struct hash_state s, again;
        hash_state_init(&s);
        hash_state_update(&s, bytes, cut);
        hash_state_write(&s, text);
        cr_assert(hash_state_read(str_of(text), &again), "%s", text);
        hash_state_update(&again, bytes + cut, sizeof bytes - cut);
        hash_state_hex(&again, pieces);
        cr_expect_str_eq(pieces, whole, "laid aside after %zu bytes", cut);
    }
    static const char *const bad[] = {"", "1", "1:5", "2:0::", "1:1:00:", "1:-1:", "1:0:zz:"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_not(hash_state_read(str_of(bad[i]), &(struct hash_state){0}), "%s", bad[i]);
}

Test(blob, a_part_goes_on_from_its_mark_and_forgets_the_rest) {
    struct place p;
    place_init(&p);
    struct id key = id_new(1);
    struct blob_part *part = NULL;
    struct blob_mark mark, later;
    char hex[65], two[2];
    struct blob_info info;
    blob_mark_init(&mark);
    OK(blob_part_open(p.b, key, &mark, &part, err));
    OK(blob_part_write(part, "ab", 2, err));
    OK(blob_part_sync(part, &mark, err));
    cr_expect_eq(mark.size_bytes, 2);
    OK(blob_part_write(part, "lost", 4, err));
    FAILS(ERR_BUSY, blob_part_open(p.b, key, &mark, &(struct blob_part *){NULL}, err)); /* one at a time */
    blob_part_close(&part);
    OK(blob_part_open(p.b, key, &mark, &part, err));
    cr_expect_eq(blob_part_size(part), 2);
    OK(blob_part_write(part, "x", 1, err));
    OK(blob_part_cut(part, &mark, err));
    OK(blob_part_write(part, "c", 1, err));
    OK(blob_part_sync(part, &later, err));
    hash_state_hex(&later.state, hex);
    cr_expect_str_eq(hex, ABC_SHA256);
    FAILS(ERR_NOT_FOUND, blob_stat(p.b, "source/" ABC_SHA256, &info, err));
    OK(blob_part_commit(&part, "source/" ABC_SHA256, err));
    OK(blob_stat(p.b, "source/" ABC_SHA256, &info, err));
    cr_expect_eq(info.size_bytes, 3);
    OK(blob_read(p.b, "source/" ABC_SHA256, 1, 2, two, err));
    cr_expect_eq(memcmp(two, "bc", 2), 0);
    cr_expect_not(blob_part_exists(p.b, key));
    /* What a mark promises and the disk has not is nobody's film. */
    FAILS(ERR_NOT_FOUND, blob_part_open(p.b, key, &later, &part, err));
    blob_mark_init(&mark);
    OK(blob_part_open(p.b, key, &mark, &part, err));
    blob_part_close(&part);
    FAILS(ERR_CORRUPT, blob_part_open(p.b, key, &later, &part, err));
    place_done(&p);
}

static int part_count(void *arg, struct id key) {
    ++*(int *)arg;
    return 0;
}

Test(blob, parts_are_no_objects_and_the_same_content_is_kept_once) {
    struct place p;
    place_init(&p);
    struct blob_part *part = NULL;
    struct blob_mark mark;
    struct blob_info info;
    int n = 0;
    for (int i = 0; i < 2; i++) {
        blob_mark_init(&mark);
        OK(blob_part_open(p.b, id_new(i + 1), &mark, &part, err));
        OK(blob_part_write(part, "abc", 3, err));
        OK(blob_part_list(p.b, part_count, &n, err));
        cr_expect_eq(n, i + 1);
        OK(blob_part_commit(&part, "source/" ABC_SHA256, err));
    }
    n = 0;
    OK(blob_part_list(p.b, part_count, &n, err));
    cr_expect_eq(n, 0, "the second part stayed beside the object that it equals");
    FAILS(ERR_INVALID, blob_stat(p.b, "part/x", &info, err));
    OK(blob_part_remove(p.b, id_new(9), err)); /* absent is fine */
    place_done(&p);
}
