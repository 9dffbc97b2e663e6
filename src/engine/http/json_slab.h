/*
 * json_slab.h - memory of bodies' JSON. A body is some forty pieces of a few bytes that are made together and go together a moment
 * later; malloc keeps seven of a size at hand and searches for the rest. They are cut off a slab, one behind the other. A slab
 * knows how many of its pieces live, so a value may outlive its request and may be let go by any thread.
 */
#pragma once
#include <stddef.h>

/* Jansson takes its memory through here from now on. Once, by whichever server is opened first; JSON that was made before is
 * let go as it was made. Does nothing under ASan, which is to see each piece, and where a test has put its own functions. */
void json_slab_install(void);

/* Between the two, what this thread asks for is cut off its slab while there is room. */
void json_slab_begin(void);
void json_slab_end(void);

/* The functions themselves, for the test. */
void *json_slab_malloc(size_t n);
void json_slab_free(void *p);
