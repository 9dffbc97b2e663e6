/* fuzz_picture.c - the heads of picture files: any bytes, no crash, and no size past what is taken. */
#include "media/image/head.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct picture_head h = {0};
    struct err e = {0};
    int rc = picture_head(str_make((const char *)data, size), &h, &e);
    if (rc == 0 && (h.width < 1 || h.height < 1 || (int64_t)h.width * h.height > PICTURE_AREA_MAX))
        abort();
    if (rc < 0 && (!e.reason[0] || !e.hint[0]))
        abort();
    return 0;
}
