#include "fault_vfs.h"
#include "base/base.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

struct faulty {
    sqlite3_file base;
    const char *path; /* SQLite's, for the file's life; NULL: a temporary */
    sqlite3_file real[];
};

static sqlite3_vfs *system_vfs;
static int count, fail_at, fail_code, fail_for_ever; /* atomic */

static sqlite3_file *real_of(sqlite3_file *f) {
    return ((struct faulty *)f)->real;
}

/* 0, or the code to fail with. */
static int fault(void) {
    int n = __atomic_add_fetch(&count, 1, __ATOMIC_ACQ_REL);
    int at = __atomic_load_n(&fail_at, __ATOMIC_ACQUIRE);
    bool fails = at && (fail_for_ever ? n >= at : n == at);
    if (fails)
        errno = (fail_code & 0xFF) == SQLITE_FULL ? ENOSPC : EIO;
    return fails ? fail_code : 0;
}

static void copy(const char *from, const char *to) {
    scoped(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
    scoped(fd_close) int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    while (in >= 0 && out >= 0 && sendfile(out, in, NULL, 1 << 20) > 0)
        ;
}

static int f_close(sqlite3_file *f) {
    return real_of(f)->pMethods ? real_of(f)->pMethods->xClose(real_of(f)) : SQLITE_OK;
}
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    int rc = fault();
    return rc ? rc : real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 n) {
    int rc = fault();
    return rc ? rc : real_of(f)->pMethods->xTruncate(real_of(f), n);
}
static int f_sync(sqlite3_file *f, int flags) {
    int rc = fault();
    if (!rc)
        rc = real_of(f)->pMethods->xSync(real_of(f), flags);
    const char *path = ((struct faulty *)f)->path;
    if (rc == SQLITE_OK && path) {
        char to[300];
        snprintf(to, sizeof to, "%s.flushed", path);
        copy(path, to);
    }
    return rc;
}
static int f_size(sqlite3_file *f, sqlite3_int64 *n) {
    return real_of(f)->pMethods->xFileSize(real_of(f), n);
}
static int f_lock(sqlite3_file *f, int lock) {
    return real_of(f)->pMethods->xLock(real_of(f), lock);
}
static int f_unlock(sqlite3_file *f, int lock) {
    return real_of(f)->pMethods->xUnlock(real_of(f), lock);
}
static int f_reserved(sqlite3_file *f, int *ret) {
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret);
}
static int f_control(sqlite3_file *f, int op, void *arg) {
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int f_sector(sqlite3_file *f) {
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int f_device(sqlite3_file *f) {
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int f_shm_map(sqlite3_file *f, int page, int n, int extend, void volatile **ret) {
    return real_of(f)->pMethods->xShmMap(real_of(f), page, n, extend, ret);
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}
static void f_shm_barrier(sqlite3_file *f) {
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int f_shm_unmap(sqlite3_file *f, int delete) {
    return real_of(f)->pMethods->xShmUnmap(real_of(f), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* without xFetch: nothing is mapped behind our back */
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_device,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags,
                    int *ret_flags) {
    struct faulty *file = (struct faulty *)f;
    file->path = name;
    int rc = system_vfs->xOpen(system_vfs, name, file->real, flags, ret_flags);
    f->pMethods = rc == SQLITE_OK ? &methods : NULL;
    return rc;
}

static sqlite3_vfs faulty_vfs;

void fault_vfs_install(void) {
    if (!system_vfs) {
        system_vfs = sqlite3_vfs_find(NULL);
        faulty_vfs = *system_vfs;
        faulty_vfs.pNext = NULL;
        faulty_vfs.zName = "faulty";
        faulty_vfs.szOsFile += (int)sizeof(struct faulty);
        faulty_vfs.xOpen = vfs_open;
    }
    fault_vfs_fail(0, 0, 0);
    sqlite3_vfs_register(&faulty_vfs, 1);
}

void fault_vfs_remove(void) {
    fault_vfs_fail(0, 0, 0);
    sqlite3_vfs_unregister(&faulty_vfs);
    sqlite3_vfs_register(system_vfs, 1);
}

void fault_vfs_fail(int nth, int code, int for_ever) {
    fail_code = code;
    fail_for_ever = for_ever;
    __atomic_store_n(&count, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&fail_at, nth, __ATOMIC_RELEASE);
}

int fault_vfs_count(void) {
    return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

static bool ends(const char *s, const char *with) {
    size_t n = strlen(s), m = strlen(with);
    return n >= m && strcmp(s + n - m, with) == 0;
}

void fault_vfs_power_cut(const char *dir) {
    char path[300], flushed[320];
    DIR *d = opendir(dir);
    for (struct dirent *de; d && (de = readdir(d));) {
        if (!ends(de->d_name, ".db") && !ends(de->d_name, "-wal") && !ends(de->d_name, "-shm"))
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, de->d_name);
        snprintf(flushed, sizeof flushed, "%s.flushed", path);
        unlink(path);
        if (!ends(path, "-shm"))
            rename(flushed, path);
    }
    if (d)
        closedir(d);
}
