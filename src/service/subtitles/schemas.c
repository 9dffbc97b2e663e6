/* schemas.c - the shapes that go over the addresses of routes.c. */
#include "service/subtitles/subtitles_int.h"

#define REVISION_MAX 1000000000000000 /* what JavaScript counts without loss */
#define TIME_MAX_MS (48 * 3600000LL)
static const struct field detected_fields[] = {
    {"lang", F_LANG, FIELD_REQUIRED}, {"percent", F_INT, FIELD_REQUIRED, 0, 100, .doc = "Of the words"}, {.type = F_END}};
static const struct field subtitle_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"title_id", F_ID, FIELD_REQUIRED},
    {"revision", F_INT, FIELD_REQUIRED, 1, REVISION_MAX, .doc = "Grows with every change"},
    {"lang", F_LANG, FIELD_REQUIRED, .doc = "und: not known"},
    {"label", F_STR, FIELD_REQUIRED, 0, SUBTITLE_LABEL_MAX, .doc = "Empty: made of language and flags"},
    {"name", F_STR, FIELD_REQUIRED, .doc = "As players show it"},
    {"sdh", F_BOOL, FIELD_REQUIRED, .doc = "For who does not hear: sounds and speakers are told, too"},
    {"forced", F_BOOL, FIELD_REQUIRED, .doc = "Only what must be translated; shown although subtitles are off"},
    {"default", F_BOOL, FIELD_REQUIRED, .doc = "On unless the viewer says otherwise"},
    {"source", F_STR, FIELD_REQUIRED, .values = "film|upload", .doc = "film: it came with the film"},
    {"file_name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"format", F_STR, FIELD_REQUIRED, .values = "srt|vtt|ass|ttml"},
    {"encoding", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "As it was read"},
    {"detected", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "SubtitleDetected", .doc = "null: could not be told"},
    {"cues", F_INT, FIELD_REQUIRED},
    {"notes", F_STR, FIELD_REQUIRED | FIELD_ARRAY, .doc = "What was mended or left out when the file was read"},
    {"shown", F_BOOL, FIELD_REQUIRED, .doc = "Who presses Play now gets it; false: the title has no film yet"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"updated_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Subtitle"},
                                           {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                           {.type = F_END}};
static const struct field cue_fields[] = {
    {"start_ms", F_INT, FIELD_REQUIRED, 0, TIME_MAX_MS},
    {"end_ms", F_INT, FIELD_REQUIRED, 0, TIME_MAX_MS},
    {"text", F_STR, FIELD_REQUIRED, 0, SUBTITLE_TEXT_MAX, .doc = "WebVTT cue text: b, i, u, c, v, lang, ruby, rt; & and < as entities"},
    {"settings", F_STR, 0, 0, 200, .doc = "WebVTT cue settings: \"line:0 align:start\""},
    {.type = F_END}};
static const struct field warning_fields[] = {
    {"cue", F_INT, FIELD_REQUIRED, .doc = "From 0, of all"},
    {"code", F_STR, FIELD_REQUIRED, .values = SUBTITLE_WARNINGS},
    {"value", F_INT, FIELD_REQUIRED, .doc = "overlap, too_short, too_long, past_end: ms; the others: as the limit"},
    {.type = F_END}};
static const struct field limits_fields[] = {{"chars_per_s", F_INT, FIELD_REQUIRED}, {"line_chars", F_INT, FIELD_REQUIRED},
                                             {"lines", F_INT, FIELD_REQUIRED},       {"min_ms", F_INT, FIELD_REQUIRED},
                                             {"max_ms", F_INT, FIELD_REQUIRED},      {.type = F_END}};
static const struct field cues_fields[] = {
    {"revision", F_INT, FIELD_REQUIRED, 1, REVISION_MAX},
    {"duration_ms", F_INT, FIELD_REQUIRED, .doc = "Of the film; 0: there is none yet"},
    {"total", F_INT, FIELD_REQUIRED},
    {"cues", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 5000, .ref = "Cue"},
    {"warnings", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 50000, .ref = "CueWarning", .doc = "Of these cues"},
    {"limits", F_OBJ, FIELD_REQUIRED, .ref = "CueLimits", .doc = "Past which there is a warning"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
#define REVISION_FIELD {"revision", F_INT, FIELD_REQUIRED, 1, REVISION_MAX, .doc = "The one that was read: 409 subtitle.changed where it is another by now"}
static const struct field cues_put_fields[] = {
    REVISION_FIELD, {"cues", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 1, SUBTITLE_CUES_MAX, .ref = "Cue", .doc = "All of them"}, {.type = F_END}};
static const struct field patch_fields[] = {
    REVISION_FIELD,
    {"lang", F_LANG, 0},
    {"label", F_STR, 0, 0, SUBTITLE_LABEL_MAX},
    {"sdh", F_BOOL, 0},
    {"forced", F_BOOL, 0},
    {"default", F_BOOL, 0},
    {.type = F_END}};
static const struct field shift_fields[] = {
    REVISION_FIELD,
    {"ms", F_INT, FIELD_REQUIRED, -TIME_MAX_MS, TIME_MAX_MS, .doc = "Later; below 0: earlier"},
    {"from_ms", F_INT, 0, 0, TIME_MAX_MS, .doc = "Only cues that begin there or later; absent: all"},
    {.type = F_END}};
static const struct field anchor_fields[] = {{"from_ms", F_INT, FIELD_REQUIRED, 0, TIME_MAX_MS, .doc = "Where it stands"},
                                             {"to_ms", F_INT, FIELD_REQUIRED, 0, TIME_MAX_MS, .doc = "Where it belongs"},
                                             {.type = F_END}};
static const struct field stretch_fields[] = {
    REVISION_FIELD,
    {"anchors", F_OBJ, FIELD_ARRAY, 2, 2, .ref = "CueAnchor", .doc = "Two moments; the rest moves in proportion"},
    {"made_for", F_STR, 0, .values = SUBTITLE_RATES, .doc = "In place of anchors: pictures a second that the subtitles were made for"},
    {"plays_at", F_STR, 0, .values = SUBTITLE_RATES, .doc = "... and those of the film"},
    {.type = F_END}};
static const struct field revert_fields[] = {REVISION_FIELD, {"to", F_INT, FIELD_REQUIRED, 1, REVISION_MAX}, {.type = F_END}};
static const struct field revision_fields[] = {
    {"revision", F_INT, FIELD_REQUIRED},
    {"action", F_STR, FIELD_REQUIRED, .values = "added|replaced|edited|shifted|stretched|described|reverted|removed"},
    {"lang", F_LANG, FIELD_REQUIRED},
    {"label", F_STR, FIELD_REQUIRED},
    {"sdh", F_BOOL, FIELD_REQUIRED},
    {"forced", F_BOOL, FIELD_REQUIRED},
    {"default", F_BOOL, FIELD_REQUIRED},
    {"cues", F_INT, FIELD_REQUIRED},
    {"at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field revisions_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SubtitleRevision"},
                                                {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                                {.type = F_END}};

const struct schema subtitles_schemas[] = {
    {"SubtitleDetected", detected_fields, "The language of the words, as it was found out"},
    {"Subtitle", subtitle_fields, "Subtitles of a film in one language"},
    {"SubtitleList", list_fields, "A film's subtitles"},
    {"Cue", cue_fields, "Words and when they stand on the screen"},
    {"CueWarning", warning_fields, "Something that an editor may want to mend"},
    {"CueLimits", limits_fields, "What is read with ease in this language"},
    {"CueList", cues_fields, "Cues in the order of their beginnings"},
    {"CueSave", cues_put_fields, "All cues, in place of those that were there"},
    {"SubtitleChange", patch_fields, "What is absent stays as it is"},
    {"SubtitleShift", shift_fields, "Earlier or later"},
    {"CueAnchor", anchor_fields, "A moment, where it stands and where it belongs"},
    {"SubtitleStretch", stretch_fields, "Faster or slower: two anchors, or two frame rates"},
    {"SubtitleRevert", revert_fields, "Back to an earlier revision"},
    {"SubtitleRevision", revision_fields, "A state that subtitles were in"},
    {"SubtitleRevisions", revisions_fields, "The newest first"},
    {NULL}};
