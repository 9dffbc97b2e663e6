/*
 * split.c - whether a film is encoded in parts, on as many machines as there are, and where they begin. A part is a run of chunks:
 * long enough that a decoder's start and a look at the joint cost little beside it. The split is the plan's, so that what comes out
 * does not depend on who made it, nor on how many they were.
 */
#include "media/ladder/ladder_int.h"
#include <math.h>
#include <string.h>

enum { PARTS_MAX = 1000 };

/* Where a container's index is not exact (feed.c) each part would decode all before it. */
static bool seeks(json_t *probe) {
    const char *name = json_string_value(json_object_get(probe, "container"));
    return name && (strstr(name, "mp4") || strstr(name, "matroska"));
}

void plan_split(json_t *probe, json_t *video, int part_s) {
    json_t *fps = json_object_get(video, "fps");
    int64_t frames = json_integer_value(json_object_get(video, "frames"));
    int64_t chunk = json_integer_value(json_object_get(video, "gop")) * json_integer_value(json_object_get(video, "chunk_gops"));
    double rate = (double)json_integer_value(json_array_get(fps, 0)) / (double)MAX(json_integer_value(json_array_get(fps, 1)), 1);
    /* Pulldown is taken out in cycles whose beginning lies before what is wanted: one run sees them all. */
    if (part_s <= 0 || frames <= 0 || chunk <= 0 || !seeks(probe) || json_object_get(video, "telecine"))
        return;
    int64_t chunks = (frames + chunk - 1) / chunk;
    int64_t each = MAX(MAX(1, llround(part_s * rate / (double)chunk)), (chunks + PARTS_MAX - 1) / PARTS_MAX);
    int64_t parts = chunks / each; /* the last takes what is left over */
    if (parts < 2)
        return;
    json_t *firsts = json_array();
    for (int64_t i = 0; i < parts; i++)
        json_array_append_new(firsts, json_integer(i * each));
    json_object_set_new(video, "parts", firsts);
}
