/* apply.h - a title's description as editors send it and read it back. */
#pragma once
#include "service/catalog/catalog_int.h"
#include <jansson.h>

/*
 * Changes what c has of schema EditorTitleChange (its shape was checked already); what is absent stays. Lists and texts are
 * replaced whole. Says title.changed once at least, and what publishing says. ERR_NOT_FOUND; ERR_CONFLICT "catalog.changed":
 * c.revision is not the title's any more; "catalog.slug_taken", "catalog.external_id_taken", "catalog.not_ready",
 * "catalog.custom_wanted"; ERR_INVALID with what is wrong.
 */
int title_apply(struct tx *tx, struct title_id id, const json_t *c, struct arena *a, struct err *reterr);
/* A title of c, which has name or texts. ERR_INVALID, ERR_CONFLICT as above. */
int title_make(struct tx *tx, const json_t *c, struct arena *a, struct title_id *ret_id, struct err *reterr);
/* Gone with all that describes it; says title.deleted. ERR_CONFLICT: "catalog.published", "catalog.was_published",
 * "catalog.has_parts", "catalog.importing". */
int title_drop(struct tx *tx, struct title_id id, struct err *reterr);

/* apply_lists.c: one list of a title, replaced. */
struct list_put {
    const char *name; /* in EditorTitleChange; NULL ends the table */
    int (*put)(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr);
};
extern const struct list_put list_puts[];
int maturity_of_labels(struct tx *tx, struct title_id id, struct arena *a, struct err *reterr);

/* ERR_INVALID with a sentence: an id that its scheme does not give. */
int external_check(struct str scheme, struct str value, struct err *reterr);
/* {"name", "value"} of a custom field. ERR_INVALID: there is none, or it takes something else. */
int custom_check(struct tx *tx, const json_t *item, struct arena *a, struct id *ret_field, struct err *reterr);

/* whole.c: EditorTitle of the API. ERR_NOT_FOUND. */
int title_whole(struct tx *tx, struct title_id id, struct arena *a, json_t **ret, struct err *reterr);
