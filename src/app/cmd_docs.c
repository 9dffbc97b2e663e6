/* cmd_docs.c - documents that are derived from the route tables; a test fails when the stored ones
 * differ. */
#include "app/command.h"
#include "app/services.h"
#include "base/buf.h"
#include "service/developer/developer.h"
#include <stdio.h>

enum { DOCUMENT_MAX = 16 << 20 };

static int document_print(const struct buf *b, struct err *reterr) {
    if (b->failed)
        return err_set(reterr, ERR_LIMIT, "the document is over %d bytes", DOCUMENT_MAX);
    return fwrite(b->p, 1, b->n, stdout) == b->n
               ? 0
               : err_set(reterr, ERR_IO, "standard output was closed");
}

static int json_print(json_t *j, struct err *reterr) {
    scoped(mem_free) char *text = j ? json_dumps(j, JSON_INDENT(2)) : NULL;
    json_decref(j);
    if (!text)
        return err_set(reterr, ERR_INTERNAL, "the API description cannot be made");
    puts(text);
    return 0;
}

int cmd_openapi(struct cli *cli, struct err *reterr) {
    return json_print(openapi_make(services_routes(), services_schemas(), webhook_events), reterr);
}

int cmd_routes(struct cli *cli, struct err *reterr) {
    return json_print(routes_json(services_routes(), services_schemas()), reterr);
}

int cmd_api_client(struct cli *cli, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(DOCUMENT_MAX);
    typescript_make(services_routes(), services_schemas(), &b);
    return document_print(&b, reterr);
}

int cmd_api_doc(struct cli *cli, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(DOCUMENT_MAX);
    api_doc_make(services_routes(), services_schemas(), &b);
    return document_print(&b, reterr);
}
