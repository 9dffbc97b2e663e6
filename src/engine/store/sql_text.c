/* sql_text.c - what has to be understood of a statement's text: its parameters, and whether it
 * writes. Statements come from our own tables, so this knows the subset that both engines accept:
 * no dollar quoting, no backslash escapes. */
#include "engine/store/store_int.h"
#include <ctype.h>
#include <strings.h>

/* The end of the string, quoted name or comment that starts at p; p itself when none does. */
static const char *opaque_end(const char *p) {
    if (*p == '\'' || *p == '"') {
        const char *end = strchr(p + 1, *p); /* a doubled quote starts a new one right after */
        return end ? end + 1 : p + strlen(p);
    }
    if (p[0] == '-' && p[1] == '-')
        return p + strcspn(p, "\n");
    if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");
        return end ? end + 2 : p + strlen(p);
    }
    return p;
}

/* What stands in comments that begin so becomes SQL. */
static char *comments_open(const char *text, const char *mark) {
    char *out = strdup(text);
    for (char *p = out; p && (p = strstr(p, mark));) {
        char *end = strstr(p, "*/");
        if (!end)
            break;
        memset(p, ' ', strlen(mark));
        memset(end, ' ', 2);
        p = end;
    }
    return out;
}

char *sql_rewrite(const char *text) {
    char *out = comments_open(text, "/*lite "); /* never longer: one character for another */
    for (char *p = out; p && *p;) {
        const char *end = opaque_end(p);
        if (end != p) {
            p += end - p;
            continue;
        }
        if (p[0] == '$' && isdigit((unsigned char)p[1]))
            *p = '?';
        p++;
    }
    return out;
}

char *sql_rewrite_postgres(const char *text) {
    return comments_open(text, "/*pg ");
}

static bool word_at(const char *p, size_t n, const char *word) {
    return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

/* The first word tells, but for WITH: the others cannot have a part that writes. */
bool sql_is_read(const char *text) {
    bool first = true;
    if (strncmp(text, "SELECT ", 7) == 0) /* nearly all that are asked often */
        return true;
    for (const char *p = text; *p;) {
        const char *end = opaque_end(p);
        if (end != p) {
            p = end;
            continue;
        }
        if (!isalpha((unsigned char)*p)) {
            p++;
            continue;
        }
        size_t n = 1;
        while (isalnum((unsigned char)p[n]) || p[n] == '_')
            n++;
        if (first && !word_at(p, n, "WITH"))
            return word_at(p, n, "SELECT") || word_at(p, n, "VALUES");
        if (word_at(p, n, "INSERT") || word_at(p, n, "UPDATE") || word_at(p, n, "DELETE"))
            return false;
        first = false;
        p += n;
    }
    return !first;
}
