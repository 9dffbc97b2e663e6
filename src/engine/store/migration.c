/* migration.c - what the drivers' migrations have in common. */
#include "engine/store/store_int.h"

const struct migration *migration_find(struct str name) {
    for (const struct migration *m = store_migrations; m->name; m++)
        if (str_eq(name, str_of(m->name)))
            return m;
    return NULL;
}

int migration_check(const struct migration *m, const char *sha256, struct str name,
                    struct str recorded, const char *where, struct err *reterr) {
    if (!m)
        return err_refuse(reterr, ERR_CONFLICT, "store.newer",
                          "The data was written by a newer version of the program; install that "
                          "version or restore a backup.",
                          "%s has migration " STR_FMT ", which this program does not know", where,
                          STR_ARG(name));
    if (!str_eq(recorded, str_of(sha256)))
        return err_refuse(reterr, ERR_CONFLICT, "store.changed_migration",
                          "The data was written by a different build of the program; use that "
                          "build, or a new data folder.",
                          "%s: migration %s was changed after it had been applied", where, m->name);
    return 0;
}
