/* cmd_search_index.c - "matinee search-index": the index of the search made anew, here and now. */
#include "app/node.h"
#include "service/search/search.h"
#include <inttypes.h>
#include <stdio.h>

int cmd_search_index(struct cli *cli, struct err *reterr) {
    struct node n;
    int r = node_open(cli, NODE_START, &n, reterr);
    if (r < 0)
        return r;
    int64_t titles = search_rebuild(&n.engine, NULL, NULL, reterr);
    node_close(&n);
    if (titles < 0)
        return (int)titles;
    printf("%" PRId64 " titles in the index\n", titles);
    return 0;
}
