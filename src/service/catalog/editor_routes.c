/* editor_routes.c - the editors' addresses and the shapes that go over them. */
#include "service/catalog/bulk.h"
#include "service/catalog/routes_int.h"

enum { TEXT_MAX_N = 64, TITLE_BYTES = 1 << 20 };
#define REVISION_MAX 1000000000000000 /* what JavaScript counts without loss */
static const struct field text_fields[] = {
    {"lang", F_LANG, FIELD_REQUIRED},
    {"name", F_STR, FIELD_REQUIRED, 1, CATALOG_NAME_MAX},
    {"synopsis", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},
    {"tagline", F_STR, 0, 0, 500},
    {"sort_name", F_STR, 0, 0, CATALOG_NAME_MAX, .doc = "By which lists are sorted; empty: the name"},
    {.type = F_END}};
static const struct field credit_fields[] = {
    {"person", F_STR, 0, 1, CATALOG_SLUG_MAX, .doc = "Slug or id; absent: by name"},
    {"name", F_STR, 0, 1, CATALOG_NAME_MAX, .doc = "Where person is absent; who is not known yet is made"},
    {"job", F_STR, FIELD_REQUIRED, .values = CREDIT_JOBS},
    {"character", F_STR, FIELD_NULLABLE, 0, CATALOG_NAME_MAX},
    {.type = F_END}};
static const struct field label_fields[] = {{"system", F_STR, FIELD_REQUIRED, 1, 20},
                                            {"label", F_STR, FIELD_REQUIRED, 1, 20},
                                            {"age", F_INT, 0, 0, MATURITY_ALL, .doc = "Follows from the label"},
                                            {.type = F_END}};
static const struct field marker_fields[] = {{"kind", F_STR, FIELD_REQUIRED, .values = MARKER_KINDS},
                                             {"from_s", F_NUM, FIELD_REQUIRED},
                                             {"to_s", F_NUM, FIELD_REQUIRED},
                                             {"name", F_STR, FIELD_NULLABLE, 0, CATALOG_NAME_MAX},
                                             {.type = F_END}};
static const struct field external_fields[] = {{"scheme", F_STR, FIELD_REQUIRED, .values = EXTERNAL_SCHEMES},
                                               {"value", F_STR, FIELD_REQUIRED, 1, 100},
                                               {.type = F_END}};
static const struct field custom_fields[] = {{"name", F_STR, FIELD_REQUIRED, 1, CATALOG_SLUG_MAX},
                                             {"value", F_STR, FIELD_REQUIRED, 0, 2000},
                                             {.type = F_END}};

/* What an editor may set; what is absent stays. */
#define CHANGE_FIELDS(text)                                                                             \
    {"slug", F_STR, 0, 1, CATALOG_SLUG_MAX},                                                       \
        {"kind", F_STR, 0, .values = TITLE_KIND_VALUES, .doc = "Of a new title: absent: film"},    \
        {"parent_id", F_ID, FIELD_NULLABLE, .doc = "What it is part of: a season's series, an episode's season"}, \
        {"number", F_INT, 0, 0, NUMBER_MAX, .doc = "Of a season or an episode; the order of extras"}, \
        {"lang", F_LANG, 0, .doc = "Whose text is shown where there is none in the viewer's"},     \
        {"original_lang", F_LANG, FIELD_NULLABLE},                                                 \
        {"released_on", F_STR, FIELD_NULLABLE, 10, 10, .doc = "YYYY-MM-DD"},                       \
        {"year", F_INT, FIELD_NULLABLE, 1870, 2200},                                               \
        {"maturity", F_INT, FIELD_NULLABLE, 0, MATURITY_ALL, .doc = "Years; null: the strictest of its ratings"}, \
        {"published", F_BOOL, 0},                                                                  \
        {"texts", F_OBJ, FIELD_ARRAY, 1, TEXT_MAX_N, .ref = text, .doc = "All languages: what is not among them goes"}, \
        {"genres", F_STR, FIELD_ARRAY, 0, 20, .doc = "Slugs, the first is the main one"},          \
        {"people", F_OBJ, FIELD_ARRAY, 0, 500, .ref = "EditorCredit", .doc = "In the order of the credits"}, \
        {"tags", F_STR, FIELD_ARRAY, 0, 50},                                                       \
        {"aliases", F_STR, FIELD_ARRAY, 0, CATALOG_ALIASES, .doc = "What else people call it, in any language: found by it, never shown"}, \
        {"studios", F_STR, FIELD_ARRAY, 0, 20, .doc = "Slugs"},                                    \
        {"ratings", F_OBJ, FIELD_ARRAY, 0, 30, .ref = "EditorRating"},                             \
        {"markers", F_OBJ, FIELD_ARRAY, 0, 500, .ref = "EditorMarker"},                            \
        {"external_ids", F_OBJ, FIELD_ARRAY, 0, 20, .ref = "EditorExternalId"},                    \
    {                                                                                              \
        "custom", F_OBJ, FIELD_ARRAY, 0, 100, .ref = "EditorCustom"                                \
    }
