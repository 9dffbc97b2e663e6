/* service.c - subtitles as a service. */
#include "service/subtitles/subtitles_int.h"

/* A title's film is new: its own subtitles are known, and what an editor made is cut for it. */
static int film_heard(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    struct title_id title;
    struct text_place at;
    json_t *body = json_loadb(ev->body.p, ev->body.n, 0, NULL);
    bool ok = id_parse(str_of(json_string_value(json_object_get(body, "title_id"))), &title.v);
    json_decref(body);
    if (!ok)
        return 0;
    int rc = subtitles_look(e, title, &at, reterr);
    return rc == ERR_NOT_FOUND ? 0 : rc; /* the title is gone meanwhile */
}

static const struct event_handler events[] = {{"asset.ready", "subtitles.film", film_heard}, {NULL}};

static const struct cron_row cron[] = {
    {"subtitles.sweep", 3600 * 1000, subtitles_sweep, "Removes subtitles that nobody can be watching with any more"},
    {.name = NULL},
};

const struct service subtitles_service = {
    .name = "subtitles",
    .routes = subtitles_routes,
    .schemas = subtitles_schemas,
    .sql = subtitles_sql,
    .events = events,
    .cron = cron,
};
