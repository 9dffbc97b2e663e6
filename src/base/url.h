/* url.h - addresses that may hold a password, as people may see them. */
#pragma once
#include "base/base.h"

/* The address with "***" in the place of its password and of what ?password= and the like say. The
 * caller frees; NULL: no memory. Where it is malformed rather too much is hidden than too little. */
char *url_mask(const char *url);
/* True when there is a password in it. */
bool url_has_password(const char *url);