static const struct field change_fields[] = {
    CHANGE_FIELDS("EditorText"),
    {"revision", F_INT, 0, 0, REVISION_MAX, .doc = "The one that was read: 409 catalog.changed where it is another by now"},
    {.type = F_END}};
static const struct field new_fields[] = {
    {"name", F_STR, 0, 1, CATALOG_NAME_MAX, .doc = "In lang; or send texts"},
    {"synopsis", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},
    CHANGE_FIELDS("EditorText"),
    {.type = F_END}};
/* A row of a file (bulk.h): what it says of a title, and which it is. */
static const struct field bulk_text_fields[] = {
    {"lang", F_LANG, FIELD_REQUIRED},
    {"name", F_STR, 0, 1, CATALOG_NAME_MAX},
    {"synopsis", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},
    {"tagline", F_STR, 0, 0, 500},
    {"sort_name", F_STR, 0, 0, CATALOG_NAME_MAX},
    {.type = F_END}};
static const struct field bulk_row_fields[] = {
    {"id", F_ID, 0},
    {"name", F_STR, 0, 1, CATALOG_NAME_MAX},
    {"synopsis", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},
    {"tagline", F_STR, 0, 0, 500},
    {"sort_name", F_STR, 0, 0, CATALOG_NAME_MAX},
    {"parent", F_STR, 0, 1, 110, .doc = "Slug, id, or own:ID of what it is part of"},
    {"series", F_STR, 0, 1, CATALOG_NAME_MAX, .doc = "Of an episode or a season: made where there is none of that name"},
    {"season", F_INT, 0, 0, NUMBER_MAX},
    CHANGE_FIELDS("BulkText"),
    {.type = F_END}};
