/* schemas.c - the shapes of what viewers are shown of the catalogue. */
#include "service/catalog/catalog_int.h"

static const struct field source_fields[] = {
    {"src", F_URL, FIELD_REQUIRED}, {"width", F_INT, FIELD_REQUIRED}, {.type = F_END}};
static const struct field image_fields[] = {
    {"src", F_URL, FIELD_REQUIRED, .doc = "The largest; immutable"},
    {"width", F_INT, FIELD_REQUIRED},
    {"height", F_INT, FIELD_REQUIRED},
    {"srcset", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "ImageSource", .doc = "Narrowest first"},
    {"sources", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "ImageFormat",
     .doc = "The same picture in formats that not everything reads, the best first"},
    {"color", F_STR, FIELD_REQUIRED, .doc = "#rrggbb, the ground shown until the picture is there"},
    {"blur", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "A data: address of a few pixels, to be shown large until then"},
    {.type = F_END}};
static const struct field format_fields[] = {
    {"type", F_STR, FIELD_REQUIRED, .doc = "image/avif, image/webp"},
    {"srcset", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "ImageSource"},
    {.type = F_END}};
static const struct field progress_fields[] = {
    {"position_s", F_NUM, FIELD_REQUIRED, .doc = "Where to resume"},
    {"duration_s", F_NUM, FIELD_REQUIRED},
    {"updated_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
#define CARD_FIELDS                                                                                \
    {"id", F_ID, FIELD_REQUIRED}, {"slug", F_STR, FIELD_REQUIRED},                                 \
        {"kind", F_STR, FIELD_REQUIRED, .values = TITLE_KIND_VALUES},                              \
        {"series", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "SeriesPlace", .doc = "Of a season or an episode: where it is"}, \
        {"name", F_STR, FIELD_REQUIRED}, {"year", F_INT, 0, .doc = "Absent when not known"},       \
        {"runtime_s", F_NUM, FIELD_REQUIRED},                                                      \
        {"poster", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},                        \
        {"still", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},                         \
        {"languages", F_LANG, FIELD_REQUIRED | FIELD_ARRAY, .doc = "Of its audio"},                \
        {"max_height", F_INT, FIELD_REQUIRED},                                                     \
        {"maturity", F_INT, FIELD_REQUIRED, 0, MATURITY_ALL,                                       \
         .doc = "Years: for this age and older; 18 also where nobody rated it"}, {                                                   \
        "progress", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Progress"                      \
    }
static const struct field place_fields[] = {{"slug", F_STR, FIELD_REQUIRED, .doc = "Of the series"},
                                            {"name", F_STR, FIELD_REQUIRED, .doc = "Of the series"},
                                            {"season", F_INT, FIELD_REQUIRED, 0, NUMBER_MAX},
                                            {"episode", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, 0, NUMBER_MAX},
                                            {.type = F_END}};
static const struct field card_fields[] = {CARD_FIELDS, {.type = F_END}};
static const struct field audio_fields[] = {{"lang", F_LANG, FIELD_REQUIRED},
                                            {"label", F_STR, FIELD_REQUIRED},
                                            {"channels", F_INT, FIELD_REQUIRED},
                                            {"role", F_STR, FIELD_REQUIRED},
                                            {.type = F_END}};
static const struct field text_fields[] = {{"lang", F_LANG, FIELD_REQUIRED},
                                           {"label", F_STR, FIELD_REQUIRED},
                                           {"role", F_STR, FIELD_REQUIRED},
                                           {.type = F_END}};
static const struct field named_fields[] = {{"slug", F_STR, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field credit_fields[] = {{"slug", F_STR, FIELD_REQUIRED},
                                             {"name", F_STR, FIELD_REQUIRED},
                                             {"job", F_STR, FIELD_REQUIRED, .doc = "actor, director, writer, producer, composer, ..."},
                                             {"character", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                             {.type = F_END}};
static const struct field rating_fields[] = {
    {"system", F_STR, FIELD_REQUIRED, .doc = "MPA, FSK, BBFC, ..."},
    {"label", F_STR, FIELD_REQUIRED},
    {"age", F_INT, FIELD_REQUIRED, 0, MATURITY_ALL, .doc = "Years, from which on it may be seen there"},
    {.type = F_END}};
static const struct field marker_fields[] = {{"kind", F_STR, FIELD_REQUIRED, .values = MARKER_KINDS},
                                             {"from_s", F_NUM, FIELD_REQUIRED},
                                             {"to_s", F_NUM, FIELD_REQUIRED},
                                             {"name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                             {.type = F_END}};
static const struct field version_fields[] = {{"id", F_ID, FIELD_REQUIRED},
                                              {"kind", F_STR, FIELD_REQUIRED, .doc = "main, or an editor's word: directors-cut"},
                                              {"label", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                              {"lang", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                              {"playable", F_BOOL, FIELD_REQUIRED},
                                              {.type = F_END}};
static const struct field episode_fields[] = {CARD_FIELDS, {"synopsis", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field season_fields[] = {CARD_FIELDS,
                                             {"number", F_INT, FIELD_REQUIRED, 0, NUMBER_MAX},
                                             {"synopsis", F_STR, FIELD_REQUIRED},
                                             {"episodes", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Episode"},
                                             {.type = F_END}};
static const struct field title_fields[] = {
    CARD_FIELDS,
    {"synopsis", F_STR, FIELD_REQUIRED},
    {"tagline", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"original_lang", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"released_on", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "YYYY-MM-DD"},
    {"backdrop", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},
    {"logo", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image", .doc = "The name as it is drawn, on a clear ground"},
    {"audio", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "AudioInfo"},
    {"text", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TextInfo"},
    {"published", F_BOOL, FIELD_REQUIRED},
    {"genres", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Named"},
    {"people", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Credit", .doc = "In the order of the credits"},
    {"tags", F_STR, FIELD_REQUIRED | FIELD_ARRAY},
    {"studios", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Named"},
    {"collections", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Named"},
    {"ratings", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "RatingLabel"},
    {"markers", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Marker", .doc = "By time"},
    {"seasons", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Season",
     .doc = "Of a series, of a season itself; together at most 300 episodes"},
    {"extras", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard", .doc = "Trailers and extras"},
    {"versions", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Version"},
    {"parent", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "TitleCard", .doc = "What it is part of"},
    {"next", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "TitleCard", .doc = "Of an episode: the next"},
    {.type = F_END}};
static const struct field genre_list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Named"}, {.type = F_END}};
static const struct field person_job_fields[] = {
    {"job", F_STR, FIELD_REQUIRED}, {"character", F_STR, FIELD_REQUIRED | FIELD_NULLABLE}, {.type = F_END}};
static const struct field person_credit_fields[] = {{"title", F_OBJ, FIELD_REQUIRED, .ref = "TitleCard"},
                                                    {"jobs", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "PersonJob"},
                                                    {.type = F_END}};
static const struct field person_fields[] = {{"slug", F_STR, FIELD_REQUIRED},
                                             {"name", F_STR, FIELD_REQUIRED},
                                             {"bio", F_STR, FIELD_REQUIRED},
                                             {"credits", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "PersonCredit",
                                              .doc = "Newest first, at most 200"},
                                             {.type = F_END}};
static const struct field collection_item_fields[] = {
    {"slug", F_STR, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED}, {"synopsis", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field collection_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "CollectionItem"}, {.type = F_END}};
static const struct field collection_fields[] = {{"slug", F_STR, FIELD_REQUIRED},
                                                 {"name", F_STR, FIELD_REQUIRED},
                                                 {"synopsis", F_STR, FIELD_REQUIRED},
                                                 {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard"},
                                                 {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                                 {.type = F_END}};
static const struct field list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field change_fields[] = {
    {"name", F_STR, 0, 1, CATALOG_NAME_MAX},
    {"synopsis", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},
    {"lang", F_LANG, 0, .doc = "Of name and synopsis; absent: the title's own"},
    {"year", F_INT, FIELD_NULLABLE, 0, 2200},
    {"maturity", F_INT, 0, 0, MATURITY_ALL, .doc = "Years: who is younger does not see it"},
    {"published", F_BOOL, 0},
    {.type = F_END}};
const struct schema catalog_schemas[] = {
    {"ImageSource", source_fields, "One size of a picture"},
    {"ImageFormat", format_fields, "A picture's sizes in one format"},
    {"Image", image_fields, "A picture in several sizes"},
    {"Progress", progress_fields, "How far this profile has seen a title"},
    {"SeriesPlace", place_fields, "Where in its series a season or an episode is"},
    {"TitleCard", card_fields, "A title in a list"},
    {"AudioInfo", audio_fields, "An audio track to choose"},
    {"TextInfo", text_fields, "A subtitle track to choose"},
    {"Named", named_fields, "Something with a page of its own"},
    {"Credit", credit_fields, "Somebody who made a title or plays in it"},
    {"RatingLabel", rating_fields, "An age rating as a country gives it"},
    {"Marker", marker_fields, "A stretch of a title: a chapter, or what may be skipped"},
    {"Version", version_fields, "A cut of a title"},
    {"Episode", episode_fields, "An episode in its season"},
    {"Season", season_fields, "A season with its episodes"},
    {"Title", title_fields, "A title with what its page shows"},
    {"TitleList", list_fields, "A page of titles"},
    {"GenreList", genre_list_fields, "Genres"},
    {"PersonJob", person_job_fields, "What somebody did for a title"},
    {"PersonCredit", person_credit_fields, "A title and what somebody did for it"},
    {"Person", person_fields, "Somebody with what they made"},
    {"CollectionItem", collection_item_fields, "A collection in a list"},
    {"CollectionList", collection_list_fields, "Collections"},
    {"Collection", collection_fields, "A collection with a page of its titles"},
    {"TitleChange", change_fields, "An editor's change; what is absent stays"},
    {NULL}};
