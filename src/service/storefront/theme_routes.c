/* theme_routes.c - the look over HTTP: public to read, an editor's to change. */
#include "service/json.h"
#include "service/storefront/storefront_int.h"
#include "service/storefront/theme.h"

static const struct theme house = {.name = {"Matinee", 7},
                                   .ground = 0x0b0c10,
                                   .text = 0xf2f3f5,
                                   .accent = 0xf5b342,
                                   .font = "inter",
                                   .corners = "soft"};

static void text_take(const json_t *doc, const char *name, const char **io) {
    const char *s = json_string_value(json_object_get(doc, name));
    *io = s ? s : *io;
}

/* What doc says, the rest as it was; doc is borrowed by t. */
static void theme_read(const json_t *doc, struct theme *t) {
    struct str name = json_get_str(doc, "name");
    const json_t *logo = json_object_get(doc, "logo");
    if (name.n)
        t->name = name;
    colour_parse(json_get_str(doc, "ground"), &t->ground);
    colour_parse(json_get_str(doc, "text"), &t->text);
    colour_parse(json_get_str(doc, "accent"), &t->accent);
    text_take(doc, "font", &t->font);
    text_take(doc, "corners", &t->corners);
    t->logo = json_is_object(logo) ? logo : NULL;
}

int theme_load(const struct engine *e, struct arena *a, struct theme *t, json_t **ret_doc, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &storefront_sql[DOC_GET], ARGS(A_CSTR("theme")), a, &r, reterr);
    *t = house;
    *ret_doc = NULL;
    if (rc <= 0)
        return rc;
    struct str text = row_str(&r, 0, 1);
    *ret_doc = json_loadb(text.p, text.n, 0, NULL);
    if (!*ret_doc)
        return err_set(reterr, ERR_CORRUPT, "the stored theme does not read");
    theme_read(*ret_doc, t);
    t->revision = row_i64(&r, 0, 0);
    return 0;
}

static json_t *colour_json(uint32_t c) {
    char text[8];
    snprintf(text, sizeof text, "#%06x", (unsigned)(c & 0xFFFFFF));
    return json_string(text);
}

static json_t *logo_json(const struct theme *t) {
    if (!t->logo)
        return json_null();
    char src[200];
    snprintf(src, sizeof src, "/art/" STR_FMT, STR_ARG(json_get_str(t->logo, "name")));
    return json_pack("{s:s, s:I, s:I}", "src", src, "width", (json_int_t)json_get_int(t->logo, "width", 1), "height",
                     (json_int_t)json_get_int(t->logo, "height", 1));
}

static int theme_reply(struct request *rq, const struct theme *t) {
    return reply_json(rq, 200,
                      json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s}", "revision", (json_int_t)t->revision,
                                "name", json_of_str(t->name), "logo", logo_json(t), "ground", colour_json(t->ground),
                                "text", colour_json(t->text), "accent", colour_json(t->accent), "accent_ink",
                                colour_json(theme_accent_ink(t)), "font", t->font, "corners", t->corners));
}

int theme_get(struct request *rq, struct err *reterr) {
    struct theme t;
    json_t *doc;
    int rc = theme_load(request_engine(rq), request_arena(rq), &t, &doc, reterr);
    if (rc == 0)
        rc = theme_reply(rq, &t);
    json_decref(doc);
    return rc;
}

int theme_css_get(struct request *rq, struct err *reterr) {
    scoped(buf_done) struct buf css = BUF(16 << 10);
    struct theme t;
    json_t *doc;
    int rc = theme_load(request_engine(rq), request_arena(rq), &t, &doc, reterr);
    if (rc == 0)
        theme_css(&t, &css);
    json_decref(doc);
    if (rc)
        return rc;
    struct str text = str_dup(request_arena(rq), buf_str(&css));
    if (css.failed || !text.p)
        return err_set(reterr, ERR_LIMIT, "no room for a style sheet");
    return reply_text(rq, 200, "text/css; charset=utf-8", text);
}

static bool name_is_plain(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7F)
            return false;
    return str_trim(s).n > 0;
}

/* Colours that do not parse, names of more than a line, pairs that cannot be read. */
static int theme_check(struct request *rq, const json_t *body, const struct theme *t, struct err *reterr) {
    static const char *const colours[] = {"ground", "text", "accent"};
    char text[200];
    const char *field = NULL, *fault = NULL;
    uint32_t c;
    if (!name_is_plain(t->name))
        field = "name", fault = "The name is one line of text.";
    for (size_t i = 0; !fault && i < ARRAY_LEN(colours); i++)
        if (json_object_get(body, colours[i]) && !colour_parse(json_get_str(body, colours[i]), &c))
            field = colours[i], fault = "A colour is written like #1a2b3c.";
    if (!fault)
        fault = theme_fault(t, &field, text, sizeof text);
    if (!fault)
        return 0;
    request_field_error(rq, field, fault);
    return err_refuse(reterr, ERR_INVALID, "storefront.theme", fault, "a theme that is not taken: %s", field);
}

int theme_doc_save(const struct engine *e, const struct theme *t, json_t *logo, struct err *reterr) {
    json_t *doc = json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:o?}", "name", json_of_str(t->name), "ground",
                            colour_json(t->ground), "text", colour_json(t->text), "accent", colour_json(t->accent),
                            "font", t->font, "corners", t->corners, "logo", logo);
    int rc = doc ? doc_save(e, "theme", doc, t->revision, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a theme");
    json_decref(doc);
    return rc;
}

int theme_put(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const json_t *body = request_json(rq);
    struct theme t;
    json_t *doc;
    int rc = theme_load(e, request_arena(rq), &t, &doc, reterr);
    const json_t *logo = t.logo;
    if (rc == 0) {
        theme_read(body, &t); /* what is absent stays */
        t.logo = logo;
        t.revision = json_get_int(body, "revision", 0);
        rc = theme_check(rq, body, &t, reterr);
    }
    if (rc == 0)
        rc = theme_doc_save(e, &t, logo ? json_deep_copy(logo) : NULL, reterr);
    json_decref(doc);
    return rc ? rc : theme_get(rq, reterr);
}