static const struct field bulk_fault_fields[] = {{"field", F_STR, FIELD_REQUIRED, 0, 200}, {"detail", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field bulk_line_fields[] = {
    {"row", F_INT, FIELD_REQUIRED, .doc = "Line of a CSV, else which title of the file; from 1"},
    {"action", F_STR, FIELD_REQUIRED, .values = "create|update|unchanged|error"},
    {"title_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"changes", F_STR, FIELD_REQUIRED | FIELD_ARRAY},
    {"errors", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "BulkFault"},
    {.type = F_END}};
#define BULK_COUNTS                                                                                \
    {"total", F_INT, FIELD_REQUIRED}, {"created", F_INT, FIELD_REQUIRED}, {"updated", F_INT, FIELD_REQUIRED}
static const struct field bulk_report_fields[] = {
    {"id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "For undo; null: nothing was written"},
    {"state", F_STR, FIELD_REQUIRED, .values = "dry_run|refused|applied", .doc = "refused: a row is wrong, and nothing was written"},
    {"encoding", F_STR, FIELD_REQUIRED, .doc = "As it was read"},
    BULK_COUNTS,
    {"unchanged", F_INT, FIELD_REQUIRED},
    {"wrong", F_INT, FIELD_REQUIRED},
    {"rows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 10000, .ref = "BulkLine"},
    {.type = F_END}};
static const struct field bulk_run_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"format", F_STR, FIELD_REQUIRED, .values = "csv|json|mrss"},
    {"state", F_STR, FIELD_REQUIRED, .values = "applying|applied|undoing|undone"},
    BULK_COUNTS,
    {"at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field bulk_runs_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "BulkRun"},
                                                {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                                {.type = F_END}};
static const struct field bulk_kept_fields[] = {{"title_id", F_ID, FIELD_REQUIRED}, {"reason", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field bulk_undone_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"state", F_STR, FIELD_REQUIRED, .values = "undoing|undone"},
    {"undone", F_INT, FIELD_REQUIRED},
    {"kept", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 30000, .ref = "BulkKept", .doc = "What stays as it is, and why"},
    {.type = F_END}};
static const struct field bulk_query[] = {
    {"format", F_STR, FIELD_REQUIRED, .values = "csv|json|mrss"},
    {"dry_run", F_BOOL, 0, .doc = "Only the report"},
    {"skip_errors", F_BOOL, 0, .doc = "Write the rows that are right though others are wrong"},
    {"encoding", F_STR, 0, 1, 40, .doc = "Of a CSV or JSON; absent: found out"},
    {.type = F_END}};
static const struct field bulk_list_query[] = {{"cursor", F_ID, 0}, {"limit", F_INT, 0, 1, CATALOG_BATCH}, {.type = F_END}};
static const struct field bulk_undo_query[] = {{"force", F_BOOL, 0, .doc = "Take back what was changed since, too"}, {.type = F_END}};
static const struct field whole_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .values = TITLE_KIND_VALUES},
    {"slug", F_STR, FIELD_REQUIRED},
    {"parent_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"number", F_INT, FIELD_REQUIRED, 0, NUMBER_MAX},
    {"lang", F_STR, FIELD_REQUIRED},
    {"original_lang", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"released_on", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"year", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, 0, 2200},
    {"maturity", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, 0, MATURITY_ALL, .doc = "By hand; null: of its ratings"},
    {"age", F_INT, FIELD_REQUIRED, 0, MATURITY_ALL, .doc = "In force"},
    {"published", F_BOOL, FIELD_REQUIRED},
    {"shown", F_BOOL, FIELD_REQUIRED, .doc = "Published, and so is all that it is part of"},
    {"published_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The first time"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"updated_at", F_TIME, FIELD_REQUIRED},
    {"revision", F_INT, FIELD_REQUIRED, 0, REVISION_MAX},
    {"texts", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorText"},
    {"genres", F_STR, FIELD_REQUIRED | FIELD_ARRAY},
    {"people", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorCredit"},
    {"tags", F_STR, FIELD_REQUIRED | FIELD_ARRAY},
    {"aliases", F_STR, FIELD_REQUIRED | FIELD_ARRAY},
    {"studios", F_STR, FIELD_REQUIRED | FIELD_ARRAY},
    {"collections", F_STR, FIELD_REQUIRED | FIELD_ARRAY, .doc = "Slugs; a collection's own page changes them"},
    {"ratings", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorRating"},
    {"markers", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorMarker"},
    {"external_ids", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorExternalId"},
    {"custom", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorCustom"},
    {"versions", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Version"},
    {.type = F_END}};
static const struct field row_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"slug", F_STR, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .values = TITLE_KIND_VALUES},
    {"series", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "SeriesPlace"},
    {"name", F_STR, FIELD_REQUIRED},
    {"year", F_INT, 0},
    {"runtime_s", F_NUM, FIELD_REQUIRED},
    {"poster", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},
    {"still", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},
    {"languages", F_LANG, FIELD_REQUIRED | FIELD_ARRAY},
    {"max_height", F_INT, FIELD_REQUIRED},
    {"maturity", F_INT, FIELD_REQUIRED, 0, MATURITY_ALL},
    {"parent_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"number", F_INT, FIELD_REQUIRED, 0, NUMBER_MAX},
    {"published", F_BOOL, FIELD_REQUIRED},
    {"shown", F_BOOL, FIELD_REQUIRED},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"updated_at", F_TIME, FIELD_REQUIRED},
    {"revision", F_INT, FIELD_REQUIRED, 0, REVISION_MAX},
    {"text_langs", F_LANG, FIELD_REQUIRED | FIELD_ARRAY, .doc = "In which it is described"},
    {"missing", F_STR, FIELD_REQUIRED | FIELD_ARRAY, .values = "artwork|text|video|rights", .doc = "rights: only with rights-default = closed"},
    {.type = F_END}};
static const struct field table_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorRow"},
                                            {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                            {.type = F_END}};
static const struct field table_query[] = {
    {"cursor", F_STR, 0, 1, CURSOR_MAX},
    {"limit", F_INT, 0, 1, CATALOG_BATCH},
    {"q", F_STR, 0, 0, 200},
    {"state", F_STR, 0, .values = "published|unpublished"},
    {"kind", F_STR, 0, .values = TITLE_KIND_VALUES},
    {"genre", F_STR, 0, 1, CATALOG_SLUG_MAX},
    {"parent", F_ID, 0, .doc = "Only what is part of this title"},
    {"missing", F_STR, 0, .values = "artwork|text|video|rights", .doc = "rights: no window of its own, its season's or its series'"},
    {"lang", F_LANG, 0, .doc = "With missing=text: the language looked for; absent: the title's own"},
    {"sort", F_STR, 0, .values = "new|name|year|updated"},
    {.type = F_END}};
#define REVISION_FIELD {"revision", F_INT, 0, 0, REVISION_MAX, .doc = "The one that was read: 409 where it is another by now"}
static const struct field put_genres_fields[] = {{"items", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, 20}, REVISION_FIELD, {.type = F_END}};
static const struct field put_people_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 500, .ref = "EditorCredit"}, REVISION_FIELD, {.type = F_END}};
static const struct field put_aliases_fields[] = {{"items", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, CATALOG_ALIASES}, REVISION_FIELD, {.type = F_END}};
static const struct field put_tags_fields[] = {{"items", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, 50}, REVISION_FIELD, {.type = F_END}};
static const struct field put_studios_fields[] = {{"items", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, 20}, REVISION_FIELD, {.type = F_END}};
static const struct field put_ratings_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 30, .ref = "EditorRating"}, REVISION_FIELD, {.type = F_END}};
static const struct field put_markers_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 500, .ref = "EditorMarker"}, REVISION_FIELD, {.type = F_END}};
static const struct field put_external_ids_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 20, .ref = "EditorExternalId"}, REVISION_FIELD, {.type = F_END}};
static const struct field put_custom_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 100, .ref = "EditorCustom"}, REVISION_FIELD, {.type = F_END}};

