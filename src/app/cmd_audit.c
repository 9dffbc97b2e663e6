/* cmd_audit.c - "matinee audit verify": does the record of what staff did still hold together? */
#include "app/node.h"
#include "engine/audit/audit.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int cmd_audit(struct cli *cli, struct err *reterr) {
    struct audit_verdict v;
    struct node n;
    if (strcmp(cli->argv[0], "verify") != 0)
        return usage_error(cli, reterr, "\"%s\" is not verify", cli->argv[0]);
    int r = node_open(cli, NODE_START, &n, reterr);
    if (r < 0)
        return r;
    r = audit_verify(n.engine.store, &v, reterr);
    node_close(&n);
    if (r < 0)
        return r;
    if (v.broken)
        return err_refuse(reterr, ERR_CORRUPT, "audit.broken",
                          "Somebody wrote to the database past the program. Compare with a backup, and look who could.",
                          "row %" PRId64 " of the record: %s", v.broken, v.why);
    if (v.unsealed)
        return err_refuse(reterr, ERR_CORRUPT, "audit.unsealed",
                          "Is a worker running (matinee serve)? If so, somebody put them there.",
                          "%" PRId64 " rows older than a minute are not in the chain", v.unsealed);
    printf("%" PRId64 " rows, of %" PRId64 " the person was erased; head %s\n", v.rows, v.erased, v.head[0] ? v.head : "-");
    return 0;
}
