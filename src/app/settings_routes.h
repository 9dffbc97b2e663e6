/* settings_routes.h - the settings in force, for operators to look at. They are changed where they are set: file, environment, flags. */
#pragma once
#include "engine/http/http.h"

int settings_get(struct request *rq, struct err *reterr);
extern const struct field setting_fields[], setting_list_fields[];