#define VERSION_WORDS                                                                              \
    {"label", F_STR, 0, 0, 100, .doc = "As viewers read it: Director's cut"}, {"lang", F_LANG, FIELD_NULLABLE, .doc = "Where it is another language's"}, REVISION_FIELD
static const struct field version_new_fields[] = {
    {"from", F_ID, FIELD_REQUIRED, .doc = "A title that was never published, of an upload or an import: its film becomes the version, and it goes"},
    {"kind", F_STR, 0, 1, 40, .doc = "directors-cut; absent: made of the label"},
    VERSION_WORDS,
    {.type = F_END}};
static const struct field version_change_fields[] = {VERSION_WORDS, {.type = F_END}};
static const struct field version_drop_query[] = {REVISION_FIELD, {.type = F_END}};

/* ---- What titles name ---- */

static const struct field name_fields[] = {
    {"lang", F_LANG, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED, 1, CATALOG_NAME_MAX}, {.type = F_END}};
static const struct field about_fields[] = {{"lang", F_LANG, FIELD_REQUIRED},
                                            {"name", F_STR, FIELD_REQUIRED, 1, CATALOG_NAME_MAX},
                                            {"synopsis", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},
                                            {.type = F_END}};
#define SLUG_FIELD {"slug", F_STR, 0, 1, CATALOG_SLUG_MAX, .doc = "Absent: made of the name"}
#define THING_REVISION {"revision", F_INT, FIELD_REQUIRED, 0, REVISION_MAX, .doc = "Grows with every change"}
#define ID_FIELDS {"id", F_ID, FIELD_REQUIRED}, {"slug", F_STR, FIELD_REQUIRED}, THING_REVISION
#define GENRE_FIELDS                                                                               \
    {"position", F_INT, 0, 0, NUMBER_MAX, .doc = "In lists; the smallest first"},                  \
        {"texts", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 1, TEXT_MAX_N, .ref = "EditorName"}
