/*
 * bulk_mrss.c - Media RSS 1.5.1 (and the RSS 2.0 it is in) as rows of BulkRow: what hosted builders export. libxml2 reads it, an item
 * at a time; nothing is fetched, no entity but XML's own five is known, and a document with a DOCTYPE is refused.
 */
#include "service/catalog/bulk.h"
#include "service/json.h"
#include <libxml/xmlreader.h>

static bool is_named(const xmlNode *n, const char *name) { return n->type == XML_ELEMENT_NODE && !strcmp((const char *)n->name, name); }
static bool in_media(const xmlNode *n) { return n->ns && strstr((const char *)n->ns->href, "mrss"); }

/* Trimmed, at most max bytes of whole letters; NULL: empty. Free with xmlFree. */
static char *text_of(xmlNode *n) { return (char *)xmlNodeGetContent(n); }

static json_t *json_trimmed(const char *text, size_t max) {
    struct str s = str_trim(str_of(text ? text : ""));
    size_t n = MIN(s.n, max);
    while (n && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return n ? json_of_str(str_slice(s, 0, n)) : NULL;
}

static void set_text(json_t *row, const char *name, xmlNode *n, size_t max) {
    char *text = text_of(n);
    json_t *v = json_trimmed(text, max);
    if (v)
        json_object_set_new(row, name, v);
    xmlFree(text);
}

static json_t *list_of(json_t *row, const char *name) {
    json_t *list = json_object_get(row, name);
    if (!list) {
        list = json_array();
        json_object_set_new(row, name, list);
    }
    return list;
}

static void words_add(json_t *row, const char *name, xmlNode *n) {
    char *text = text_of(n);
    struct str rest = str_of(text ? text : ""), one;
    while (rest.p && json_array_size(list_of(row, name)) < 50) {
        rest = str_cut(rest, ',', &one);
        if (str_trim(one).n)
            json_array_append_new(list_of(row, name), json_of_str(str_trim(one)));
    }
    xmlFree(text);
}

static void credit_add(json_t *row, xmlNode *n) {
    static const struct {
        const char *role, *job;
    } roles[] = {{"actor", "actor"},       {"director", "director"}, {"writer", "writer"},   {"author", "writer"},
                 {"producer", "producer"}, {"composer", "composer"}, {"narrator", "narrator"}, {"presenter", "presenter"}};
    char *role = (char *)xmlGetProp(n, (const xmlChar *)"role"), *text = text_of(n);
    const char *job = "crew";
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (role && str_eq_nocase(str_trim(str_of(role)), str_of(roles[i].role)))
            job = roles[i].job;
    json_t *name = json_trimmed(text, CATALOG_NAME_MAX);
    if (name)
        json_array_append_new(list_of(row, "people"), json_pack("{s:o, s:s}", "name", name, "job", job));
    xmlFree(role);
    xmlFree(text);
}

/* media:rating's scheme is a URN; the labels of the two boards it names are in capitals. */
static void rating_add(json_t *row, xmlNode *n, json_t **faults) {
    char *scheme = (char *)xmlGetProp(n, (const xmlChar *)"scheme"), *text = text_of(n), label[24];
    const char *system = !scheme ? NULL : strstr(scheme, "mpaa") ? "MPA" : strstr(scheme, "v-chip") ? "TVPG" : NULL;
    snprintf(label, sizeof label, "%.20s", text ? text : "");
    for (char *c = label; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    if (system && rating_age(str_of(system), str_trim(str_of(label))) >= 0)
        json_array_append_new(list_of(row, "ratings"), json_pack("{s:s, s:o}", "system", system, "label", json_of_str(str_trim(str_of(label)))));
    else if (system)
        bulk_fault(faults, "ratings", "A rating that its board does not give.");
    xmlFree(scheme);
    xmlFree(text);
}

/* RFC 822's date: "Mon, 02 Jan 2006 15:04:05 GMT"; of what is none nothing. */
static void date_add(json_t *row, xmlNode *n) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char *text = text_of(n), month[4] = "", date[40];
    int day = 0, year = 0;
    const char *from = text ? strchr(text, ',') : NULL;
    from = from ? from + 1 : text;
    if (from && sscanf(from, "%2d %3s %4d", &day, month, &year) == 3 && strlen(month) == 3) {
        const char *at = strstr(months, month);
        snprintf(date, sizeof date, "%04d-%02d-%02d", year % 10000, at ? (int)(at - months) / 3 + 1 : 0, day % 100);
        struct err bad = {0};
        if (at && (at - months) % 3 == 0 && title_check_date(str_of(date), &bad) == 0)
            json_object_set_new(row, "released_on", json_string(date));
    }
    xmlFree(text);
}

static void guid_add(json_t *row, xmlNode *n) {
    char *text = text_of(n);
    json_t *v = json_trimmed(text, 100);
    if (v)
        json_array_append_new(list_of(row, "external_ids"), json_pack("{s:s, s:o}", "scheme", "own", "value", v));
    xmlFree(text);
}

static void element_read(json_t *row, xmlNode *n, json_t **faults, int depth);

static void children_read(json_t *row, xmlNode *n, json_t **faults, int depth) {
    for (xmlNode *c = n->children; c && depth < 4; c = c->next)
        element_read(row, c, faults, depth + 1);
}

/* media: wins over RSS' own where both are there. */
static void element_read(json_t *row, xmlNode *n, json_t **faults, int depth) {
    bool media = in_media(n);
    if (is_named(n, "title") && (media || !json_object_get(row, "name")))
        set_text(row, "name", n, CATALOG_NAME_MAX);
    else if (is_named(n, "description") && (media || !json_object_get(row, "synopsis")))
        set_text(row, "synopsis", n, CATALOG_SYNOPSIS_MAX);
    else if (is_named(n, "guid"))
        guid_add(row, n);
    else if (is_named(n, "pubDate"))
        date_add(row, n);
    else if (is_named(n, "keywords"))
        words_add(row, "tags", n);
    else if (is_named(n, "category"))
        words_add(row, "genres", n);
    else if (is_named(n, "credit"))
        credit_add(row, n);
    else if (is_named(n, "rating") && media)
        rating_add(row, n, faults);
    else if (is_named(n, "content") || is_named(n, "group"))
        children_read(row, n, faults, depth);
}

static int refuse(const char *why, struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "catalog.bulk_mrss", why, "not an MRSS that we take");
}

