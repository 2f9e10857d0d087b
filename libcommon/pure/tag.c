/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/tag.h"

struct tag tag_of(struct str text)
{
    struct tag t = {""};
    size_t n = 0;
    if (text.len > 4 && str_eq_nocase((struct str){text.p, 4}, str_of("vid:")))
        text = (struct str){text.p + 4, text.len - 4};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == ' ' || c == ':' || c == '-')
            continue;
        if (n + 1 == sizeof t.s)
            return (struct tag){""};
        t.s[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return t;
}
