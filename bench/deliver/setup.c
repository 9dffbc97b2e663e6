/*
 * setup.c - the same bytes twice: as segments of tracks with an index, and as files; and a token a
 * client.
 *
 *   setup DIR CLIENTS
 * Writes DIR/blob (our layout), DIR/files/<track>/<n>.m4s, DIR/token.keys, and the lists for load:
 * DIR/{ours,plain}-{small,large}.list
 */
#include "engine/cat/cat.h"
#include "media/cmaf/index.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ASSET "01ARZ3NDEKTSV4RRFFQ69G5FAV"
enum {
    SMALL_TRACKS = 8,
    SMALL_SEGMENTS = 128,
    LARGE_TRACKS = 4,
    LARGE_SEGMENTS = 48,
    BOUNDARY = 4096
};

static char path[512];
static uint8_t bytes[2 << 20];

static const char *in(const char *dir, const char *fmt, const char *a, int n) {
    size_t at = (size_t)snprintf(path, sizeof path, "%s/", dir);
    snprintf(path + at, sizeof path - at, fmt, a, n);
    return path;
}

static void need(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    exit(1);
}

static void file_write(const char *name, const void *p, size_t n) {
    FILE *f = fopen(name, "w");
    need(f && fwrite(p, 1, n, f) == n && fclose(f) == 0, name);
}

static uint32_t length_of(bool large, unsigned seed) {
    /* About 16 KB and about 1 MB: a quarter up and down, never a round number. */
    uint32_t middle = large ? 1000000 : 16000;
    return middle - middle / 4 + (seed * 2654435761u) % (middle / 2);
}

static void track_write(const char *dir, const char *name, int segments, bool large, FILE *list) {
    struct index_object object = {0};
    struct index_writer w;
    uint64_t at = 700;
    snprintf(object.name, sizeof object.name, "%s.cmaf", name);
    int cmaf =
        open(in(dir, "blob/asset/" ASSET "/%s.cmaf", name, 0), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int idx =
        open(in(dir, "blob/asset/" ASSET "/%s.idx", name, 0), O_RDWR | O_CREAT | O_TRUNC, 0644);
    need(cmaf >= 0 && idx >= 0 && pwrite(cmaf, bytes, at, 0) == (ssize_t)at, "track");
    need(index_start(&w, idx, &object, 1) == 0, "index");
    w.h.timescale = 90000;
    w.h.init_length = (uint32_t)at;
    mkdir(in(dir, "files/%s", name, 0), 0755);
    for (int i = 0; i < segments; i++) {
        uint32_t n = length_of(large, (unsigned)(i + name[1] * 1000));
        at = (at + BOUNDARY - 1) / BOUNDARY * BOUNDARY; /* as the packager lays them out */
        struct index_extent e = {
            .offset = at, .length = n, .duration = 360000, .time = (uint64_t)i * 360000};
        char file[16];
        memcpy(bytes, &i, sizeof i);
        need(pwrite(cmaf, bytes, n, (off_t)at) == (ssize_t)n && index_append(&w, &e, 1) == 0,
             "segment");
        snprintf(file, sizeof file, "%s/%d", name, i);
        file_write(in(dir, "files/%s.m4s", file, 0), bytes, n);
        fprintf(list, "%s.m4s %u\n", file, n);
        at += n;
    }
    need(index_publish(&w) == 0, "index");
    close(cmaf);
    close(idx);
}

static void suffixes_write(const char *dir, const char *name, bool large) {
    FILE *list = fopen(in(dir, "%s.suffixes", name, 0), "w");
    need(list != NULL, "list");
    for (int t = 0; t < (large ? LARGE_TRACKS : SMALL_TRACKS); t++) {
        char track[8];
        snprintf(track, sizeof track, "%c%d", large ? 'v' : 'a', t + 1);
        track_write(dir, track, large ? LARGE_SEGMENTS : SMALL_SEGMENTS, large, list);
    }
    fclose(list);
}

static void prefixes_write(const char *dir, int clients) {
    struct cat_key key = {.kid = "b1", .kid_len = 2, .secret_len = 32};
    FILE *ours = fopen(in(dir, "ours.prefixes", "", 0), "w"),
         *plain = fopen(in(dir, "plain.prefixes", "", 0), "w");
    FILE *keys = fopen(in(dir, "token.keys", "", 0), "w");
    need(ours && plain && keys && getrandom(key.secret, 32, 0) == 32, "keys");
    fputs("6231 ", keys);
    for (int i = 0; i < 32; i++)
        fprintf(keys, "%02x", key.secret[i]);
    fputs("\n", keys);
    for (int i = 0; i < clients; i++) {
        struct cat_claims c = {.exp_s = time(NULL) + 86400,
                               .iat_s = time(NULL),
                               .cti_len = 16,
                               .path_prefix = "/" ASSET "/"};
        char token[CAT_TOKEN_MAX];
        need(getrandom(c.cti, 16, 0) == 16 && cat_mint(&key, &c, token, sizeof token), "token");
        fprintf(ours, "/m/%s/" ASSET "/d/\n", token);
        fputs("/\n", plain);
    }
    fclose(ours);
    fclose(plain);
    fclose(keys);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: setup DIR CLIENTS\n", stderr);
        return 2;
    }
    const char *dirs[] = {"blob", "blob/asset", "blob/asset/" ASSET, "files"};
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
        mkdir(in(argv[1], "%s", dirs[i], 0), 0755);
    need(getrandom(bytes, 256, 0) == 256, "random");
    suffixes_write(argv[1], "small", false);
    suffixes_write(argv[1], "large", true);
    prefixes_write(argv[1], atoi(argv[2]));
    return 0;
}