#define PERSON_FIELDS                                                                              \
    {"name", F_STR, FIELD_REQUIRED, 1, CATALOG_NAME_MAX}, {"sort_name", F_STR, 0, 0, CATALOG_NAME_MAX},                     \
        {"bio", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},                                                \
        {"texts", F_OBJ, FIELD_ARRAY, 0, TEXT_MAX_N, .ref = "EditorName", .doc = "The name in languages that write it otherwise"}
#define STUDIO_FIELDS {"name", F_STR, FIELD_REQUIRED, 1, CATALOG_NAME_MAX}
#define COLLECTION_FIELDS                                                                          \
    {"position", F_INT, 0, 0, NUMBER_MAX}, {"published", F_BOOL, 0},                               \
        {"texts", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 1, TEXT_MAX_N, .ref = "EditorAbout"},       \
        {"titles", F_ID, FIELD_ARRAY, 0, 1000, .doc = "In order; absent: they stay"}
#define FIELD_FIELDS                                                                               \
    {"name", F_STR, FIELD_REQUIRED, 1, CATALOG_SLUG_MAX, .doc = "Lower-case letters, digits, dashes"},                      \
        {"type", F_STR, FIELD_REQUIRED, .values = "text|number|date|boolean|choice|url"},          \
        {"label", F_STR, FIELD_REQUIRED, 1, CATALOG_NAME_MAX},                                     \
        {"required", F_BOOL, 0, .doc = "No title is published without it"}, {"position", F_INT, 0, 0, NUMBER_MAX},          \
        {"options", F_STR, FIELD_ARRAY, 0, 200, .doc = "Of a choice"}
static const struct field genre_put[] = {SLUG_FIELD, GENRE_FIELDS, REVISION_FIELD, {.type = F_END}}, genre_fields[] = {ID_FIELDS, GENRE_FIELDS, {.type = F_END}};
static const struct field person_put[] = {SLUG_FIELD, PERSON_FIELDS, REVISION_FIELD, {.type = F_END}},
                          person_fields[] = {ID_FIELDS, PERSON_FIELDS, {.type = F_END}};
static const struct field studio_put[] = {SLUG_FIELD, STUDIO_FIELDS, REVISION_FIELD, {.type = F_END}},
                          studio_fields[] = {ID_FIELDS, STUDIO_FIELDS, {.type = F_END}};
static const struct field collection_put[] = {SLUG_FIELD, COLLECTION_FIELDS, REVISION_FIELD, {.type = F_END}},
                          collection_fields[] = {ID_FIELDS, COLLECTION_FIELDS, {.type = F_END}};
static const struct field field_put[] = {FIELD_FIELDS, REVISION_FIELD, {.type = F_END}},
                          field_fields[] = {{"id", F_ID, FIELD_REQUIRED}, THING_REVISION, FIELD_FIELDS, {.type = F_END}};
#define LIST_FIELDS(ref_)                                                                          \
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = ref_}, {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE}, {.type = F_END}
static const struct field genre_items[] = {LIST_FIELDS("EditorGenre")}, person_items[] = {LIST_FIELDS("EditorPerson")},
                          studio_items[] = {LIST_FIELDS("EditorStudio")}, collection_items[] = {LIST_FIELDS("EditorCollection")},
                          field_items[] = {LIST_FIELDS("EditorField")};
static const struct field system_label[] = {
    {"label", F_STR, FIELD_REQUIRED}, {"age", F_INT, FIELD_REQUIRED, 0, MATURITY_ALL}, {.type = F_END}};
