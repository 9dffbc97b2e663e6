/*
 * export.c - track files cut into segments, with their manifests, below a folder. The tree is made
 * in
 * "<dir>.partial" and takes its name last.
 */
#include "media/export.h"
#include "media/manifest/manifest.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct export {
    int root; /* of the partial tree */
    const struct asset_desc *d;
    const int *objects;
    int (*progress)(void *arg, int permille);
    void *arg;
    size_t done, total; /* extents */
    struct arena arena;
};

/* Removes what is below a folder, two levels as we made it. */
static void tree_clear(int at, const char *name) {
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        unlinkat(at, name, 0);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlinkat(fd, e->d_name, 0) < 0)
            tree_clear(fd, e->d_name);
    closedir(dir);
    unlinkat(at, name, AT_REMOVEDIR);
}

static int bytes_copy(int from, uint64_t offset, uint64_t n, int to, struct err *reterr) {
    static _Thread_local uint8_t block[1 << 16];
    off_t at = (off_t)offset;
    while (n > 0) {
        ssize_t r = copy_file_range(from, &at, to, NULL, n, 0);
        if (r < 0 &&
            (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
            r = pread(from, block, MIN(n, sizeof block), at);
            if (r > 0 && write(to, block, (size_t)r) != r)
                return err_errno(reterr, errno ? errno : ENOSPC, "writing a segment");
            at += MAX(r, 0);
        }
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return err_errno(reterr, errno, "writing a segment");
        if (r == 0)
            return err_set(reterr, ERR_CORRUPT, "a track file is shorter than its index says");
        n -= (uint64_t)r;
    }
    return 0;
}

static int file_make(int at, const char *name, struct err *reterr) {
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    return fd >= 0 ? fd : err_errno(reterr, errno, "creating %s", name);
}

static int piece_write(int at, const char *name, int from, uint64_t offset, uint64_t n,
                       struct err *reterr) {
    scoped(fd_close) int fd = file_make(at, name, reterr);
    return fd < 0 ? fd : bytes_copy(from, offset, n, fd, reterr);
}

static int track_write(struct export *x, size_t i, struct err *reterr) {
    static const char *const suffixes[TRACK_KINDS] = {"m4s", "m4s", "vtt", "jpg", "m4s"};
    const struct track_desc *t = &x->d->tracks[i];
    char name[64];
    snprintf(name, sizeof name, STR_FMT, STR_ARG(t->name));
    if (mkdirat(x->root, name, 0755) < 0)
        return err_errno(reterr, errno, "creating folder %s", name);
    scoped(fd_close) int dir = openat(x->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_errno(reterr, errno, "opening folder %s", name);
    int r = 0;
    if (t->init_length > 0)
        r = piece_write(dir, t->kind == TRACK_TEXT ? "all.vtt" : "init.mp4", x->objects[i],
                        t->init_offset, t->init_length, reterr);
    for (size_t k = 0; k < t->n_extents && r >= 0; k++) {
        snprintf(name, sizeof name, "%zu.%s", k, suffixes[t->kind]);
        r = piece_write(dir, name, x->objects[i], t->extents[k].offset, t->extents[k].length,
                        reterr);
        if (r >= 0 && x->progress)
            r = x->progress(x->arg, (int)(++x->done * 1000 / x->total));
    }
    return r;
}

static int manifest_write(struct export *x, struct str name, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(MANIFEST_MAX);
    struct span s = {.asset = x->d, .to_ms = -1, .kind = SPAN_CONTENT};
    struct presentation p = {&s, 1};
    struct view everything = {0};
    int r = manifest_render(&p, &everything, name, &b, NULL, reterr);
    if (r < 0)
        return r;
    scoped(fd_close) int fd = file_make(x->root, str_cstr(&x->arena, name), reterr);
    if (fd < 0)
        return fd;
    ssize_t w = write(fd, b.p, b.n);
    if (w < 0 || (size_t)w != b.n)
        return err_errno(reterr, w < 0 ? errno : ENOSPC, "writing a manifest");
    return 0;
}

static int tree_write(struct export *x, struct err *reterr) {
    int r = 0;
    for (size_t i = 0; i < x->d->n_tracks && r >= 0; i++)
        r = track_write(x, i, reterr);
    for (size_t i = 0; i < x->d->n_tracks && r >= 0; i++) {
        const struct track_desc *t = &x->d->tracks[i];
        if (t->kind == TRACK_IMAGE || t->kind == TRACK_TRICK) /* HLS has its I-frames in the rungs */
            continue;
        r = manifest_write(x, str_printf(&x->arena, STR_FMT ".m3u8", STR_ARG(t->name)), reterr);
        if (r >= 0 && t->kind == TRACK_VIDEO)
            r = manifest_write(x, str_printf(&x->arena, STR_FMT ".iframes.m3u8", STR_ARG(t->name)),
                               reterr);
    }
    if (r >= 0)
        r = manifest_write(x, STR("main.m3u8"), reterr);
    return r < 0 ? r : manifest_write(x, STR("main.mpd"), reterr);
}

int media_export_tree(const char *dir, const struct asset_desc *d, const int *objects,
                      int (*progress)(void *arg, int permille), void *arg, struct err *reterr) {
    struct export x = {
        .d = d, .objects = objects, .progress = progress, .arg = arg, .arena = ARENA(1 << 20)};
    for (size_t i = 0; i < d->n_tracks; i++)
        x.total += d->tracks[i].n_extents;
    x.total = MAX(x.total, 1);
    char partial[4096];
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (n == 0 ||
        snprintf(partial, sizeof partial, "%.*s.partial", (int)n, dir) >= (int)sizeof partial)
        return err_set(reterr, ERR_INVALID, "folder name \"%s\" is empty or too long", dir);
    if (rmdir(dir) < 0 && errno != ENOENT)
        return err_refuse(reterr,
                          errno == ENOTEMPTY || errno == EEXIST ? ERR_CONFLICT : ERR_PERMISSION,
                          "export.folder_exists", "Choose a new folder, or empty that one.",
                          "%s: %s", dir, strerror(errno));
    tree_clear(AT_FDCWD, partial);
    if (mkdir(partial, 0755) < 0)
        return err_errno(reterr, errno, "creating folder %s", partial);
    x.root = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = x.root < 0 ? err_errno(reterr, errno, "opening folder %s", partial)
                       : tree_write(&x, reterr);
    if (x.root >= 0)
        close(x.root);
    arena_done(&x.arena);
    if (r >= 0 && rename(partial, dir) < 0)
        r = err_errno(reterr, errno, "naming folder %s", dir);
    if (r < 0)
        tree_clear(AT_FDCWD, partial);
    return MIN(r, 0);
}
