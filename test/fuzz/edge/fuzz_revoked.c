/* fuzz_revoked.c - any bytes as the list of revoked playbacks. */
#include "../../../edge/revoked.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[64];
    if (!path[0])
        snprintf(path, sizeof path, "/tmp/matinee-fuzz-revoked-%d", (int)getpid());
    FILE *f = fopen(path, "w");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f))
        abort();
    struct revoked *r = revoked_new(path);
    struct str rest = str_make((const char *)data, size), line;
    int rc = revoked_look(r);
    /* What was taken is found, each line of it. */
    while (rc == 1 && rest.n) {
        rest = str_cut(rest, '\n', &line);
        if (!revoked_has(r, line))
            abort();
    }
    revoked_free(r);
    unlink(path);
    return 0;
}