static const struct field system_fields[] = {{"system", F_STR, FIELD_REQUIRED},
                                             {"country", F_STR, FIELD_REQUIRED},
                                             {"name", F_STR, FIELD_REQUIRED},
                                             {"labels", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "RatingSystemLabel"},
                                             {.type = F_END}};
static const struct field system_items[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "RatingSystem"}, {.type = F_END}};
static const struct field things_query[] = {{"cursor", F_STR, 0, 1, CATALOG_SLUG_MAX},
                                            {"limit", F_INT, 0, 1, CATALOG_BATCH},
                                            {"q", F_STR, 0, 0, 200, .doc = "Part of a name or slug"},
                                            {.type = F_END}};

static const struct field use_query[] = {{"cursor", F_ID, 0}, {"limit", F_INT, 0, 1, CATALOG_BATCH}, {.type = F_END}};
static const struct field drop_query[] = {{"detach", F_BOOL, 0, .doc = "Take it from the titles that name it; 1,000 at most"}, {.type = F_END}};
static const struct field use_title[] = {{"id", F_ID, FIELD_REQUIRED},
                                         {"kind", F_STR, FIELD_REQUIRED, .values = TITLE_KIND_VALUES},
                                         {"name", F_STR, FIELD_REQUIRED},
                                         {.type = F_END}};
