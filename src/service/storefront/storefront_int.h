/* storefront_int.h - what the files of storefront share. */
#pragma once
#include "service/catalog/catalog.h"
#include "service/storefront/storefront.h"

enum row_word { WORD_CONTINUE, WORD_NEW, WORD_ALL, WORD_LANGUAGE, ROW_WORDS };
const char *row_word(struct str langs, enum row_word word);
struct str language_name(struct str lang); /* "Français"; the tag itself where it is not known */
struct str row_language_title(struct str langs, struct str lang, struct arena *a);
