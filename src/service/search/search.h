/*
 * search.h - finding a title, a person, a genre by what somebody types: as it is typed, with slips of the finger, without
 * accents, in another script. Tables search_doc, search_name, search_word, search_state (STORE_MAIN) and search_miss
 * (STORE_VIEWING).
 *
 * The index is told of changes by the catalogue's events and made anew by the job search.rebuild. What a search reads is
 * bounded: so many candidates from the index, whatever the catalogue's size.
 *
 * Any thread.
 */
#pragma once
#include "service/catalog/catalog.h"
#include "service/service.h"

enum { SEARCH_QUERY_MAX = 200, SEARCH_PAGE_MAX = 50 };

/* Makes the whole index anew while it is being used: each title's entry is replaced, what belongs to no title is removed.
 * progress (may be NULL) is told how many of about how many; an error of its ends the work. Returns the number of titles. */
typedef int search_progress_fn(void *arg, int64_t done, int64_t of, struct err *reterr);
int64_t search_rebuild(const struct engine *e, search_progress_fn *progress, void *arg, struct err *reterr);

extern const struct service search_service;
