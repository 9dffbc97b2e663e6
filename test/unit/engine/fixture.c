#include "fixture.h"
#include <ftw.h>
#include <unistd.h>

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    return remove(path);
}

void tree_remove(const char *path) {
    nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

void fixture_init(struct fixture *f) {
    *f = (struct fixture){.dir = "/tmp/matinee-test-XXXXXX", .arena = ARENA(16 << 20)};
    cr_assert(mkdtemp(f->dir));
}

void fixture_store(struct fixture *f) {
    struct store_options o = {.url = f->dir, .clock = &f->clock};
    OK(store_open(&o, &f->store, err));
    OK(store_migrate(f->store, err));
}

void fixture_done(struct fixture *f) {
    store_close(f->store);
    arena_done(&f->arena);
    tree_remove(f->dir);
}
