/* cmd_keys.c - "matinee keys rotate": a new key for the tokens in playback addresses. What plays
 * goes on: its tokens are valid with the key before, to their end. */
#include "app/node.h"
#include "service/delivery/delivery.h"
#include <stdio.h>
#include <string.h>

int cmd_keys(struct cli *cli, struct err *reterr) {
    struct node n;
    if (strcmp(cli->argv[0], "rotate") != 0)
        return usage_error(cli, reterr, "keys can be rotated, not \"%s\"", cli->argv[0]);
    int r = node_open(cli, NODE_START, &n, reterr);
    if (r < 0)
        return r;
    STORE_RETRY(r, reterr, delivery_keys_rotate(&n.engine, reterr));
    node_close(&n);
    if (r < 0)
        return r;
    if (cli_has(cli, "json"))
        printf("{\"settled_after_s\":%lld,\"old_until_s\":%lld}\n", DELIVERY_SETTLE_MS / 1000,
               DELIVERY_SESSION_MS / 1000 + DELIVERY_SETTLE_MS / 1000);
    else
        printf("A new key signs what is started from %lld minutes on. What plays now goes on to its "
               "end, %lld hours at most.\n",
               DELIVERY_SETTLE_MS / 60000, DELIVERY_SESSION_MS / 3600000);
    return 0;
}
