/*
 * token_table.h - tokens whose tag this worker has checked before. A client asks for segment after
 * segment with one token; what is left to check of it then is its time and the path.
 */
#pragma once
#include "engine/cat/cat.h"

struct token_table;
struct token_table *token_table_new(void); /* about 0.6 MB; NULL: no memory */
void token_table_free(struct token_table *t);

/* cat_verify, remembering. *ret_claims is the table's, until the next call; empty when the tag is
 * not right. */
enum cat_result token_table_verify(struct token_table *t, struct cat_verifier *v, struct str token,
                                   struct str path, int64_t now_s,
                                   const struct cat_claims **ret_claims);