static const struct field use_fields[] = {{"count", F_INT, FIELD_REQUIRED, .doc = "Of all pages"},
                                          {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "EditorUseTitle"},
                                          {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                          {.type = F_END}};
static const struct field order_fields[] = {{"items", F_ID, FIELD_REQUIRED | FIELD_ARRAY, 1, 1000, .doc = "The first one first; what is not named keeps its place"},
                                            {.type = F_END}};
static const struct field merge_fields[] = {{"others", F_ID, FIELD_REQUIRED | FIELD_ARRAY, 1, 50, .doc = "Who go; what they did stays, as this one's"},
                                            {.type = F_END}};

const struct schema catalog_editor_schemas[] = {
    {"EditorText", text_fields, "A title in one language"},
    {"EditorCredit", credit_fields, "Who made a title or plays in it"},
    {"EditorRating", label_fields, "An age rating as a country gives it"},
    {"EditorMarker", marker_fields, "A stretch of a title"},
    {"EditorExternalId", external_fields, "What a title is called elsewhere"},
    {"EditorCustom", custom_fields, "A field of the house's own"},
    {"EditorTitleChange", change_fields, "What an editor changes of a title; what is absent stays"},
    {"EditorTitleNew", new_fields, "A title to be made"},
    {"BulkText", bulk_text_fields, "A title in one language, as a row says it"},
    {"BulkRow", bulk_row_fields, "What a row of a file says of a title"},
    {"BulkFault", bulk_fault_fields, "What is wrong with a row"},
    {"BulkLine", bulk_line_fields, "What a row does"},
    {"BulkReport", bulk_report_fields, "What a file does, row by row"},
    {"BulkRun", bulk_run_fields, "A file that was written"},
    {"BulkRuns", bulk_runs_fields, "Files that were written, the newest first"},
    {"BulkKept", bulk_kept_fields, "A title that was not taken back"},
    {"BulkUndone", bulk_undone_fields, "What was taken back"},
    {"EditorTitle", whole_fields, "A title with everything that can be changed of it"},
    {"EditorRow", row_fields, "A title in the editors' table"},
    {"EditorTable", table_fields, "A page of the editors' table"},
    {"EditorPutGenres", put_genres_fields, "The whole list, replaced"},
    {"EditorPutPeople", put_people_fields, "The whole list, replaced"},
    {"EditorPutTags", put_tags_fields, "The whole list, replaced"},
    {"EditorPutAliases", put_aliases_fields, "The whole list, replaced"},
    {"EditorPutStudios", put_studios_fields, "The whole list, replaced"},
    {"EditorPutRatings", put_ratings_fields, "The whole list, replaced"},
    {"EditorPutMarkers", put_markers_fields, "The whole list, replaced"},
    {"EditorPutExternalIds", put_external_ids_fields, "The whole list, replaced"},
    {"EditorPutCustom", put_custom_fields, "The whole list, replaced"},
    {"EditorName", name_fields, "A name in one language"},
    {"EditorAbout", about_fields, "Name and synopsis in one language"},
    {"EditorGenrePut", genre_put, "A genre as an editor puts it"},
    {"EditorGenre", genre_fields, "A genre"},
    {"EditorGenreList", genre_items, "A page of them"},
    {"EditorPersonPut", person_put, "A person as an editor puts it"},
    {"EditorPerson", person_fields, "A person"},
    {"EditorPersonList", person_items, "A page of them"},
    {"EditorStudioPut", studio_put, "A studio as an editor puts it"},
    {"EditorStudio", studio_fields, "A studio"},
    {"EditorStudioList", studio_items, "A page of them"},
    {"EditorCollectionPut", collection_put, "A collection as an editor puts it"},
    {"EditorCollection", collection_fields, "A collection"},
    {"EditorCollectionList", collection_items, "A page of them"},
    {"EditorFieldPut", field_put, "A custom field as an editor puts it"},
    {"EditorField", field_fields, "A custom field"},
    {"EditorFieldList", field_items, "A page of them"},
    {"EditorUseTitle", use_title, "A title that names something"},
    {"EditorUse", use_fields, "A page of the titles that name something"},
    {"EditorOrder", order_fields, "Things in their order"},
    {"EditorMerge", merge_fields, "Who are the same person"},
    {"EditorVersionNew", version_new_fields, "A cut or a language of a title, to be added"},
    {"EditorVersionChange", version_change_fields, "What a version is called"},
    {"RatingSystemLabel", system_label, "A label and its age"},
    {"RatingSystem", system_fields, "A country's system of age ratings"},
    {"RatingSystemList", system_items, "All that are known"},
    {NULL}};

#define EDIT(method, path, handler, ...)                                                           \
    {method, "/api/v1/editor/" path, handler, ROLE_EDITOR, .per_minute = 600, .priority = PRIO_REST,                      \
     .scope = (method) == GET ? SCOPE_CATALOG_READ : SCOPE_CATALOG_WRITE, __VA_ARGS__}
#define THING(path, name, Name, word)                                                              \
    EDIT(GET, path, editor_##name##_list, .query = things_query, .reply = "Editor" #Name "List", .doc = word ": all, by name",   \
         .op = "editor" #Name "List"),                                                             \
        EDIT(POST, path, editor_##name##_post, .body_max = TITLE_BYTES, .body = "Editor" #Name "Put", .reply = "Editor" #Name,      \
             .doc = word ": a new one", .op = "editor" #Name "Create"),                            \
        EDIT(GET, path "/{id:id}", editor_##name##_get, .reply = "Editor" #Name, .doc = word ": one, whole", .op = "editor" #Name "Get"), \
        EDIT(PUT, path "/{id:id}", editor_##name##_put, .body_max = TITLE_BYTES, .body = "Editor" #Name "Put", .reply = "Editor" #Name,              \
             .doc = word ": put anew", .op = "editor" #Name "Put"),                                \
        EDIT(DELETE, path "/{id:id}", editor_##name##_delete, .query = drop_query, .doc = word ": dropped, where nothing names it", \
             .op = "editor" #Name "Delete"),                                                       \
        EDIT(GET, path "/{id:id}/titles", editor_##name##_titles, .query = use_query, .reply = "EditorUse",                 \
             .doc = word ": the titles that name one", .op = "editor" #Name "Titles")
#define ORDER(path, name, Name, word)                                                              \
    EDIT(PUT, path "/order", editor_##name##_order, .body_max = TITLE_BYTES, .body = "EditorOrder", .doc = word ": put into an order", \
         .op = "editor" #Name "Order")
#define LIST(path, name, Put)                                                                      \
    EDIT(PUT, "titles/{id:id}/" path, editor_##name##_put, .body_max = TITLE_BYTES, .body = "EditorPut" #Put, .reply = "EditorTitle",                \
         .doc = "Replace that list of a title", .op = "editorTitle" #Put)

const struct route catalog_editor_routes[] = {
    EDIT(GET, "titles", editor_titles_get, .query = table_query, .reply = "EditorTable", .doc = "Titles of every kind and state, as a table",
         .op = "editorTitleList"),
    EDIT(POST, "titles", editor_title_post, .body_max = TITLE_BYTES, .body = "EditorTitleNew", .reply = "EditorTitle", .doc = "Make a title",
         .op = "editorTitleCreate"),
    EDIT(GET, "titles/{id:id}", editor_title_get, .reply = "EditorTitle", .doc = "A title in all languages", .op = "editorTitleGet"),
    EDIT(PATCH, "titles/{id:id}", editor_title_patch, .body_max = TITLE_BYTES, .body = "EditorTitleChange", .reply = "EditorTitle",
         .doc = "Change a title: all of it or nothing", .op = "editorTitleUpdate"),
    EDIT(DELETE, "titles/{id:id}", editor_title_delete, .doc = "Delete a title that nobody can have seen", .op = "editorTitleDelete"),
    EDIT(POST, "titles/{id:id}/versions", editor_version_post, .body = "EditorVersionNew", .reply = "EditorTitle",
         .doc = "Add a cut or a language of a title", .op = "editorVersionCreate"),
    EDIT(PATCH, "titles/{id:id}/versions/{version:id}", editor_version_patch, .body = "EditorVersionChange", .reply = "EditorTitle",
         .doc = "Say what a version is called", .op = "editorVersionUpdate"),
    EDIT(DELETE, "titles/{id:id}/versions/{version:id}", editor_version_delete, .query = version_drop_query, .reply = "EditorTitle",
         .doc = "Take a version away; its film goes once nobody watches it", .op = "editorVersionDelete"),
    LIST("genres", genres, Genres),
    LIST("people", people, People),
    LIST("tags", tags, Tags),
    LIST("studios", studios, Studios),
    LIST("ratings", ratings, Ratings),
    LIST("markers", markers, Markers),
    LIST("external-ids", external_ids, ExternalIds),
    LIST("custom", custom, Custom),
    LIST("aliases", aliases, Aliases),
    THING("genres", genre, Genre, "Genres"),
    ORDER("genres", genre, Genre, "Genres"),
    THING("people", person, Person, "People"),
    EDIT(POST, "people/{id:id}/merge", people_merge_post, .body = "EditorMerge", .reply = "EditorPerson", .status = 200,
         .doc = "Make one person of several: credits, names and biography go over to this one", .op = "editorPersonMerge"),
    THING("studios", studio, Studio, "Studios"),
    THING("collections", collection, Collection, "Collections"),
    ORDER("collections", collection, Collection, "Collections"),
    THING("custom-fields", field, Field, "Custom fields"),
    ORDER("custom-fields", field, Field, "Custom fields"),
    EDIT(POST, "bulk", bulk_post, .query = bulk_query, .body_max = BULK_BYTES_MAX, .deadline_ms = 60000, .flags = ROUTE_ANY_TYPE,
         .reply = "BulkReport", .status = 200, .doc = "Describe titles by a file: CSV, JSON or MRSS (docs/BULK.md)", .op = "editorBulk"),
    EDIT(GET, "bulk", bulk_list, .query = bulk_list_query, .reply = "BulkRuns", .doc = "Files that were written", .op = "editorBulkList"),
    EDIT(POST, "bulk/{id:id}/undo", bulk_undo_post, .query = bulk_undo_query, .deadline_ms = 60000, .reply = "BulkUndone", .status = 200,
         .doc = "Take back what a file did", .op = "editorBulkUndo"),
    EDIT(GET, "rating-systems", rating_systems_get, .reply = "RatingSystemList", .doc = "Systems of age ratings with their labels",
         .op = "editorRatingSystems"),
    {.path = NULL}};

/* Whoever describes titles is in the record, not here. */
static int editor_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int editor_erase(const struct engine *e, struct account_id account, struct err *reterr) { return 0; }

const struct service editor_service = {
    .name = "editor",
    .routes = catalog_editor_routes,
    .schemas = catalog_editor_schemas,
    .sql = bulk_sql,
    .export = editor_export,
    .erase = editor_erase,
};
