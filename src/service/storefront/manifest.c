/*
 * manifest.c - the house as an application on a home screen: the web application manifest (W3C, section 1) and its
 * icon, drawn from the theme: the logo on the ground, or the name's first letter in the accent's colour.
 */
#include "base/buf.h"
#include "service/json.h"
#include "service/storefront/storefront_int.h"
#include "service/storefront/theme.h"

enum { LOGO_BYTES_MAX = 1 << 20, ICON_BYTES_MAX = 2 << 20 };

/* Of a maskable icon a circle of 80% is sure to be seen (section 2.2 of the manifest's image resources). */
static void letter_draw(const struct theme *t, struct buf *b) {
    struct str name = str_trim(t->name);
    size_t n = 1;
    while (n < name.n && ((uint8_t)name.p[n] & 0xC0) == 0x80) /* the rest of its first character */
        n++;
    buf_addf(b, "<text x=\"256\" y=\"352\" text-anchor=\"middle\" font-family=\"system-ui, sans-serif\" font-weight=\"700\""
                " font-size=\"280\" fill=\"#%06x\">", (unsigned)t->accent);
    buf_xml(b, str_slice(name, 0, MIN(n, name.n)));
    buf_addc(b, "</text>");
}

/* Within the sure circle whatever its shape; its bytes stand in the picture, for an icon loads nothing else. */
static int logo_draw(const struct engine *e, const struct theme *t, struct arena *a, struct buf *b, struct err *reterr) {
    char name[200];
    struct str file = json_get_str(t->logo, "name"), bytes;
    const char *type = str_ends(file, STR(".png")) ? "png" : str_ends(file, STR(".webp")) ? "webp" : "jpeg";
    snprintf(name, sizeof name, "art/" STR_FMT, STR_ARG(file));
    int rc = blob_get(e->blob, name, LOGO_BYTES_MAX, a, &bytes, reterr);
    if (rc < 0)
        return rc;
    buf_addf(b, "<image x=\"96\" y=\"96\" width=\"320\" height=\"320\" href=\"data:image/%s;base64,", type);
    buf_base64(b, bytes.p, bytes.n);
    buf_addc(b, "\"/>");
    return 0;
}

int theme_icon_get(struct request *rq, struct err *reterr) {
    scoped(buf_done) struct buf svg = BUF(ICON_BYTES_MAX);
    struct arena *a = request_arena(rq);
    struct theme t;
    json_t *doc;
    struct err why = {0};
    int rc = theme_load(request_engine(rq), a, &t, &doc, reterr);
    if (rc == 0) {
        buf_addf(&svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 512 512\"><rect width=\"512\" height=\"512\" fill=\"#%06x\"/>",
                 (unsigned)t.ground);
        if (!t.logo || logo_draw(request_engine(rq), &t, a, &svg, &why) != 0)
            letter_draw(&t, &svg);
        buf_addc(&svg, "</svg>\n");
    }
    json_decref(doc);
    if (rc)
        return rc;
    struct str text = str_dup(a, buf_str(&svg));
    if (svg.failed || !text.p)
        return err_set(reterr, ERR_LIMIT, "no room for an icon");
    return reply_text(rq, 200, "image/svg+xml", text);
}

/* The house's own icons until somebody gives it a look. */
static json_t *icons_json(const struct theme *t) {
    if (!t->revision)
        return json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s, s:s}]", "src", "/icon.svg", "type", "image/svg+xml", "sizes", "any", "src",
                         "/icon-maskable.svg", "type", "image/svg+xml", "sizes", "any", "purpose", "maskable");
    char src[80];
    snprintf(src, sizeof src, "/api/v1/storefront/icon.svg?r=%lld", (long long)t->revision); /* another look, another address */
    return json_pack("[{s:s, s:s, s:s, s:s}]", "src", src, "type", "image/svg+xml", "sizes", "any", "purpose", "any maskable");
}

int manifest_get(struct request *rq, struct err *reterr) {
    struct theme t;
    json_t *doc;
    char ground[8];
    int rc = theme_load(request_engine(rq), request_arena(rq), &t, &doc, reterr);
    if (rc) {
        json_decref(doc);
        return rc;
    }
    snprintf(ground, sizeof ground, "#%06x", (unsigned)(t.ground & 0xFFFFFF));
    json_t *m = json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", json_of_str(t.name), "short_name",
                          json_of_str(t.name), "id", "/", "start_url", "/", "scope", "/", "display", "standalone",
                          "background_color", ground, "theme_color", ground, "icons", icons_json(&t));
    json_decref(doc);
    scoped(mem_free) char *text = m ? json_dumps(m, JSON_COMPACT) : NULL;
    json_decref(m);
    struct str body = text ? str_dup(request_arena(rq), str_of(text)) : STR_NULL;
    /* To a browser it is a manifest all the same; to whoever opens the address it is a file and no page. */
    reply_header(rq, "Content-Disposition", "attachment; filename=\"manifest.json\"");
    return body.p ? reply_text(rq, 200, "application/manifest+json", body) : err_set(reterr, ERR_NO_MEMORY, "no memory for a manifest");
}