static void silent(void *ctx, const char *fmt, ...) {}

static int items_read(xmlTextReaderPtr reader, bulk_row_fn *fn, void *arg, struct err *reterr) {
    int64_t n = 0;
    int rc = 0, step = xmlTextReaderRead(reader);
    while (rc == 0 && step == 1) {
        int type = xmlTextReaderNodeType(reader);
        if (type == XML_READER_TYPE_DOCUMENT_TYPE)
            return refuse("A DOCTYPE is not taken: send plain RSS.", reterr);
        if (type != XML_READER_TYPE_ELEMENT || strcmp((const char *)xmlTextReaderConstLocalName(reader), "item") != 0) {
            step = xmlTextReaderRead(reader);
            continue;
        }
        if (n == BULK_ROWS_MAX)
            return refuse("A file has at most 10000 items: cut it into several.", reterr);
        xmlNode *item = xmlTextReaderExpand(reader);
        if (!item)
            break;
        json_t *row = json_object(), *faults = NULL;
        for (xmlNode *c = item->children; c; c = c->next)
            element_read(row, c, &faults, 0);
        rc = fn(arg, ++n, row, faults, reterr);
        step = xmlTextReaderNext(reader);
    }
    if (rc == 0 && step < 0)
        return refuse("The file is not well-formed XML.", reterr);
    if (rc == 0 && !n)
        return refuse("There is no <item> in the file: is it an RSS feed?", reterr);
    return rc;
}

int bulk_read_mrss(struct str text, bulk_row_fn *fn, void *arg, struct err *reterr) {
    if (!text.n || text.n > BULK_BYTES_MAX)
        return refuse("The file is empty, or larger than 16 MiB.", reterr);
    xmlTextReaderPtr reader = xmlReaderForMemory(text.p, (int)text.n, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT);
    if (!reader)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an XML reader");
    xmlTextReaderSetErrorHandler(reader, (xmlTextReaderErrorFunc)(void (*)(void))silent, NULL);
    int rc = items_read(reader, fn, arg, reterr);
    xmlFreeTextReader(reader);
    return rc;
}
