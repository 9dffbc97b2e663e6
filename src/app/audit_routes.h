/* audit_routes.h - the record of what staff did, for operators to read. */
#pragma once
#include "engine/http/http.h"

extern const struct route audit_routes[];
extern const struct schema audit_schemas[];
