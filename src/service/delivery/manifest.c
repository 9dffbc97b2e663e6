/* manifest.c - the front's question for a manifest: a pure function of asset and view, immutable.
 */
#include "service/delivery/delivery_int.h"
#include "base/buf.h"
#include "media/manifest/manifest.h"

static int not_found(struct err *reterr, const char *what) {
    return err_refuse(reterr, ERR_NOT_FOUND, "delivery.not_found", "There is no such manifest.",
                      "%s", what);
}

int manifest_make(const struct asset_desc *d, struct str view, struct str name, struct arena *a,
                  struct str *ret_text, const char **ret_type, struct err *reterr) {
    struct view v;
    /* A view has one spelling: another one would fill caches with the same bytes twice. */
    if (!view_parse(view, a, &v))
        return not_found(reterr, "the view is not canonical");
    scoped(buf_done) struct buf out = BUF(MANIFEST_MAX);
    struct span span = {.asset = d, .from_ms = 0, .to_ms = -1, .kind = SPAN_CONTENT};
    struct presentation p = {.spans = &span, .n_spans = 1};
    int rc = manifest_render(&p, &v, name, &out, ret_type, reterr);
    if (rc < 0)
        return rc;
    *ret_text = str_dup(a, buf_str(&out));
    return ret_text->p ? 0
                       : err_set(reterr, ERR_LIMIT, "no room for a manifest of %zu bytes", out.n);
}

static int manifest_get(struct request *rq, struct err *reterr) {
    scoped(delivery_asset_put) struct loaded_asset *asset = NULL;
    struct asset_id id;
    struct str text;
    struct view view;
    const char *type;
    struct str param = request_param(rq, "asset");
    /* Ids are stored in upper case; another spelling of a path is another cache key. */
    if (!id_parse(param, &id.v) || !str_eq(param, id_str(&id.v)))
        return not_found(reterr, "not an asset's id");
    if (!view_parse(request_param(rq, "view"), request_arena(rq), &view))
        return not_found(reterr, "the view is not canonical");
    int rc = delivery_asset_get(request_engine(rq), id, (struct asset_form){view.text, view.scheme}, &asset, reterr);
    if (rc == 0)
        rc = manifest_make(&asset->desc, request_param(rq, "view"), request_param(rq, "name"),
                           request_arena(rq), &text, &type, reterr);
    if (rc < 0)
        return rc;
    reply_header(rq, "Cross-Origin-Resource-Policy", "cross-origin"); /* any player may read it */
    reply_header(rq, "Cache-Control", "public, max-age=31536000, immutable");
    return reply_text(rq, 200, type, text);
}

const struct route delivery_routes[] = {
    {GET, "/internal/manifest/{asset}/{view}/{name}", manifest_get, ROLE_NONE, .per_minute = 60000,
     .priority = PRIO_SEGMENT, .flags = ROUTE_INTERNAL,
     .doc = "A manifest, for the front after it has checked the token"},
    {.path = NULL}};
